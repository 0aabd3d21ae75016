import { BulkOperationType, type Container, type CosmosClient, type OperationInput } from '@azure/cosmos';
import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import { COSMOS } from '../../names';
import { cosmosError, isConflict, isNotFound, readItem } from '../cosmos/failure';
import { createGroupCommitter } from '../results/group-commit';
import {
  type CacheEntry,
  givenBack,
  type ListedNote,
  leased,
  STORED_CACHE_ENTRY,
  STORED_NOTE,
  standingOf,
} from './cache-entry';
import type { CacheGateway, Claim } from './port';

/**
 * The cache in Cosmos DB, one partition a key.
 *
 * A claim is a create: most images are new, so one write both asks and claims. Writes travel together as bulk requests
 * (each stands alone: a conflict of one is no conflict of another); what conflicts is read and decided one by one.
 */
export function createCosmosCache(client: CosmosClient): CacheGateway {
  const container = client.database(COSMOS.database).container(COSMOS.cache.id);
  const committer = createGroupCommitter<Write, WriteResult>({
    idOf: (write) => write.entry.id,
    partitionOf: () => 'all',
    sizeOf: (write) => write.sizeBytes,
    commitBatch: (_, writes) => writeBulk(container, writes),
    commitOne: async (write) => (await writeBulk(container, [write]))[0] as WriteResult,
  });
  const write = (value: CacheEntry, ifMatch?: string) => {
    const entry = STORED_CACHE_ENTRY.stamped(value);
    return committer.submit({
      entry,
      sizeBytes: Buffer.byteLength(JSON.stringify(entry)),
      ...defined({ ifMatch }),
    });
  };

  /** I4 of the port: it travels with the answers, and overwrites what was noted before. */
  const note = (value: ListedNote) => {
    const entry = STORED_NOTE.stamped(value);
    return committer.submit({ entry, sizeBytes: Buffer.byteLength(JSON.stringify(entry)), overwrites: true });
  };

  return {
    async claim(key, wanted, claimant): Promise<Claim> {
      const fresh = await write(leased({ id: key }, claimant));
      if (fresh.written) return { state: 'granted', key, version: fresh.version };
      const found = await read(container, key);
      if (!found) return { state: 'busy' }; // released between our create and our read: ask again
      const standing = standingOf(found.entry, wanted, claimant);
      if (standing.kind === 'hit') return { state: 'hit', answer: standing.answer };
      if (standing.kind === 'busy') return { state: 'busy', holder: standing.holder };
      const taken = await write(leased(found.entry, claimant), found.version);
      if (!taken.written) return { state: 'busy' };
      const { kind: _, ...rest } = standing;
      return { state: 'granted', key, version: taken.version, ...rest };
    },

    async put({ key, version }, answer, listedKey, unheard) {
      const noted = listedKey === undefined ? undefined : note({ id: listedKey, features: answer.analyzer.features });
      const entry = { id: key, ...answer, ...defined({ unheard }) };
      const [{ written }] = await Promise.all([write(entry, version), noted?.catch(() => undefined)]);
      return written;
    },

    async known(listedKeys) {
      const parts = Array.from({ length: Math.ceil(listedKeys.length / MAX_READS) }, (_, part) =>
        readNotes(container, listedKeys.slice(part * MAX_READS, (part + 1) * MAX_READS)),
      );
      const found = (await Promise.all(parts)).flat();
      return new Map(found.map(({ id, features }) => [id, features]));
    },

    async release(claim, unheard = []) {
      const { key, version } = claim;
      const left = givenBack(claim, unheard);
      if (left) {
        await write(left, version);
        return;
      }
      try {
        await container.item(key, key).delete({ accessCondition: { type: 'IfMatch', condition: version } });
      } catch (thrown) {
        if (!isConflict(thrown) && !isNotFound(thrown)) throw cosmosError(thrown, 'giving back a claim of the cache');
      }
    },
  };
}

interface Write {
  readonly entry: CacheEntry | ListedNote;
  /** Absent: only where nothing is stored. */
  readonly ifMatch?: string;
  /** Whatever is stored. */
  readonly overwrites?: true;
  readonly sizeBytes: number;
}

type WriteResult = { readonly written: true; readonly version: string } | { readonly written: false };

/** 409 exists, 412 another version, 404 gone: the condition did not hold. */
const REFUSED = new Set([404, 409, 412]);

async function writeBulk(container: Container, writes: readonly Write[]): Promise<WriteResult[]> {
  try {
    // Not executeBulkOperations (4.9.3): it sleeps a second for a batch that is not full.
    const responses = await container.items.bulk(writes.map(operationOf), { continueOnError: true });
    return responses.map(({ statusCode, eTag }) => {
      if (statusCode < 300) return { written: true, version: eTag ?? '' };
      if (REFUSED.has(statusCode)) return { written: false };
      throw new AppError('results-unavailable', `The cache answered ${statusCode} to a write.`, { retryable: true });
    });
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw cosmosError(thrown, 'writing to the cache');
  }
}

function operationOf({ entry, ifMatch, overwrites }: Write): OperationInput {
  const resourceBody = entry as unknown as Record<string, never>;
  if (overwrites) return { operationType: BulkOperationType.Upsert, partitionKey: entry.id, resourceBody };
  if (ifMatch === undefined) return { operationType: BulkOperationType.Create, partitionKey: entry.id, resourceBody };
  return { operationType: BulkOperationType.Replace, partitionKey: entry.id, id: entry.id, resourceBody, ifMatch };
}

/** Operations that a bulk request takes. */
const MAX_READS = 100;

async function readNotes(container: Container, keys: readonly string[]): Promise<readonly ListedNote[]> {
  const reads = keys.map((id): OperationInput => ({ operationType: BulkOperationType.Read, partitionKey: id, id }));
  try {
    const responses = await container.items.bulk(reads, { continueOnError: true });
    return responses.flatMap(({ statusCode, resourceBody }) => {
      if (statusCode === 404) return [];
      if (statusCode < 300) return [STORED_NOTE.read(resourceBody)];
      throw new AppError('results-unavailable', `The cache answered ${statusCode} to a read.`, { retryable: true });
    });
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw cosmosError(thrown, 'reading the cache');
  }
}

async function read(
  container: Container,
  key: string,
): Promise<{ readonly entry: CacheEntry; readonly version: string } | undefined> {
  const item = container.item(key, key);
  const resource = await readItem<CacheEntry & { readonly _etag: string }>(item, 'reading the cache');
  return resource && { entry: STORED_CACHE_ENTRY.read(resource), version: resource._etag };
}
