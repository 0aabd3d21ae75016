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

const UNITS_MS: Readonly<Record<string, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Reads a wait that a message tells in words. API Management writes the time until a quota is renewed as
 * `[days.]hours:minutes:seconds` ("Out of call volume quota. Quota will be replenished in 22.14:18:12."), and the rate
 * limit of a tier as "Please retry after 5 seconds".
 *
 * Returns milliseconds, or undefined when the message tells none.
 */
export function waitInWordsMs(message: string): number | undefined {
  const span = /replenished in (?:(\d{1,4})\.)?(\d{1,2}):(\d{2}):(\d{2})/i.exec(message);
  if (span) {
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = span.slice(1).map((part) => Number(part ?? 0));
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000;
  }
  const words = /retry after (\d{1,7}) (second|minute|hour|day)s?\b/i.exec(message);
  const unit = words && UNITS_MS[(words[2] ?? '').toLowerCase()];
  return unit ? Number(words[1]) * unit : undefined;
}
