import type { RunMilestones } from '../../use-cases/runs/run-milestones';
import { setPhase } from '../steps';
import { activity } from './activity';

/** Writes the phase to the run actor and the index. Idempotent: phases only go forward. */
export function createSetPhase(milestones: Pick<RunMilestones, 'setPhase'>) {
  return activity(
    setPhase,
    async ({ runId, phase }) => {
      const { control } = await milestones.setPhase(runId, phase);
      return { control };
    },
    (_, control) => ({ control }),
  );
}
