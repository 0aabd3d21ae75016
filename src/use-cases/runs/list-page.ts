import type { Actors } from '../../actors';
import type { RunScope } from '../../domain/run/run-scope';
import type { Listing } from '../../pipeline/listing';

export interface ListPageDeps {
  readonly listing: Pick<Listing, 'page'>;
  readonly actors: Pick<Actors, 'run'>;
}

/** Lists one page of a run and writes its chunk inputs. Idempotent by run and page: the first index stands. */
export async function listPageOfRun(
  { listing, actors }: ListPageDeps,
  scope: RunScope,
  page: number,
  signal?: AbortSignal,
) {
  const index = await listing.page(scope, page, signal);
  signal?.throwIfAborted();
  const settled = index.chunks.reduce((sum, chunk) => sum + (chunk.settled ? chunk.count : 0), 0);
  const { control } = await actors.run(scope.runId).pageListed({ page, counts: index.counts, settled });
  return { last: index.next === undefined, control };
}
