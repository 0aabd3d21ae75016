import type { RunView } from '../../domain/run/run';
import { type CommandRunDeps, commandRun } from './command-run';
import type { ControlCommand, Said } from './port';

/** Lets a run go on that was paused or stopped at its cap; `maxTransactions` is its cap from now on. */
export function createResumeRun(
  deps: CommandRunDeps,
): (said: Said & Pick<ControlCommand, 'maxTransactions'>) => Promise<RunView> {
  return (said) => commandRun(deps, { ...said, verb: 'resume' });
}
