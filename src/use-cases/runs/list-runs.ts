import { defined } from '../../domain/defined';
import { isFinal } from '../../domain/run/run';
import type { RunsGateway } from '../../gateways/runs/port';
import type { LiveRun } from './live-run';
import type { RunUseCases } from './port';

export interface ListRunsDeps {
  readonly runs: Pick<RunsGateway, 'list'>;
  readonly liveRun: LiveRun;
}

/** Live numbers for runs that still move, the index for the others and for those whose actor does not answer. */
export function createListRuns({ runs, liveRun }: ListRunsDeps): RunUseCases['listRuns'] {
  return async (filter, page) => {
    const { value, continuation } = await runs.list(filter, page);
    const live = await Promise.all(value.map((run) => (isFinal(run.status) ? run : liveRun(run.id).catch(() => run))));
    return { value: live, ...defined({ continuation }) };
  };
}
