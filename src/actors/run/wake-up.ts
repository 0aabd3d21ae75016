import { needsWake, type RunFacts } from '../../domain/run/facts';
import type { RunClock } from './leases';

/** A workflow that has not moved for so long after its event gets another. */
const WAKE_INTERVAL_MS = 10_000;

/** Who wakes the workflow, and when: one event too many costs its history two rows. */
export class WakeUp {
  private wokenAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Pick<RunClock, 'monotonicMs'>) {}

  /** May the asker wake the workflow? True once in 10 s at most. */
  isDue(facts: RunFacts): boolean {
    const now = this.clock.monotonicMs();
    if (!needsWake(facts) || now - this.wokenAtMs < WAKE_INTERVAL_MS) return false;
    this.wokenAtMs = now;
    return true;
  }

  /** The workflow has begun another rest: the next word is news. */
  rests(): void {
    this.wokenAtMs = Number.NEGATIVE_INFINITY;
  }
}
