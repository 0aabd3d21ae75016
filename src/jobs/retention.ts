import type { Logger } from 'pino';
import { AppError } from '../domain/errors';
import { FINAL_STATUSES } from '../domain/run/run';
import { everyPage } from '../gateways/results/every-page';
import type { RunsGateway } from '../gateways/runs/port';
import type { Operations } from '../use-cases/operations/operations';
import type { RunRecords } from '../use-cases/runs/run-records';

const DAY_MS = 86_400_000;
const INTERVAL_MS = 3_600_000;

export interface RetentionDeps {
  readonly runs: Pick<RunsGateway, 'list'>;
  readonly records: Pick<RunRecords, 'purge'>;
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
    return { runs: await this.expireRuns(before), operations: await this.deps.operations.expire(before) };
  }

  private async expireRuns(before: number): Promise<number> {
    const expired: string[] = [];
    const ended = everyPage((page) => this.deps.runs.list({ statuses: FINAL_STATUSES }, page));
    for await (const { id, endedAt } of ended) if (endedAt && Date.parse(endedAt) < before) expired.push(id);
    let forgotten = 0;
    for (const id of expired) if (await this.forget(id)) forgotten += 1;
    return forgotten;
  }

  /** One that cannot go, such as a run whose workflow is stalled, keeps no other. */
  private async forget(id: string): Promise<boolean> {
    try {
      return await this.deps.records.purge(id);
    } catch (error) {
      const isGone = error instanceof AppError && error.code === 'run-not-found'; // another replica was faster
      if (!isGone)
        this.deps.log.warn({ event: 'runs.expire-failed', runId: id, err: error }, 'the next look will tell');
      return false;
    }
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
