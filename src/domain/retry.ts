/** How often and how long. `random01` comes from outside, so that tests and workflows decide it. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/**
 * Steps of a workflow, on durable timers: three hours before a run gives up on broken infrastructure. No pause is longer than
 * a cancel may have to wait for it: nothing wakes a run that waits for its next attempt.
 */
export const STEP_RETRY: RetryPolicy = { maxAttempts: 2_705, firstDelayMs: 1_000, maxDelayMs: 4_000 };

/** One image: an image that fails five times is set aside and never blocks the others. */
export const IMAGE_RETRY: RetryPolicy = { maxAttempts: 5, firstDelayMs: 250, maxDelayMs: 8_000 };

/** Doubling delay before attempt `attempt + 1`, with up to half of it taken off by `random01`. */
export function delayMs(policy: RetryPolicy, attempt: number, random01 = 0): number {
  const full = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full * (1 - random01 / 2));
}

/** No announced pause longer than this is waited for in memory: a run waits it out by a durable timer. */
export const MAX_RETRY_AFTER_MS = 60_000;

/** No announced pause is believed for longer: no allowance of Vision is renewed later than by the month. */
export const LONGEST_PAUSE_MS = 31 * 86_400_000;
