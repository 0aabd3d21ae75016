import { type CleanRunDeps, deleteInputs } from '../../use-cases/runs/clean-run';
import { cleanPage } from '../steps';
import { activity } from './activity';

/** Deletes the chunk inputs of a finished page. Idempotent. */
export function createCleanPage(deps: CleanRunDeps) {
  return activity(
    cleanPage,
    async ({ runId, page }) => {
      await deleteInputs(deps, runId, page);
      return { deleted: true as const };
    },
    () => ({ deleted: true }), // cleanRun does it then
  );
}
