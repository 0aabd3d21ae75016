import type { CallTotals } from '@contactsheet/dev-vision';

/** How well what was called fits what Vision allows, from Vision's own book. */
export interface Fidelity {
  readonly calls: number;
  /** From the first call to the last. */
  readonly seconds: number;
  /** Rate x seconds. */
  readonly allowed: number;
  /** Calls after the first, which opens the span, of those allowed. */
  readonly ratio: number;
  /** Refused requests of all. */
  readonly throttledShare: number;
  readonly insideRetryAfter: number;
}

export const TARGETS = { ratio: 0.97, throttledShare: 0.01, insideRetryAfter: 0 } as const;

export function fidelityOf(book: CallTotals, ratePerSecond: number): Fidelity {
  const { calls, throttled, insideRetryAfter, firstCallAt, lastCallAt } = book;
  const seconds = ((lastCallAt ?? 0) - (firstCallAt ?? 0)) / 1_000;
  const allowed = ratePerSecond * seconds;
  return {
    calls,
    seconds,
    allowed,
    ratio: allowed > 0 ? (calls - 1) / allowed : 0,
    throttledShare: throttled / Math.max(1, calls + throttled),
    insideRetryAfter,
  };
}

export function isOnTarget({ ratio, throttledShare, insideRetryAfter }: Fidelity): boolean {
  return (
    ratio >= TARGETS.ratio && throttledShare <= TARGETS.throttledShare && insideRetryAfter <= TARGETS.insideRetryAfter
  );
}
