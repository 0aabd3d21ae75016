import type { Actors } from '../../actors';
import { APPROVAL_EVENT } from '../../names';
import { takeApproval } from '../steps';
import { activity } from './activity';

/**
 * Tells the run actor what came with the external event `approval`: the same words as the API's. Idempotent by run: the
 * first decision stands. An answer to another plan changes nothing, and the run asks on.
 */
export function createTakeApproval(actors: Pick<Actors, 'run'>) {
  return activity(takeApproval, async ({ runId, answer }) => {
    const { approved, reason, ...consent } = answer;
    const actor = actors.run(runId);
    const who = `event ${APPROVAL_EVENT}`;
    const { accepted } = approved
      ? await actor.approve({ ...consent, who })
      : await actor.command({ verb: 'decline', who, ...(reason === undefined ? {} : { reason }) });
    return { taken: accepted };
  });
}
