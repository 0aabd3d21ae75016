import { type BlobItem, BlobServiceClient, type ContainerClient, type StorageRetryOptions } from '@azure/storage-blob';
import { defined } from '../../domain/defined';
import type { ListedBlob, Unreadable } from '../../domain/image/image';
import type { NameOrder } from '../../domain/image/name-order';
import { type AzureIdentity, renewing } from '../azure-identity/azure-identity';
import { undecided, withoutDirectories } from './directories';
import { downloadBlob } from './download';
import { accountError, isContainerGone, messageOf, storageError, storageFailure } from './failure';
import type { BlobPage, BlobsGateway, DownloadOptions, DownloadOutcome, ListOptions } from './port';

/**
 * Azure Blob Storage, or its emulator, through @azure/storage-blob.
 *
 * I1 Etags leave here without quotes: a listing sends them bare, every other answer quoted.
 * I2 Listing and looking retry by themselves (they are cheap and safe); a download is one attempt.
 * I3 Every call has a deadline.
 * I4 An answer to a listing is cut off at MAX_LISTING_BYTES.
 * I5 Directories are left out of a page also when what lies under them stands on a later one.
 * I6 A refused token is renewed and shown once more, before anybody hears of it.
 *
 * Connections are kept alive and reused by the client that the SDK shares within a process: 100 parallel downloads use
 * 100 sockets and leave them for the next 100 (measured; 0.6 ms of CPU for a blob of 2 KB, 0.2 ms of them the request).
 */

export type AzureBlobsSettings =
  /** Also `UseDevelopmentStorage=true`. */
  | { readonly connectionString: string }
  /** `https://NAME.blob.core.windows.net`, read with tokens. */
  | { readonly blobEndpoint: string; readonly identity: AzureIdentity };

/** A page of 5,000 takes the emulator three seconds; Azure well under one. */
const LISTING_TIMEOUT_MS = 60_000;
/** 5,000 blobs with names of 1,024 characters, each written with six bytes at most, and 2 KB of properties, fit twice. */
const MAX_LISTING_BYTES = 80 * 1024 * 1024;
const LOOK_TIMEOUT_MS = 30_000;
const ONE_ATTEMPT = { maxTries: 1 };
const THREE_ATTEMPTS = { maxTries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 4_000 };

export function createAzureBlobs(settings: AzureBlobsSettings): BlobsGateway {
  const listing = openBlobService(settings, THREE_ATTEMPTS);
  const reading = openBlobService(settings, ONE_ATTEMPT);
  const identity = 'identity' in settings ? settings.identity : undefined;
  const signs = identity ? 'identity' : 'key';

  async function orStorageError<T>(container: string, call: () => Promise<T>): Promise<T> {
    try {
      return await renewing(identity, call, isUnauthorized); // I6
    } catch (thrown) {
      throw storageError(thrown, container, signs);
    }
  }

  let order: NameOrder | undefined;

  return {
    account: listing.accountName,

    async nameOrder(): Promise<NameOrder> {
      order ??= await nameOrderOf(listing, identity);
      return order;
    },

    async listPage(container: string, options: ListOptions): Promise<BlobPage> {
      return orStorageError(container, async () => {
        const client = listing.getContainerClient(container);
        const { blobs, last, next } = await listPage(client, options);
        if (next === undefined || last === undefined) return { blobs };
        const doubtful = undecided(blobs, last, await this.nameOrder());
        if (doubtful.length === 0) return { blobs, next };
        const directories = new Set(await parentsAmong(client, doubtful));
        return { blobs: blobs.filter(({ name }) => !directories.has(name)), next };
      });
    },

    async containerExists(container: string): Promise<boolean> {
      return orStorageError(container, async () => {
        try {
          await listing
            .getContainerClient(container)
            .getProperties({ abortSignal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
          return true;
        } catch (thrown) {
          if (isContainerGone(storageFailure(thrown))) return false;
          throw thrown;
        }
      });
    },

    async head(container: string, blob: string): Promise<ListedBlob | undefined> {
      return orStorageError(container, () => head(listing.getContainerClient(container), blob));
    },

    async download(container: string, blob: ListedBlob, options: DownloadOptions): Promise<DownloadOutcome> {
      if (isUnaddressable(blob.name)) return unaddressable(blob.name);
      try {
        const client = reading.getContainerClient(container).getBlobClient(blob.name);
        const attempt = () => downloadBlob(client, blob, options, signs);
        return await renewing(identity, attempt, (outcome) => 'answer' in outcome && isRefused(outcome.answer)); // I6
      } catch (thrown) {
        // A name that cannot be written as a URL (half of a surrogate pair).
        return { ok: false, code: 'download-failed', message: messageOf(thrown), retryable: false };
      }
    },

    // The connections belong to the SDK and do not keep a process alive.
    close: () => {},
  };
}

/** A client of the account, however it signs. */
export function openBlobService(settings: AzureBlobsSettings, retryOptions: StorageRetryOptions): BlobServiceClient {
  if ('connectionString' in settings) {
    return BlobServiceClient.fromConnectionString(settings.connectionString, { retryOptions });
  }
  return new BlobServiceClient(settings.blobEndpoint, settings.identity.credential, { retryOptions });
}

const isUnauthorized = (outcome: object): boolean =>
  'thrown' in outcome && storageFailure(outcome.thrown).statusCode === 401;

const isRefused = (outcome: DownloadOutcome): boolean => !outcome.ok && outcome.httpStatus === 401;

/** Whoever may not look at the account is taken to have the common kind. */
async function nameOrderOf(service: BlobServiceClient, identity: AzureIdentity | undefined): Promise<NameOrder> {
  try {
    const look = () => service.getAccountInfo({ abortSignal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
    const { isHierarchicalNamespaceEnabled } = await renewing(identity, look, isUnauthorized);
    return isHierarchicalNamespaceEnabled ? 'path' : 'utf-16';
  } catch (thrown) {
    const error = accountError(thrown);
    if (error.retryable) throw error;
    return 'utf-16';
  }
}

/** I5: names of those that others lie under. One question each: they are the empty ones at the end of a page. */
async function parentsAmong(client: ContainerClient, blobs: readonly ListedBlob[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const { name } of blobs) {
    const below = await listPage(client, { prefix: `${name}/`, pageSize: 1 });
    if (below.last !== undefined) names.push(name);
  }
  return names;
}

/** `last`: the last name that the service told, of a directory too. */
async function listPage(
  client: ContainerClient,
  { prefix, marker, pageSize, signal }: ListOptions,
): Promise<BlobPage & { readonly last?: string }> {
  const { abortSignal, requestOptions } = boundedAnswer(
    AbortSignal.any([AbortSignal.timeout(LISTING_TIMEOUT_MS), ...(signal ? [signal] : [])]),
  );
  const pages = client
    .listBlobsFlat({ ...(prefix !== '' && { prefix }), includeMetadata: true, abortSignal, ...requestOptions })
    .byPage({ maxPageSize: pageSize, ...defined({ continuationToken: marker }) });
  const { value } = await orAborted(pages.next(), abortSignal);
  const items: readonly BlobItem[] = value?.segment.blobItems ?? [];
  const next: string | undefined = value?.continuationToken;
  const blobs = withoutDirectories(
    items.map((item) => ({ blob: listedBlob(item), ...defined({ metadata: item.metadata }) })),
  );
  return { blobs, ...defined({ last: items.at(-1)?.name }), ...(next && { next }) };
}

/**
 * Options that cut an answer off when it outgrows what a page can be. The SDK reads an answer whole before anybody sees it,
 * and hands `requestOptions` on to its client although its own types do not name them (@azure/storage-blob 12.29.1).
 */
function boundedAnswer(deadline: AbortSignal) {
  const tooLong = new AbortController();
  const onDownloadProgress = ({ loadedBytes }: { readonly loadedBytes: number }) => {
    if (loadedBytes > MAX_LISTING_BYTES)
      tooLong.abort(new Error(`An answer to a listing is over ${MAX_LISTING_BYTES} bytes.`));
  };
  return {
    abortSignal: AbortSignal.any([deadline, tooLong.signal]),
    requestOptions: { requestOptions: { onDownloadProgress } },
  };
}

/**
 * With `onDownloadProgress` the SDK pipes the answer, and a pipe tells nobody that its source was cut off. A listener that
 * stayed would keep the answer until the deadline: 8 MB for a page of 2,000 blobs, for a minute.
 */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  work.catch(() => undefined); // the race may be over
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function head(client: ContainerClient, name: string): Promise<ListedBlob | undefined> {
  if (isUnaddressable(name)) return findListed(client, name);
  try {
    const found = await client.getBlobClient(name).getProperties({ abortSignal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
    return {
      name,
      etag: bare(found.etag),
      sizeBytes: found.contentLength ?? 0,
      ...(found.contentType && { contentType: found.contentType }),
      ...defined({ lastModified: found.lastModified?.toISOString() }),
      ...(found.contentMD5 && { contentMd5: hex(found.contentMD5) }),
      ...defined({ unreadable: unreadableBy({ ...found, customerProvidedKeySha256: found.encryptionKeySha256 }) }),
    };
  } catch (thrown) {
    const failure = storageFailure(thrown);
    // It is there, and even its properties are read only with the customer's key. A listing shows it all the same.
    if (failure.code === 'BlobUsesCustomerSpecifiedEncryption') return findListed(client, name);
    // A container that is gone must not look like one image that is gone.
    if (failure.statusCode === 404 && !isContainerGone(failure)) return undefined;
    throw thrown;
  }
}

/** A name comes first of all names it is a prefix of. */
async function findListed(client: ContainerClient, name: string): Promise<ListedBlob | undefined> {
  const { blobs } = await listPage(client, { prefix: name, pageSize: 1 });
  return blobs.find((blob) => blob.name === name);
}

function listedBlob({ name, properties }: BlobItem): ListedBlob {
  return {
    name,
    etag: bare(properties.etag),
    sizeBytes: properties.contentLength ?? 0,
    ...(properties.contentType && { contentType: properties.contentType }),
    ...(properties.lastModified && { lastModified: properties.lastModified.toISOString() }),
    ...(properties.contentMD5 && { contentMd5: hex(properties.contentMD5) }),
    ...defined({ unreadable: unreadableBy(properties) }),
  };
}

/**
 * Source: "List Blobs" and "Get Blob Properties" (`AccessTier`, `ArchiveStatus`, `CustomerProvidedKeySha256`). Hot, Cool and
 * Cold are read at once, and so is what is leased, on legal hold, or encrypted by an encryption scope.
 */
function unreadableBy({
  accessTier,
  archiveStatus,
  customerProvidedKeySha256,
}: {
  readonly accessTier?: string;
  readonly archiveStatus?: string;
  readonly customerProvidedKeySha256?: string | undefined;
}): Unreadable | undefined {
  if (accessTier === 'Archive') return archiveStatus === undefined ? 'archived' : 'rehydrate-pending';
  return customerProvidedKeySha256 === undefined ? undefined : 'customer-provided-key';
}

/** `.` and `..` between slashes are taken out of a URL by every HTTP client, also when encoded: another blob would answer. */
function isUnaddressable(name: string): boolean {
  return name.split('/').some((segment) => segment === '.' || segment === '..');
}

function unaddressable(name: string): DownloadOutcome {
  const message = `A name with '.' or '..' between slashes cannot be asked for over HTTP: ${JSON.stringify(name)}.`;
  return { ok: false, code: 'download-failed', message, retryable: false };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function bare(etag = ''): string {
  return etag.replaceAll('"', '');
}
