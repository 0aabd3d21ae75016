import type { CommandRunDeps } from './command-run';
import type { RunUseCases } from './port';

/** Who said what to a run. */
export function createGetAudit({ getRun, actors }: Pick<CommandRunDeps, 'getRun' | 'actors'>): RunUseCases['getAudit'] {
  return async (id) => {
    await getRun(id);
    const { entries } = await actors.run(id).audit();
    return entries;
  };
}
