/**
 * Between the two ways in which the product writes a moment: RFC 3339 in UTC for what is stored and shown, milliseconds since
 * 1970 for arithmetic. Conversion only: the time itself comes in as an argument.
 */

/** NaN for what is no time. */
export function msOf(time: string): number {
  // biome-ignore lint/style/noRestrictedGlobals: converts a given time and asks no clock
  return Date.parse(time);
}

/** @throws RangeError for what is no time */
export function timeOf(ms: number): string {
  // biome-ignore lint/style/noRestrictedGlobals: converts a given time and asks no clock
  return new Date(ms).toISOString();
}
