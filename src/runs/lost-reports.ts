import { hasChunk } from '../domain/chunk-set';
import { toAppError } from '../domain/errors';
import { type ChunkRef, chunkId } from '../domain/ids';
import { boundsOf } from '../domain/name-order';
import { type ImageOutcome, outcomeOf, unchangedOutcome } from '../domain/report';
import type { ManifestsGateway, PageIndex } from '../gateways/manifests/port';
import type { ResultsGateway } from '../gateways/results/port';
import type { Listing, ListingScope } from '../pipeline/listing';

export interface LostReportsDeps {
  readonly manifests: Pick<ManifestsGateway, 'readPage' | 'readReportText' | 'writeReport' | 'deleteChunks'>;
  readonly results: Pick<ResultsGateway, 'range'>;
  readonly listing: Pick<Listing, 'page'>;
}

export interface PageOfRun extends ListingScope {
  readonly page: number;
  /** Bitmask of the chunks that are done. */
  readonly done: number;
}

/**
 * Writes again the reports of chunks that are done and have none: storage may forget what it acknowledged (Azurite saves
 * its index at most every five seconds). A report is a function of the documents, so nothing is lost with it. Answers how
 * many.
 *
 * I1 A chunk that is done had work, whatever an index says that was listed again after its images were saved.
 */
export async function rebuildLostReports(deps: LostReportsDeps, page: PageOfRun): Promise<number> {
  const { manifests, results } = deps;
  if (page.done === 0) return 0;
  const index = await indexOf(deps, page);
  let rebuilt = 0;
  for (const [chunk, bounds] of (index?.chunks ?? []).entries()) {
    const ref: ChunkRef = { runId: page.runId, page: page.page, chunk };
    if (!hasChunk({ [page.page]: page.done }, ref)) continue; // I1
    if ((await manifests.readReportText(ref)) !== undefined) continue;
    await manifests.writeReport(ref, await outcomesOf(results, page, ref, bounds));
    rebuilt += 1;
  }
  return rebuilt;
}

/** As it was written, or listed again; undefined where that cannot be, such as when the container is gone. */
async function indexOf({ manifests, listing }: LostReportsDeps, page: PageOfRun): Promise<PageIndex | undefined> {
  const known = await manifests.readPage(page.runId, page.page);
  if (known) return known;
  try {
    const index = await listing.page(page, page.page);
    await manifests.deleteChunks(page.runId, page.page, index.chunks.length); // inputs that nobody needs any more
    return index;
  } catch (thrown) {
    if (toAppError(thrown).retryable) throw thrown;
    return undefined;
  }
}

async function outcomesOf(
  results: LostReportsDeps['results'],
  { container, prefix }: PageOfRun,
  ref: ChunkRef,
  bounds: PageIndex['chunks'][number],
): Promise<ImageOutcome[]> {
  const outcomes: ImageOutcome[] = [];
  for await (const image of results.range(container, { prefix, ...boundsOf(bounds) })) {
    const isListed = image.status !== 'removed';
    if (image.chunkId === chunkId(ref)) outcomes.push(outcomeOf(image, isListed));
    else if (isListed) outcomes.push(unchangedOutcome(image.blob));
  }
  return outcomes;
}
