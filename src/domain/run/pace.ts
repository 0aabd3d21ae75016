/**
 * How fast a run has really called, to predict the next run.
 *
 * I1 What was held back (by a pause, a cap, a long wait for Vision) is no time of work, nor is anything before
 *    the analysis began.
 */

/**
 * Milliseconds of work that a hold took away. Times are milliseconds since 1970; `analyzeAtMs`: when the analysis began, if
 * it has.
 */
export function heldDuring(sinceMs: number, untilMs: number, analyzeAtMs: number | undefined): number {
  return analyzeAtMs === undefined ? 0 : Math.max(0, untilMs - Math.max(sinceMs, analyzeAtMs));
}

/** Calls a second from the begin of the analysis to its end; undefined where nothing can be said. */
export function callsPerSecond(
  { calls, cacheHits }: { readonly calls: number; readonly cacheHits: number },
  { analyzeAtMs, finishAtMs }: { readonly analyzeAtMs: number | undefined; readonly finishAtMs: number | undefined },
  /** Milliseconds of holds that are over. */
  heldMs: number,
): number | undefined {
  // A run that mostly read known answers says nothing about calls.
  if (analyzeAtMs === undefined || finishAtMs === undefined || calls === 0 || cacheHits > calls) return undefined;
  const workedMs = finishAtMs - analyzeAtMs - heldMs;
  return workedMs > 0 ? Number(((calls * 1_000) / workedMs).toPrecision(4)) : undefined;
}
