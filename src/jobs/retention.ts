import type { Logger } from 'pino';
import type { Operations } from '../use-cases/operations/operations';
import type { ExpireRuns } from '../use-cases/runs/expire-runs';

const DAY_MS = 86_400_000;
const INTERVAL_MS = 3_600_000;

export interface RetentionDeps {
  readonly expireRuns: ExpireRuns;
  readonly operations: Pick<Operations, 'expire'>;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/**
 * Forgets the records of runs (index, reports, ledger, receipt, engine state) that ended longer ago than they are kept, and
 * those of operations. Results and totals stay. Looks once an hour; every replica may, as a purge can be repeated.
 */
export class Retention {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly deps: RetentionDeps,
    private readonly keepDays: number,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.look(), INTERVAL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Answers how many runs, and operations, were forgotten. */
  async expire(): Promise<{ readonly runs: number; readonly operations: number }> {
    const before = this.deps.nowMs() - this.keepDays * DAY_MS;
    return { runs: await this.deps.expireRuns(before), operations: await this.deps.operations.expire(before) };
  }

  private async look(): Promise<void> {
    try {
      const { runs, operations } = await this.expire();
      if (runs + operations > 0)
        this.deps.log.info({ event: 'records.expired', runs, operations }, 'old records deleted');
    } catch (error) {
      this.deps.log.warn({ event: 'runs.expire-failed', err: error }, 'the next look will tell');
    }
  }
}
