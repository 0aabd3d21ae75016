import type { Actors } from '../../actors';
import type { Listing } from '../../pipeline/listing';
import { listPage } from '../steps';
import { activity } from './activity';

/** Lists one page and writes its chunk inputs. Idempotent by run and page: the first index stands. */
export function createListPage(listing: Listing, actors: Pick<Actors, 'run'>) {
  return activity(listPage, async ({ page, ...scope }) => {
    const index = await listing.page(scope, page);
    const settled = index.chunks.reduce((sum, chunk) => sum + (chunk.settled ? chunk.count : 0), 0);
    const { control } = await actors.run(scope.runId).pageListed({ page, counts: index.counts, settled });
    return { last: index.next === undefined, control };
  });
}
