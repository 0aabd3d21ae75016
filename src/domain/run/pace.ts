/**
 * How fast a run has really called, so that the next one can be foretold.
 *
 * I1 What was held back (by a pause, a cap, a long wait for Vision) is no time of work, nor is anything before
 *    the analysis began.
 */

/** What a run remembers of the times it was held back. */
export interface Held {
  /** Of holds that are over, while it analysed. */
  readonly heldMs?: number;
  /** When the present one began. */
  readonly heldSinceMs?: number;
}

/** `analyzeAtMs`: when the analysis began, if it has. */
export function hold(
  { heldMs = 0, heldSinceMs }: Held,
  isHeld: boolean,
  nowMs: number,
  analyzeAtMs: number | undefined,
): Held {
  if (isHeld) return { heldMs, heldSinceMs: heldSinceMs ?? nowMs };
  if (heldSinceMs === undefined || analyzeAtMs === undefined) return { heldMs };
  return { heldMs: heldMs + Math.max(0, nowMs - Math.max(heldSinceMs, analyzeAtMs)) };
}

/** Calls a second from the begin of the analysis to its end; undefined where nothing can be said. */
export function callsPerSecond(
  { calls, cacheHits }: { readonly calls: number; readonly cacheHits: number },
  { analyzeAtMs, finishAtMs }: { readonly analyzeAtMs: number | undefined; readonly finishAtMs: number | undefined },
  { heldMs = 0 }: Held,
): number | undefined {
  // A run that mostly read known answers says nothing about calls.
  if (analyzeAtMs === undefined || finishAtMs === undefined || calls === 0 || cacheHits > calls) return undefined;
  const workedMs = finishAtMs - analyzeAtMs - heldMs;
  return workedMs > 0 ? Number(((calls * 1_000) / workedMs).toPrecision(4)) : undefined;
}
