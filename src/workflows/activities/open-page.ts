import type { ListPageDeps } from '../../use-cases/runs/list-page';
import { chunksWithWork } from '../../use-cases/runs/open-page';
import { openPage } from '../steps';
import { activity } from './activity';

/** Which chunks of a page have work left. Reads only. */
export function createOpenPage(deps: ListPageDeps) {
  return activity(
    openPage,
    async ({ page, ...scope }) => ({ chunks: await chunksWithWork(deps, scope, page) }),
    () => ({ chunks: 1 }), // which will be told to stop
  );
}
