import { BulkOperationType, type Container, type OperationInput } from '@azure/cosmos';
import type { ImageDocument } from '../../domain/image/image';
import { cosmosError, cosmosStatus, isConflict, isNotFound, readItem } from '../cosmos/failure';
import type { Expected, SaveOutcome } from './port';
import { type StoredDocument, toStored } from './stored-document';

/**
 * One write, and a batch of writes, of image documents.
 *
 * I1 Create where none may exist, replace with If-Match where one is known: nothing unseen is ever overwritten.
 * I2 A write whose answer was lost counts as written when the document carries it: the retry's conflict is with itself.
 */
export interface DocumentWrite {
  readonly stored: StoredDocument;
  readonly expected: Expected;
  readonly sizeBytes: number;
}

export function documentWrite(document: ImageDocument, expected: Expected): DocumentWrite {
  const stored = toStored(document);
  return { stored, expected, sizeBytes: Buffer.byteLength(JSON.stringify(stored)) };
}

/** The answer need not bring the document back: its etag stands in a header. */
const MINIMAL = { contentResponseOnWriteEnabled: false } as const;

/** All or nothing. @returns `refused` when a member's condition did not hold, or the batch is more than the store takes. */
export async function writeBatch(
  container: Container,
  partition: string,
  writes: readonly DocumentWrite[],
): Promise<readonly SaveOutcome[] | 'refused'> {
  const response = await container.items.batch(writes.map(operationOf), partition, MINIMAL);
  const results = response.result ?? [];
  // 207: the first member that failed says why, the others say 424.
  if (results.length !== writes.length || results.some(({ statusCode }) => statusCode >= 300)) return 'refused';
  return results.map(({ eTag }) => ({ saved: true, version: eTag ?? '' }));
}

function operationOf({ stored, expected }: DocumentWrite): OperationInput {
  const resourceBody = stored as unknown as Record<string, never>;
  if (expected === 'new') return { operationType: BulkOperationType.Create, resourceBody };
  return { operationType: BulkOperationType.Replace, id: stored.id, resourceBody, ifMatch: expected.version };
}

/** Between attempts at one write. A 429 has had its 30 s in the client already and is not tried again here. */
const RETRY_DELAYS_MS = [100, 400, 1_600] as const;

/** @throws AppError results-unavailable, results-forbidden */
export async function writeOne(container: Container, write: DocumentWrite): Promise<SaveOutcome> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return { saved: true, version: await send(container, write) };
    } catch (thrown) {
      const isGone = write.expected !== 'new' && isNotFound(thrown);
      if (isConflict(thrown) || isGone) return await outcomeOfConflict(container, write);
      const error = cosmosError(thrown, `saving the result of '${write.stored.blob}'`);
      const delayMs = RETRY_DELAYS_MS[attempt];
      if (!error.retryable || delayMs === undefined || cosmosStatus(thrown) === 429) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}

async function send(container: Container, { stored, expected }: DocumentWrite): Promise<string> {
  const response =
    expected === 'new'
      ? await container.items.create<StoredDocument>(stored)
      : await container
          .item(stored.id, stored.container)
          .replace(stored, { accessCondition: { type: 'IfMatch', condition: expected.version } });
  return response.etag;
}

/** I2 */
async function outcomeOfConflict(container: Container, { stored }: DocumentWrite): Promise<SaveOutcome> {
  const standing = await readDocument(container, stored.id, stored.container);
  const isOurs =
    standing !== undefined &&
    standing.runId === stored.runId &&
    standing.chunkId === stored.chunkId &&
    standing.etag === stored.etag &&
    standing.analyzedAt === stored.analyzedAt;
  return isOurs ? { saved: true, version: standing._etag ?? '' } : { saved: false };
}

export async function readDocument(
  container: Container,
  id: string,
  partition: string,
): Promise<StoredDocument | undefined> {
  return readItem<StoredDocument>(container.item(id, partition), 'reading a result');
}
