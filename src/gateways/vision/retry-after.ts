/**
 * Reads the HTTP header Retry-After: seconds or an HTTP date (RFC 9110, 10.2.3).
 *
 * Returns milliseconds from `nowMs`, never negative and not capped (the caller decides what is too long), or undefined
 * for an absent or unreadable header.
 */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const value = header?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) {
    const ms = Math.ceil(Number(value) * 1000);
    return Number.isSafeInteger(ms) ? ms : Number.MAX_SAFE_INTEGER;
  }
  // Date.parse also takes "-5" and "Someday, 99 Nov" for dates; an HTTP date names its day and ends in GMT.
  const at = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .* GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
