/**
 * How deep JSON may be nested.
 *
 * N1 A text is looked at before it is parsed, without recursion: what comes after (writing it out again, comparing, SQLite's
 *    own JSON functions) recurses and would fail in the middle of a request.
 * Source: "Azure Cosmos DB service quotas": at most 128 levels of embedded objects and arrays in an item.
 */
import { CosmosError } from './protocol';
import type { Json } from './sql/values';

export const MAX_ITEM_LEVELS = 128;

/** A request wraps an item in a few levels of its own: a batch, the parameters of a query. */
const MAX_BODY_LEVELS = MAX_ITEM_LEVELS + 8;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** N1. @throws CosmosError 400 */
export function refuseDeepBody(body: Buffer): void {
  let level = 0;
  let isInString = false;
  for (let index = 0; index < body.length; index += 1) {
    const byte = body[index];
    if (isInString) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) isInString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      level += 1;
      if (level > MAX_BODY_LEVELS) throw tooDeep();
    } else if (byte === 0x5d || byte === 0x7d) level -= 1;
  }
}

/** @throws CosmosError 400 for an item beyond the limit of the service. */
export function refuseDeepItem(item: Json): void {
  if (levelsOf(item) > MAX_ITEM_LEVELS) throw tooDeep();
}

/** Bounded by `refuseDeepBody`, so it may recurse. */
function levelsOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  let deepest = 0;
  for (const inner of Object.values(value)) deepest = Math.max(deepest, levelsOf(inner));
  return deepest + 1;
}

const tooDeep = (): CosmosError => new CosmosError(400, `An item has at most ${MAX_ITEM_LEVELS} nested levels.`);
