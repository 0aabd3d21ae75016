import { isRunId } from '../../domain/ids';
import { isFinal } from '../../domain/run/run';
import type { RunsGateway } from '../../gateways/runs/port';
import { type LiveRun, runNotFound } from './live-run';
import type { RunUseCases } from './port';

export interface GetRunDeps {
  readonly runs: Pick<RunsGateway, 'get'>;
  readonly liveRun: LiveRun;
}

export type GetRun = RunUseCases['getRun'];

/** Live numbers of a run that still moves, the index of one that has ended. */
export function createGetRun({ runs, liveRun }: GetRunDeps): GetRun {
  return async (id) => {
    if (!isRunId(id)) throw runNotFound(id);
    const indexed = await runs.get(id);
    if (!indexed) throw runNotFound(id);
    return isFinal(indexed.status) ? indexed : liveRun(id);
  };
}
