/**
 * What is right, as data: a value, a pattern for a text, a bound for a number.
 *
 * I1 An object may have more fields than are expected. A list has as many items.
 */
export interface Bound {
  readonly text: string;
  readonly holds: (value: number) => boolean;
}

export const atMost = (limit: number): Bound => ({ text: `at most ${limit}`, holds: (value) => value <= limit });
export const atLeast = (limit: number): Bound => ({ text: `at least ${limit}`, holds: (value) => value >= limit });
export const between = (low: number, high: number): Bound => ({
  text: `${low} to ${high}`,
  holds: (value) => value >= low && value <= high,
});

export function isAsExpected(seen: unknown, expected: unknown): boolean {
  if (expected instanceof RegExp) return typeof seen === 'string' && expected.test(seen);
  if (isBound(expected)) return typeof seen === 'number' && expected.holds(seen);
  if (Array.isArray(expected)) {
    return (
      Array.isArray(seen) &&
      seen.length === expected.length &&
      expected.every((item, index) => isAsExpected(seen[index], item))
    );
  }
  if (isObject(expected)) {
    return isObject(seen) && Object.entries(expected).every(([name, value]) => isAsExpected(seen[name], value)); // I1
  }
  return Object.is(seen, expected);
}

/** The same on one line, for a person. */
export function inWords(expected: unknown): string {
  if (expected instanceof RegExp) return String(expected);
  if (isBound(expected)) return expected.text;
  if (Array.isArray(expected)) return `[${expected.map(inWords).join(', ')}]`;
  if (isObject(expected)) {
    const fields = Object.entries(expected).filter(([, value]) => value !== undefined);
    return `{${fields.map(([name, value]) => `${name}: ${inWords(value)}`).join(', ')}}`;
  }
  return JSON.stringify(expected) ?? 'nothing';
}

function isBound(value: unknown): value is Bound {
  return isObject(value) && typeof value.holds === 'function';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
