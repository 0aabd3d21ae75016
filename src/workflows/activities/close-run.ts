import type { RunClosing } from '../../use-cases/runs/run-closing';
import { closeRun } from '../steps';
import { activity } from './activity';

/** Ends the run with all that belongs to its end. Idempotent by run. */
export function createCloseRun(closing: Pick<RunClosing, 'close'>) {
  return activity(closeRun, async ({ failure, ...scope }) => {
    const { status } = await closing.close(scope, failure, true);
    return { failed: status === 'Failed' };
  });
}
