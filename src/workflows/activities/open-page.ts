import type { Actors } from '../../actors';
import { fullMask } from '../../domain/chunk-set';
import type { Listing } from '../../pipeline/listing';
import { openPage } from '../steps';
import { activity } from './activity';

/** Which chunks of a page have work left. Reads only. */
export function createOpenPage(listing: Listing, actors: Pick<Actors, 'run'>) {
  return activity(openPage, async ({ runId, container, prefix, page }) => {
    const index = await listing.page({ runId, container, prefix }, page);
    const { done } = await actors.run(runId).pageDone({ page });
    const settled = index.chunks.reduce((mask, chunk, i) => (chunk.settled ? mask | (1 << i) : mask), 0);
    return { chunks: fullMask(index.chunks.length) & ~settled & ~done };
  });
}
