import { createHash } from 'node:crypto';
import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import type { ListedBlob, Unreadable } from '../../domain/image/image';
import { compareNames, type NameOrder } from '../../domain/image/name-order';
import { undecided, withoutDirectories } from './directories';
import type { BlobPage, BlobsGateway, DownloadOptions, DownloadOutcome, ListOptions } from './port';
import { errorOf } from '../../domain/image/unreadable';

/**
 * Containers in memory, for tests of what stands on the port. It passes the port's contract suite; trouble is scripted:
 * `failNext` makes the next calls fail as the service would make them fail.
 */
export interface MemoryBlobs extends BlobsGateway {
  createContainer(container: string): void;
  deleteContainer(container: string): void;
  /** Writes or replaces; every write has an etag of its own. */
  put(container: string, name: string, bytes: Uint8Array, properties?: MemoryBlobProperties): ListedBlob;
  remove(container: string, name: string): void;
  /** Its tier, or its key, changes: that leaves the etag as it is. undefined: it can be read. */
  withhold(container: string, name: string, unreadable: Unreadable | undefined): void;
  /** The next `times` downloads answer this; listings and looks fail with `storage-unavailable`. */
  failNext(call: 'download', times: number, outcome?: DownloadFailure): void;
  failNext(call: 'listPage' | 'head', times: number): void;
  /** Names of the blobs that were asked for, in order. */
  readonly downloads: readonly string[];
}

export interface MemoryBlobProperties {
  readonly contentType?: string;
  readonly lastModified?: string;
  readonly contentEncoding?: string;
  /** As whoever wrote the blob says; default: of its bytes. */
  readonly contentMd5?: string;
  /** Such as `hdi_isfolder: 'true'`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

type DownloadFailure = Extract<DownloadOutcome, { ok: false }>;

interface Entry {
  readonly listed: ListedBlob;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentEncoding?: string;
  readonly bytes: Uint8Array;
}

const RESET: DownloadFailure = {
  ok: false,
  code: 'download-failed',
  message: 'The connection was reset.',
  retryable: true,
};

export function createMemoryBlobs(order: NameOrder = 'utf-16', account = 'memory'): MemoryBlobs {
  const containers = new Map<string, Map<string, Entry>>();
  const failures = { listPage: 0, head: 0, download: [] as DownloadFailure[] };
  const downloads: string[] = [];
  let writes = 0;

  const open = (container: string): Map<string, Entry> => {
    const blobs = containers.get(container);
    if (blobs) return blobs;
    throw new AppError('container-not-found', `There is no container '${container}' in this storage account.`);
  };
  const failWhenAsked = (call: 'listPage' | 'head', container: string) => {
    if (failures[call] === 0) return;
    failures[call] -= 1;
    const message = `Storage did not answer for '${container}' (503).`;
    throw new AppError('storage-unavailable', message, { retryable: true });
  };

  return {
    account,
    nameOrder: async () => order,
    downloads,
    createContainer: (container) => void containers.set(container, containers.get(container) ?? new Map()),
    deleteContainer: (container) => void containers.delete(container),
    put(container, name, bytes, { metadata, contentEncoding, ...properties } = {}) {
      writes += 1;
      const etag = `0x${writes.toString(16).toUpperCase().padStart(15, '0')}`;
      const contentMd5 = createHash('md5').update(bytes).digest('hex');
      const listed = { name, etag, sizeBytes: bytes.length, contentMd5, ...properties };
      open(container).set(name, { listed, bytes: Uint8Array.from(bytes), ...defined({ metadata, contentEncoding }) });
      return listed;
    },
    remove: (container, name) => void open(container).delete(name),
    withhold(container, name, unreadable) {
      const entry = open(container).get(name);
      if (!entry) return;
      const { unreadable: _, ...listed } = entry.listed;
      open(container).set(name, { ...entry, listed: { ...listed, ...defined({ unreadable }) } });
    },
    failNext(call: 'listPage' | 'head' | 'download', times: number, outcome: DownloadFailure = RESET) {
      if (call === 'download') failures.download.push(...Array<DownloadFailure>(times).fill(outcome));
      else failures[call] += times;
    },

    async listPage(container: string, options: ListOptions): Promise<BlobPage> {
      failWhenAsked('listPage', container);
      return pageOf([...open(container).values()], options, order);
    },
    containerExists: async (container) => containers.has(container),
    async head(container, blob) {
      failWhenAsked('head', container);
      return open(container).get(blob)?.listed;
    },
    async download(container, blob, options) {
      downloads.push(blob.name);
      return failures.download.shift() ?? read(containers.get(container)?.get(blob.name), blob, options);
    },
    close: () => {},
  };
}

function pageOf(entries: readonly Entry[], { prefix, marker, pageSize }: ListOptions, order: NameOrder): BlobPage {
  const after = marker === undefined ? undefined : Buffer.from(marker, 'base64url').toString();
  const rest = entries
    .map(({ listed: blob, metadata }) => ({ blob, ...defined({ metadata }) }))
    .filter(
      ({ blob: { name } }) => name.startsWith(prefix) && (after === undefined || compareNames(name, after, order) > 0),
    )
    .sort((a, b) => compareNames(a.blob.name, b.blob.name, order));
  const listed = rest.slice(0, pageSize);
  const blobs = withoutDirectories(listed);
  const last = listed.at(-1)?.blob.name;
  if (last === undefined || rest.length <= pageSize) return { blobs };
  const doubtful = new Set(undecided(blobs, last, order).map(({ name }) => name));
  const isParent = (name: string) => rest.some(({ blob }) => blob.name.startsWith(`${name}/`));
  return {
    blobs: blobs.filter(({ name }) => !(doubtful.has(name) && isParent(name))),
    next: Buffer.from(last).toString('base64url'),
  };
}

function read(entry: Entry | undefined, blob: ListedBlob, { maxBytes, signal }: DownloadOptions): DownloadOutcome {
  const refuse = (code: DownloadFailure['code'], message: string, retryable = false): DownloadFailure => {
    return { ok: false, code, message, retryable };
  };
  if (blob.sizeBytes > maxBytes) return refuse('too-large-bytes', `${blob.sizeBytes} bytes are too many.`);
  if (signal?.aborted) return refuse('download-failed', 'The download was stopped.', true);
  if (!entry) return { ...refuse('gone', 'The blob is gone.'), httpStatus: 404 };
  if (entry.listed.etag !== blob.etag) {
    return { ...refuse('changed', 'The blob has changed.'), httpStatus: 412 };
  }
  const { unreadable } = entry.listed;
  if (unreadable) return { ...refuse(unreadable, errorOf(unreadable).message), httpStatus: 409 };
  return { ok: true, bytes: Uint8Array.from(entry.bytes), ...defined({ contentEncoding: entry.contentEncoding }) };
}
