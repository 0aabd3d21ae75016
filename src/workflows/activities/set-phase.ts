import type { Actors } from '../../actors';
import { setPhase } from '../steps';
import { activity } from './activity';
import type { RunIndex } from './run-index';

/** Writes the phase to the run actor and the index. Idempotent: phases only go forward. */
export function createSetPhase(actors: Pick<Actors, 'run'>, index: RunIndex) {
  return activity(setPhase, async ({ runId, phase }) => {
    const { control } = await actors.run(runId).setPhase({ phase });
    await index.write(runId);
    return { control };
  });
}
