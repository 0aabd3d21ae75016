import type { Actors } from '../../actors';
import { markPaused } from '../steps';
import { activity } from './activity';
import type { RunIndex } from './run-index';

/** Says that all work has stopped for now. Idempotent; answers what the run is to do by now. */
export function createMarkPaused(actors: Pick<Actors, 'run'>, index: RunIndex) {
  return activity(markPaused, async ({ runId }) => {
    const answer = await actors.run(runId).paused();
    await index.write(runId);
    return answer;
  });
}
