/** Time as the pipeline sees it; tests pass their own. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for records. */
  nowMs(): number;
  /** Monotonic milliseconds: for intervals, so that a stepped wall clock never frees or starves a lease. */
  monotonicMs(): number;
  sleep(ms: number): Promise<void>;
  /** 0..1, for jitter. */
  random01(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random01: () => Math.random(),
};
