/**
 * Ordering by a path that SQLite is not asked about: one whose name is no plain word (L5), or one too many for an index.
 *
 * O1 The order and the positions are those of an indexed scan (type, value, partition, id), so pages fit together.
 * O2 A page reads every row and keeps only its own: slow, and bounded in memory.
 */
import type { ScannedRow } from './document-table';
import { follow } from './sql/evaluator';
import type { SqlValue } from './sql/plan';
import { compareStrings, type Json, typeRank, type Value } from './sql/values';

export interface SortedPage {
  readonly keys: readonly string[];
  readonly descending: boolean;
  readonly after: readonly SqlValue[] | undefined;
  readonly limit: number;
}

/** `rows` in any order; what `keeps` refuses is no part of the answer. Returns the first `limit` after a position. */
export function sortRows(
  rows: Iterable<ScannedRow>,
  keeps: (document: Json) => boolean,
  { keys, descending, after, limit }: SortedPage,
): ScannedRow[] {
  const sign = descending ? -1 : 1;
  const byPosition = (left: readonly SqlValue[], right: readonly SqlValue[]) => sign * comparePositions(left, right);
  const order = (left: ScannedRow, right: ScannedRow) => byPosition(left.position, right.position);
  let kept: ScannedRow[] = [];
  for (const row of rows) {
    const document = JSON.parse(row.text) as Json;
    const value = follow(document, keys);
    if (value === undefined || !keeps(document)) continue; // Documents without the property are no part of the answer.
    const position = [typeRank(value), sortable(value), ...row.position];
    if (after !== undefined && byPosition(position, after) <= 0) continue;
    kept.push({ text: row.text, position });
    if (kept.length >= 2 * limit + 1000) kept = kept.sort(order).slice(0, limit); // O2
  }
  return kept.sort(order).slice(0, limit);
}

function sortable(value: Value): SqlValue {
  if (typeof value === 'number' || typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : 0;
}

function comparePositions(left: readonly SqlValue[], right: readonly SqlValue[]): number {
  for (const [index, a] of left.entries()) {
    const b = right[index];
    const order = typeof a === 'string' && typeof b === 'string' ? compareStrings(a, b) : Number(a) - Number(b);
    if (order !== 0) return order;
  }
  return 0;
}
