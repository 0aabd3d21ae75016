/**
 * The call limit of a pricing tier as a token bucket: `10/s` (S1), `20/min` (F0) or `unlimited`.
 *
 * I1 A refused call takes no token: hammering neither helps nor makes it worse.
 * I2 The announced wait is in whole seconds, as the service announces it, and never shorter than the real one.
 */
export interface CallRate {
  readonly text: string;
  /** Returns 0 when the call may go on, else the seconds to wait. `nowMs` must not run backwards. */
  take(nowMs: number): number;
}

const PERIOD_MS: Readonly<Record<string, number>> = { s: 1000, min: 60_000 };

/** Throws a RangeError for anything but `N/s`, `N/min` and `unlimited`. */
export function createCallRate(text: string): CallRate {
  if (text === 'unlimited') return { text, take: () => 0 };
  const [, count, period] = /^(\d{1,6})\/(s|min)$/.exec(text) ?? [];
  const capacity = Number(count);
  const periodMs = PERIOD_MS[period ?? ''];
  if (periodMs === undefined || capacity === 0) {
    throw new RangeError(`the rate "${text}" is none of N/s, N/min, unlimited (for example 10/s or 20/min)`);
  }
  let tokens = capacity;
  let filledAtMs: number | undefined;
  return {
    text,
    take(nowMs) {
      tokens = Math.min(capacity, tokens + ((nowMs - (filledAtMs ?? nowMs)) * capacity) / periodMs);
      filledAtMs = nowMs;
      if (tokens >= 1) {
        tokens -= 1;
        return 0;
      }
      return Math.max(1, Math.ceil(((1 - tokens) * periodMs) / capacity / 1000)); // I2
    },
  };
}
