import type { RunView } from '../../domain/run/run';
import { type CommandRunDeps, commandRun } from './command-run';
import type { Said } from './port';

/** Stops the work of a run within a second; calls that have started end, and what they answer is kept. */
export function createPauseRun(deps: CommandRunDeps): (said: Said) => Promise<RunView> {
  return (said) => commandRun(deps, { ...said, verb: 'pause' });
}
