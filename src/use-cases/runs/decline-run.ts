import type { RunView } from '../../domain/run/run';
import { type CommandRunDeps, commandRun } from './command-run';
import type { Said } from './port';

/** Refuses the consent that a run asks for: it ends without a call. */
export function createDeclineRun(deps: CommandRunDeps): (said: Said) => Promise<RunView> {
  return (said) => commandRun(deps, { ...said, verb: 'decline' });
}
