import type { Actors } from '../../actors';
import { type CleanRunDeps, deletePageIndexes } from '../../use-cases/runs/clean-run';
import { cleanRun } from '../steps';
import { activity } from './activity';

/** Deletes the page indexes of a sealed run. Idempotent. */
export function createCleanRun(deps: CleanRunDeps & { readonly actors: Pick<Actors, 'run'> }) {
  return activity(cleanRun, async ({ runId, pages }) => {
    await deletePageIndexes(deps, runId, pages);
    return { deleted: true as const };
  });
}
