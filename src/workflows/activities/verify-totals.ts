import { type RecountContainerDeps, recountContainer } from '../../use-cases/containers/recount-container';
import { verifyTotals } from '../steps';
import { activity } from './activity';

/** Recounts the container, and puts its totals right where they differ. Idempotent: the first verdict stands. */
export function createVerifyTotals(deps: RecountContainerDeps) {
  return activity(
    verifyTotals,
    (scope) => recountContainer(deps, scope),
    () => ({ clean: false, differences: 0 }), // the next run recounts
  );
}
