import { type ListPageDeps, listPageOfRun } from '../../use-cases/runs/list-page';
import { listPage } from '../steps';
import { activity } from './activity';

/** Lists one page and writes its chunk inputs. Idempotent by run and page: the first index stands. */
export function createListPage(deps: ListPageDeps) {
  return activity(
    listPage,
    ({ page, ...scope }, signal) => listPageOfRun(deps, scope, page, signal),
    (_, control) => ({ last: false, control }),
  );
}
