import { AppError } from '../../domain/errors';
import type { ImageDocument } from '../../domain/image/image';
import { compareNames, isWithin } from '../../domain/image/name-order';
import { memoryPage } from './memory-page';
import type { ResultsGateway, VersionedDocument } from './port';
import { storedImageOf, tagNamesOf } from './stored-document';

/** Results in memory, with the store's versions and conflicts. It passes the port's contract suite. */
export interface MemoryResults extends ResultsGateway {
  /** All documents of a container, by name. */
  documents(container: string): readonly ImageDocument[];
  /** The next `times` saves fail: before the write, or after it, as when only the answer is lost. */
  failNext(times: number, when?: 'before-write' | 'after-write'): void;
  /** Writes that the store took, in order. */
  readonly writes: readonly ImageDocument[];
}

export function createMemoryResults(): MemoryResults {
  const containers = new Map<string, Map<string, VersionedDocument>>();
  const failures: ('before-write' | 'after-write')[] = [];
  const writes: ImageDocument[] = [];

  const sorted = (container: string): VersionedDocument[] =>
    [...(containers.get(container)?.values() ?? [])]
      .sort((a, b) => compareNames(a.document.blob, b.document.blob))
      .map((entry) => structuredClone(entry));
  const write = (document: ImageDocument): string => {
    writes.push(structuredClone(document));
    const version = `"${writes.length}"`;
    const documents = containers.get(document.container) ?? new Map();
    containers.set(document.container, documents.set(document.blob, structuredClone({ document, version })));
    return version;
  };
  const fail = (): never => {
    throw new AppError('results-unavailable', 'The store of results did not answer.', { retryable: true });
  };

  return {
    writes,
    documents: (container) => sorted(container).map((entry) => entry.document),
    failNext: (times, when = 'before-write') => void failures.push(...Array<typeof when>(times).fill(when)),

    async *range(container, interval) {
      for (const { document, version } of sorted(container)) {
        if (document.blob.startsWith(interval.prefix) && isWithin(document.blob, interval))
          yield storedImageOf(document, version);
      }
    },
    get: async (container, blob) => structuredClone(containers.get(container)?.get(blob)),
    async save(document, expected) {
      const failure = failures.shift();
      if (failure === 'before-write') fail();
      const standing = containers.get(document.container)?.get(document.blob);
      if (standing?.version !== (expected === 'new' ? undefined : expected.version)) return { saved: false };
      const version = write(document);
      return failure ? fail() : { saved: true, version };
    },
    async *writtenBy(container, chunkId) {
      for (const { document, version } of sorted(container)) {
        if (document.chunkId === chunkId) yield storedImageOf(document, version);
      }
    },
    async *contributions(container) {
      for (const { document } of sorted(container)) yield document.contribution;
    },
    async list(container, { status, tag }, page) {
      const found = sorted(container)
        .map((entry) => entry.document)
        .filter((document) => status === undefined || document.status === status)
        .filter((document) => tag === undefined || tagNamesOf(document).includes(tag));
      return memoryPage(found, page);
    },
    ping: async () => {},
    close: async () => {},
  };
}
