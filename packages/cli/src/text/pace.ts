/** How fast a run goes, from what was seen of it. Withholds a guess that would jump about. */
export interface Pace {
  /** Images a second over the last minute. */
  readonly ratePerSecond: number;
  /** Since when nothing was done, when that is long. */
  readonly stalledMs?: number;
  /** Seen enough for a guess of the end. */
  readonly isSteady: boolean;
}

export interface PaceTracker {
  see(done: number, nowMs: number): Pace;
}

const WINDOW_MS = 60_000;
const STALLED_AFTER_MS = 15_000;
const STEADY_AFTER_MS = 10_000;
const STEADY_AFTER_IMAGES = 20;

export function createPaceTracker(): PaceTracker {
  let samples: { readonly at: number; readonly done: number }[] = [];
  let first: { readonly at: number; readonly done: number } | undefined;
  let movedAt = 0;
  return {
    see(done, nowMs) {
      first ??= { at: nowMs, done };
      if (samples.length === 0 || samples.at(-1)?.done !== done) movedAt = nowMs;
      samples = [...samples.filter(({ at }) => nowMs - at <= WINDOW_MS), { at: nowMs, done }];
      const oldest = samples[0] ?? first;
      const elapsedMs = nowMs - oldest.at;
      const stalledMs = nowMs - movedAt;
      return {
        ratePerSecond: elapsedMs > 0 ? ((done - oldest.done) / elapsedMs) * 1000 : 0,
        ...(stalledMs >= STALLED_AFTER_MS && { stalledMs }),
        isSteady: nowMs - first.at >= STEADY_AFTER_MS || done - first.done >= STEADY_AFTER_IMAGES,
      };
    },
  };
}
