import type { RunMilestones } from '../../use-cases/runs/run-milestones';
import { markPaused } from '../steps';
import { activity } from './activity';

/** Says that all work has stopped for now. Idempotent; answers what the run is to do by now. */
export function createMarkPaused(milestones: Pick<RunMilestones, 'paused'>) {
  return activity(
    markPaused,
    ({ runId }) => milestones.paused(runId),
    (_, control) => ({ control }),
  );
}
