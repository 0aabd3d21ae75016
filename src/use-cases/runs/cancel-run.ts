import type { RunView } from '../../domain/run/run';
import { type CommandRunDeps, commandRun } from './command-run';
import type { Said } from './port';

/** Ends a run with what it has saved. One that was cancelled before answers itself; one that ended otherwise refuses. */
export function createCancelRun(deps: CommandRunDeps): (said: Said) => Promise<RunView> {
  return (said) => commandRun(deps, { ...said, verb: 'cancel' }, 'Cancelled');
}
