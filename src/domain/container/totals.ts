/**
 * Exact sums. What one image adds to the totals of its container is a sparse vector of integers; a delta is the
 * difference of two such vectors; totals are the sum of all of them.
 *
 * I1 Every value is a safe integer, so sums do not depend on their order. Confidences are counted in 1/10,000.
 * I2 A zero is never stored: two equal sums are equal objects.
 * I3 Every key starts with one of KEY's prefixes, so no name from outside (`__proto__`) can be a key by itself.
 */

export type TotalsVector = Readonly<Record<string, number>>;

/** What is counted. A prefix of one letter keeps documents and actor state small. */
export const KEY = {
  /** Images by status. */
  image: (status: string) => `i:${status}`,
  /** Bytes of images that are not removed. */
  bytes: 'b:',
  /** Images by format as Vision names it: `Jpeg`. */
  format: (name: string) => `f:${name}`,
  category: (name: string) => `c:${name}`,
  /** Dominant colours. */
  color: (name: string) => `d:${name}`,
  /** Images by analyzer: provider and version. */
  analyzer: (name: string) => `a:${name}`,
  /** Images that carry the tag. */
  tag: (name: string) => `t:${name}`,
  /** Sum of the tag's confidences in 1/10,000, over images where Vision gave one. */
  tagConfidence: (name: string) => `u:${name}`,
  /** Images whose tag came with a confidence: the divisor of the mean. */
  tagConfidenceCount: (name: string) => `v:${name}`,
} as const;

export const CONFIDENCE_UNIT = 10_000;

/** a + sign * b, without zeros (I2). */
export function addCounters(a: TotalsVector, b: TotalsVector, sign: 1 | -1 = 1): TotalsVector {
  const sum: Record<string, number> = { ...a };
  addInto(sum, b, sign);
  return sum;
}

/** Adds in place: for loops over thousands of vectors. */
export function addInto(sum: Record<string, number>, b: TotalsVector, sign: 1 | -1 = 1): void {
  for (const [key, value] of Object.entries(b)) {
    const next = (sum[key] ?? 0) + sign * value;
    if (next === 0) delete sum[key];
    else sum[key] = next;
  }
}

export function isEmpty(counters: TotalsVector): boolean {
  for (const _ in counters) return false;
  return true;
}

/** Keys whose values differ, sorted: the report of a recount. */
export function differences(
  expected: TotalsVector,
  actual: TotalsVector,
): { key: string; expected: number; actual: number }[] {
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...keys]
    .sort()
    .map((key) => ({ key, expected: expected[key] ?? 0, actual: actual[key] ?? 0 }))
    .filter((row) => row.expected !== row.actual);
}

/** Entries under one prefix, with the prefix taken off: `named(c, 'f:')` is formats by name. */
export function named(counters: TotalsVector, prefix: string): Record<string, number> {
  const entries = Object.entries(counters)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]): [string, number] => [key.slice(prefix.length), value]);
  return Object.fromEntries(entries);
}
