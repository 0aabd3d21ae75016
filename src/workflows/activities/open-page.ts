import type { Actors } from '../../actors';
import { fullMask } from '../../domain/run/chunk-set';
import type { Listing } from '../../pipeline/listing';
import { openPage } from '../steps';
import { activity } from './activity';

/** Which chunks of a page have work left. Reads only. */
export function createOpenPage(listing: Listing, actors: Pick<Actors, 'run'>) {
  return activity(openPage, async ({ page, ...scope }) => {
    const index = await listing.page(scope, page);
    const { done } = await actors.run(scope.runId).pageDone({ page });
    const settled = index.chunks.reduce((mask, chunk, i) => (chunk.settled ? mask | (1 << i) : mask), 0);
    return { chunks: fullMask(index.chunks.length) & ~settled & ~done };
  });
}
