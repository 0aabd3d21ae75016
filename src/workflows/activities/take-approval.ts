import type { Actors } from '../../actors';
import { takeApprovalOfRun } from '../../use-cases/runs/take-approval';
import { takeApproval } from '../steps';
import { activity } from './activity';

/** Tells the run actor what came with the external event `approval`. Idempotent by run: the first decision stands. */
export function createTakeApproval(deps: { readonly actors: Pick<Actors, 'run'> }) {
  return activity(
    takeApproval,
    async ({ runId, answer }) => ({ taken: await takeApprovalOfRun(deps, runId, answer) }),
    () => ({ taken: false }),
  );
}
