import type { Actors } from '../../actors';
import { seekApproval } from '../steps';
import { activity } from './activity';
import type { RunIndex } from './run-index';

/** Asks the run actor whether the owner has decided. Idempotent: only the clock can change its answer. */
export function createSeekApproval(actors: Pick<Actors, 'run'>, index: RunIndex) {
  return activity(seekApproval, async ({ runId }) => {
    const answer = await actors.run(runId).seekApproval();
    await index.write(runId);
    return answer;
  });
}
