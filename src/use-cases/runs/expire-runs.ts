import type { Logger } from 'pino';
import { AppError } from '../../domain/errors';
import { everyPage } from '../../domain/page';
import { FINAL_STATUSES } from '../../domain/run/run';
import type { RunsGateway } from '../../gateways/runs/port';
import type { PurgeRun } from './purge-run';

export interface ExpireRunsDeps {
  readonly runs: Pick<RunsGateway, 'list'>;
  readonly purgeRun: PurgeRun;
  readonly log: Logger;
}

/** Forgets the records of runs that ended before this moment (milliseconds since 1970). Answers how many. */
export type ExpireRuns = (beforeMs: number) => Promise<number>;

export function createExpireRuns({ runs, purgeRun, log }: ExpireRunsDeps): ExpireRuns {
  /** One that cannot go, such as a run whose workflow is stalled, keeps no other. */
  async function forget(id: string): Promise<boolean> {
    try {
      return await purgeRun(id);
    } catch (error) {
      const isGone = error instanceof AppError && error.code === 'run-not-found'; // another replica was faster
      if (!isGone) log.warn({ event: 'runs.expire-failed', runId: id, err: error }, 'the next look will tell');
      return false;
    }
  }

  return async (beforeMs) => {
    const expired: string[] = [];
    const ended = everyPage((page) => runs.list({ statuses: FINAL_STATUSES }, page));
    for await (const { id, endedAt } of ended) if (endedAt && Date.parse(endedAt) < beforeMs) expired.push(id);
    let forgotten = 0;
    for (const id of expired) if (await forget(id)) forgotten += 1;
    return forgotten;
  };
}
