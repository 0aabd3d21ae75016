/**
 * Partition keys as they travel and as they are stored.
 *
 * K1 A key is stored as the JSON text of its value; a document without the property has the key `{}`, as on the wire.
 *    Source: "x-ms-documentdb-partitionkey" in the common request headers, e.g. `["a"]`, `[null]`, `[{}]`.
 */
import { parsePropertyPath } from './property-path';
import { CosmosError, unsupported } from './protocol';
import { follow } from './sql/evaluator';
import { isArray, isObject, isWellFormed, type Json, type JsonObject, type Value } from './sql/values';

/** JSON text of one key value. */
export type PartitionKey = string;

/** Service limit: 2,048 bytes. */
const MAX_BYTES = 2048;

const isNone = (value: Value): boolean => isObject(value) && Object.keys(value).length === 0;

function encode(value: Value): PartitionKey {
  if (value === undefined || isNone(value)) return '{}';
  if (typeof value === 'object' && value !== null) {
    throw new CosmosError(400, 'A partition key is a string, a number, a boolean or null.');
  }
  // A number beyond the doubles would be stored as null.
  if (typeof value === 'number' && !Number.isFinite(value)) throw new CosmosError(400, 'A partition key is finite.');
  if (typeof value === 'string') {
    if (Buffer.byteLength(value) > MAX_BYTES)
      throw new CosmosError(400, `A partition key has at most ${MAX_BYTES} bytes.`);
    if (!isWellFormed(value)) throw new CosmosError(400, 'A partition key must be well-formed Unicode.');
  }
  return JSON.stringify(value);
}

/** `[]` means "no partition named", which a query may do. @throws CosmosError 400 */
export function parsePartitionKeyHeader(header: string): PartitionKey | undefined {
  let parsed: Json;
  try {
    parsed = JSON.parse(header) as Json;
  } catch {
    throw new CosmosError(400, `Partition key ${header} is invalid.`);
  }
  if (!isArray(parsed)) throw new CosmosError(400, `Partition key ${header} is invalid.`);
  if (parsed.length > 1) throw unsupported('hierarchical partition keys');
  return parsed.length === 0 ? undefined : encode(parsed[0]);
}

/** @param path such as `/container` or `/a/b`. */
export function partitionKeyOf(document: JsonObject, path: string): PartitionKey {
  return encode(follow(document, parsePropertyPath(path)));
}
