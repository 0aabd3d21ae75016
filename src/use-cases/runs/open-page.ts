import { fullMask } from '../../domain/run/chunk-set';
import type { RunScope } from '../../domain/run/run-scope';
import type { ListPageDeps } from './list-page';

/** Which chunks of a page have work left, as a bitmask. Reads only. */
export async function chunksWithWork(
  { listing, actors }: ListPageDeps,
  scope: RunScope,
  page: number,
): Promise<number> {
  const index = await listing.page(scope, page);
  const { done } = await actors.run(scope.runId).pageDone({ page });
  const settled = index.chunks.reduce((mask, chunk, i) => (chunk.settled ? mask | (1 << i) : mask), 0);
  return fullMask(index.chunks.length) & ~settled & ~done;
}
