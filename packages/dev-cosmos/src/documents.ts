/**
 * Point operations on documents with their conditions: the one place that decides 200, 201, 204, 304, 404, 409 and 412.
 *
 * D1 Each operation checks everything first and then runs one statement, so a refused one has changed nothing.
 * D2 Upsert with If-Match inserts when the row is absent and answers 412 when it is there with another etag (behaviour of the
 *    service: azure-cosmos-dotnet-v3 issue 1698; Dapr's first-write concurrency leans on it).
 * D3 What is stored carries the system properties `_rid`, `_self`, `_etag`, `_attachments`, `_ts` and is sent as it is.
 */
import { refuseDeepItem } from './nesting';
import { type PartitionKey, partitionKeyOf } from './partition-key';
import {
  CosmosError,
  conflict,
  HEADERS,
  MAX_REQUEST_BYTES,
  notFound,
  preconditionFailed,
  type StatusCode,
} from './protocol';
import { isObject, isWellFormed, type Json, type JsonObject } from './sql/values';
import { type ContainerEntry, newEtag } from './store';

export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

export interface Outcome {
  readonly status: StatusCode;
  readonly etag?: string;
  /** JSON text of the document. */
  readonly text?: string;
}

export type WriteKind = 'create' | 'upsert' | 'replace';

/** Service limit: 1,023 bytes ("Per-item limits"). */
const MAX_ID_BYTES = 1023;

export function readDocument(
  container: ContainerEntry,
  partitionKey: PartitionKey,
  id: string,
  conditions: Conditions,
): Outcome {
  const found = container.table.get(partitionKey, id, Date.now());
  if (found === undefined) throw notFound(`document ${id}`);
  if (conditions.ifNoneMatch === '*' || conditions.ifNoneMatch === found.etag) return { status: 304, etag: found.etag };
  return { status: 200, etag: found.etag, text: found.text };
}

/** `expectedId`: the id in the address of a replace. */
export function writeDocument(
  container: ContainerEntry,
  kind: WriteKind,
  partitionKey: PartitionKey,
  resource: Json | undefined,
  conditions: Conditions,
  expectedId?: string,
): Outcome {
  if (!isObject(resource)) throw new CosmosError(400, 'The document must be a JSON object.');
  refuseDeepItem(resource);
  const id = validId(resource.id);
  if (expectedId !== undefined && id !== expectedId)
    throw new CosmosError(400, 'The id of a document cannot be replaced.');
  if (partitionKeyOf(resource, container.partitionKeyPath) !== partitionKey) {
    throw new CosmosError(400, "PartitionKey extracted from document doesn't match the one specified in the header.", {
      [HEADERS.substatus]: '1001',
    });
  }
  const nowMs = Date.now();
  const existing = container.table.head(partitionKey, id, nowMs);
  if (kind === 'create' && existing !== undefined) throw conflict();
  if (kind === 'replace' && existing === undefined) throw notFound(`document ${id}`);
  if (existing !== undefined) checkConditions(existing.etag, conditions); // D2
  const rid = existing?.rid ?? container.table.nextRid();
  const timestampS = Math.floor(nowMs / 1000);
  const etag = newEtag();
  const text = compose(container, resource, rid, etag, timestampS);
  container.table.put({ rid, partitionKey, id, etag, expiresAtMs: expiry(container, resource.ttl, timestampS), text });
  return { status: existing === undefined ? 201 : 200, etag, text };
}

export function deleteDocument(
  container: ContainerEntry,
  partitionKey: PartitionKey,
  id: string,
  conditions: Conditions,
): Outcome {
  const existing = container.table.head(partitionKey, id, Date.now());
  if (existing === undefined) throw notFound(`document ${id}`);
  checkConditions(existing.etag, conditions);
  container.table.delete(partitionKey, id);
  return { status: 204 };
}

function checkConditions(etag: string, { ifMatch, ifNoneMatch }: Conditions): void {
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etag) throw preconditionFailed();
  if (ifNoneMatch === '*' || ifNoneMatch === etag) throw preconditionFailed();
}

function compose(
  container: ContainerEntry,
  resource: JsonObject,
  rid: number,
  etag: string,
  timestampS: number,
): string {
  const { _rid, _self, _etag, _attachments, _ts, _lsn, ...own } = resource;
  const containerRid = resourceId(container.number);
  const documentRid = `${containerRid}${resourceId(rid)}`;
  const text = JSON.stringify({
    ...own,
    _rid: documentRid,
    _self: `dbs/${container.database}/colls/${containerRid}/docs/${documentRid}/`,
    _etag: etag,
    _attachments: 'attachments/',
    _ts: timestampS,
  });
  if (Buffer.byteLength(text) > MAX_REQUEST_BYTES)
    throw new CosmosError(413, 'Request size is too large: an item has at most 2 MB.');
  // JSON.stringify escapes lone surrogates and nothing else that looks like this, a literal backslash apart.
  if (/\\ud[89a-f]/.test(text) && hasLoneSurrogate(own))
    throw new CosmosError(400, 'Strings must be well-formed Unicode.');
  return text;
}

function hasLoneSurrogate(value: Json): boolean {
  if (typeof value === 'string') return !isWellFormed(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, item]) => !isWellFormed(key) || hasLoneSurrogate(item));
}

export const resourceId = (number: number): string =>
  Buffer.from(number.toString(36).padStart(6, '0')).toString('base64');

/** "Time to live (TTL) in Azure Cosmos DB": the item's own value counts only where the container has one. */
function expiry(container: ContainerEntry, ttl: Json | undefined, timestampS: number): number | undefined {
  if (
    ttl !== undefined &&
    (typeof ttl !== 'number' || !Number.isInteger(ttl) || (ttl <= 0 && ttl !== -1) || ttl > 2_147_483_647)
  ) {
    throw new CosmosError(
      400,
      `The input ttl '${JSON.stringify(ttl)}' is invalid: a positive whole number of seconds or -1.`,
    );
  }
  if (container.defaultTtlS === undefined) return undefined;
  const seconds = ttl ?? container.defaultTtlS;
  return typeof seconds !== 'number' || seconds === -1 ? undefined : (timestampS + seconds) * 1000;
}

function validId(id: Json | undefined): string {
  if (typeof id !== 'string' || id.length === 0) {
    throw new CosmosError(400, "The input content is invalid because the required properties - 'id; ' - are missing.");
  }
  if (/[/\\?#]/.test(id) || !isWellFormed(id)) {
    throw new CosmosError(400, 'An id must be well-formed Unicode without any of / \\ ? #.');
  }
  if (Buffer.byteLength(id) > MAX_ID_BYTES) throw new CosmosError(400, `An id has at most ${MAX_ID_BYTES} bytes.`);
  return id;
}
