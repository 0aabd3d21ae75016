import type { Clock } from '../../../src/pipeline/clock';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly ring: () => void;
}

/** Time that passes only when told to: a test of an hour takes a millisecond, and the same steps come in the same order. */
export class VirtualClock implements Clock {
  /** What `random01` answers. */
  random = 0;
  private passedMs = 0;
  private timers: Timer[] = [];
  private made = 0;

  constructor(private readonly startMs = Date.UTC(2026, 0, 1)) {}

  nowMs(): number {
    return this.startMs + this.passedMs;
  }

  monotonicMs(): number {
    return this.passedMs;
  }

  random01(): number {
    return this.random;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.passedMs + ms, resolve));
  }

  /** Calls `ring` once `passedMs` milliseconds have passed since the clock was made. */
  at(passedMs: number, ring: () => void): void {
    this.timers.push({ atMs: Math.max(passedMs, this.passedMs), order: this.made++, ring });
  }

  /** Lets `ms` pass, and everything happen that happens in it. */
  async advance(ms: number): Promise<void> {
    const endMs = this.passedMs + ms;
    await settled();
    while (await this.ringNext(endMs));
    this.passedMs = endMs;
  }

  /** Lets time pass until the promise settles. Throws when nothing is left that could settle it, or after `limitMs`. */
  async until<T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let isSettled = false;
    const watched = promise.finally(() => {
      isSettled = true;
    });
    watched.catch(() => {}); // it is awaited below
    const endMs = this.passedMs + limitMs;
    await settled();
    while (!isSettled) {
      if (!(await this.ringNext(endMs))) throw new Error(`nothing settled it within ${limitMs} ms of virtual time`);
    }
    return watched;
  }

  private async ringNext(endMs: number): Promise<boolean> {
    const next = this.timers.reduce<Timer | undefined>(
      (first, timer) => (isBefore(timer, first) ? timer : first),
      undefined,
    );
    if (!next || next.atMs > endMs) return false;
    this.timers = this.timers.filter((timer) => timer !== next);
    this.passedMs = next.atMs;
    next.ring();
    await settled();
    return true;
  }
}

function isBefore(timer: Timer, other: Timer | undefined): boolean {
  return other === undefined || timer.atMs < other.atMs || (timer.atMs === other.atMs && timer.order < other.order);
}

/** Every promise that can go on without time has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
