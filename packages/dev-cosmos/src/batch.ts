/**
 * Batches: transactional (atomic) and bulk (each operation for itself).
 *
 * B1 At most 100 operations; more are refused with 400, as the service refuses them.
 * B2 An atomic batch that fails anywhere leaves nothing behind; the operation that failed has its own status and all others
 *    have 424. The answer is 207 then, 200 otherwise.
 * Source: "Transactional batch operations in Azure Cosmos DB", and the requests of azcosmos 1.0.3 and @azure/cosmos 4.9.
 */
import { type Conditions, deleteDocument, type Outcome, readDocument, writeDocument } from './documents';
import { type PartitionKey, parsePartitionKeyHeader } from './partition-key';
import { CosmosError, MAX_BATCH_OPERATIONS, type StatusCode, unsupported } from './protocol';
import { isArray, isObject, type Json, type JsonObject } from './sql/values';
import type { ContainerEntry } from './store';

export interface BatchOptions {
  readonly isAtomic: boolean;
  readonly continuesOnError: boolean;
  /** From the header; bulk operations carry their own. */
  readonly partitionKey: PartitionKey | undefined;
  /** `Prefer: return=minimal`: no documents in the answer. */
  readonly isMinimal: boolean;
}

export interface BatchAnswer {
  readonly status: 200 | 207;
  readonly text: string;
}

/** Thrown out of the transaction to undo it (B2). */
export class BatchFailed extends Error {
  constructor(readonly answer: BatchAnswer) {
    super('a batch was rolled back');
  }
}

interface Result {
  readonly status: StatusCode;
  readonly etag?: string | undefined;
  readonly text?: string | undefined;
}

/** @throws CosmosError 400 (B1) */
export function parseBatch(body: Json): readonly JsonObject[] {
  if (!isArray(body) || body.length === 0)
    throw new CosmosError(400, 'A batch is a JSON array with at least one operation.');
  if (body.length > MAX_BATCH_OPERATIONS) {
    throw new CosmosError(
      400,
      `Batch request has more operations than what is supported: ${body.length}, the limit is ${MAX_BATCH_OPERATIONS}.`,
    );
  }
  return body.map((operation) => {
    if (!isObject(operation)) throw new CosmosError(400, 'An operation of a batch is a JSON object.');
    return operation;
  });
}

/** Runs inside one transaction. @throws BatchFailed when the transaction must be undone. */
export function runBatch(
  container: ContainerEntry,
  operations: readonly JsonObject[],
  options: BatchOptions,
): BatchAnswer {
  const results: Result[] = [];
  for (const operation of operations) {
    const result = attempt(container, operation, options);
    results.push(result);
    const hasFailed = result.status >= 400;
    if (hasFailed && options.isAtomic) throw new BatchFailed(failure(operations.length, results.length - 1, result));
    if (hasFailed && !options.continuesOnError) break;
  }
  while (results.length < operations.length) results.push({ status: 424 });
  const hasFailures = results.some((result) => result.status >= 400);
  return { status: hasFailures ? 207 : 200, text: render(results, options.isMinimal) };
}

/** B2 */
function failure(count: number, failedAt: number, failed: Result): BatchAnswer {
  const results = Array.from({ length: count }, (_, index): Result => (index === failedAt ? failed : { status: 424 }));
  return { status: 207, text: render(results, true) };
}

function attempt(container: ContainerEntry, operation: JsonObject, options: BatchOptions): Result {
  try {
    return run(container, operation, options);
  } catch (error) {
    if (error instanceof CosmosError) return { status: error.status };
    throw error;
  }
}

function run(container: ContainerEntry, operation: JsonObject, options: BatchOptions): Outcome {
  const partitionKey = keyOf(operation, options);
  const conditions: Conditions = { ifMatch: textOf(operation.ifMatch), ifNoneMatch: textOf(operation.ifNoneMatch) };
  switch (operation.operationType) {
    case 'Create':
      return writeDocument(container, 'create', partitionKey, operation.resourceBody, conditions);
    case 'Upsert':
      return writeDocument(container, 'upsert', partitionKey, operation.resourceBody, conditions);
    case 'Replace':
      return writeDocument(
        container,
        'replace',
        partitionKey,
        operation.resourceBody,
        conditions,
        textOf(operation.id),
      );
    case 'Delete':
      return deleteDocument(container, partitionKey, requiredId(operation), conditions);
    case 'Read':
      return readDocument(container, partitionKey, requiredId(operation), conditions);
    default:
      throw unsupported(`the batch operation ${JSON.stringify(operation.operationType)}`);
  }
}

function keyOf(operation: JsonObject, options: BatchOptions): PartitionKey {
  const own = textOf(operation.partitionKey);
  const key = own === undefined ? options.partitionKey : parsePartitionKeyHeader(own);
  if (key === undefined) throw new CosmosError(400, 'PartitionKey value must be supplied for this operation.');
  if (options.isAtomic && key !== options.partitionKey) {
    throw new CosmosError(400, 'All operations of a transactional batch have the partition key of its header.');
  }
  return key;
}

const textOf = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

function requiredId(operation: JsonObject): string {
  const id = textOf(operation.id);
  if (id === undefined) throw new CosmosError(400, 'The operation names no id.');
  return id;
}

function render(results: readonly Result[], isMinimal: boolean): string {
  const parts = results.map((result) => {
    const etag = result.etag === undefined ? '' : `,"eTag":${JSON.stringify(result.etag)}`;
    const resource = result.text === undefined || isMinimal ? '' : `,"resourceBody":${result.text}`;
    return `{"statusCode":${result.status},"requestCharge":1${etag}${resource}}`;
  });
  return `[${parts.join(',')}]`;
}
