import type { Actors } from '../../actors';
import { markPaused } from '../steps';
import { activity } from './activity';
import type { RunIndex } from './run-index';

/** Says that all work has stopped after a pause. Idempotent; answers what the owner wants by now. */
export function createMarkPaused(actors: Pick<Actors, 'run'>, index: RunIndex) {
  return activity(markPaused, async ({ runId }) => {
    const { control } = await actors.run(runId).paused();
    await index.write(runId);
    return { control };
  });
}
