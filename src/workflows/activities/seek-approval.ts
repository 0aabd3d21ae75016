import type { RunMilestones } from '../../use-cases/runs/run-milestones';
import { seekApproval } from '../steps';
import { activity } from './activity';

/** Asks whether the owner has decided. Idempotent: only the clock can change the answer. */
export function createSeekApproval(milestones: Pick<RunMilestones, 'seekApproval'>) {
  return activity(
    seekApproval,
    ({ runId }) => milestones.seekApproval(runId),
    (_, control) => ({ control, waitMs: 0 }),
  );
}
