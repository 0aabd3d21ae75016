import { hasChunk } from '../../domain/run/chunk-set';
import { toAppError } from '../../domain/errors';
import { type ChunkRef, chunkId } from '../../domain/ids';
import { boundsOf } from '../../domain/image/name-order';
import { type ImageOutcome, outcomeOf, unchangedOutcome } from '../../domain/run/report';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { PageIndex } from '../../domain/run/page-index';
import type { ResultsGateway } from '../../gateways/results/port';
import type { RunScope } from '../../domain/run/run-scope';
import type { Listing } from '../../pipeline/listing';

export interface LostReportsDeps {
  readonly manifests: Pick<ManifestsGateway, 'readPage' | 'readReportText' | 'writeReport' | 'deleteChunks'>;
  readonly results: Pick<ResultsGateway, 'range'>;
  readonly listing: Pick<Listing, 'page' | 'imagesWithin'>;
}

export interface PageOfRun extends RunScope {
  readonly page: number;
  /** Bitmask of the chunks that are done. */
  readonly done: number;
  /** False: stored images that were not listed were left as they are. */
  readonly mayRemove: boolean;
}

/**
 * Writes again the reports of chunks that are done and have none: storage may forget what it acknowledged (Azurite saves
 * its index at most every five seconds). A report is a function of the documents, so nothing is lost with it. Answers how
 * many.
 *
 * I1 A chunk that is done had work, whatever an index says that was listed again after its images were saved.
 * I2 Only listed images are told as unchanged. Where the run removed the others, all that are left were listed; where it
 *    might not, the chunk is listed again.
 * I3 Nobody needs the inputs of a finished page any more. Those of another stay: what the run left is told from them.
 */
export async function rebuildLostReports(deps: LostReportsDeps, page: PageOfRun): Promise<number> {
  const { manifests } = deps;
  if (page.done === 0) return 0;
  const index = await indexOf(deps, page);
  let rebuilt = 0;
  for (const [chunk, bounds] of (index?.chunks ?? []).entries()) {
    const ref: ChunkRef = { runId: page.runId, page: page.page, chunk };
    if (!hasChunk(doneOf(page), ref)) continue; // I1
    if ((await manifests.readReportText(ref)) !== undefined) continue;
    await manifests.writeReport(ref, await outcomesOf(deps, page, ref, bounds));
    rebuilt += 1;
  }
  return rebuilt;
}

function doneOf({ page, done }: PageOfRun) {
  return { [page]: done };
}

/** As it was written, or listed again; undefined where that cannot be, such as when the container is gone. */
async function indexOf({ manifests, listing }: LostReportsDeps, page: PageOfRun): Promise<PageIndex | undefined> {
  const known = await manifests.readPage(page.runId, page.page);
  if (known) return known;
  try {
    const index = await listing.page(page, page.page);
    const isFinished = index.chunks.every(
      ({ settled }, chunk) => settled || hasChunk(doneOf(page), { ...page, chunk }),
    );
    if (isFinished) await manifests.deleteChunks(page.runId, page.page, index.chunks.length); // I3
    return index;
  } catch (thrown) {
    if (toAppError(thrown).retryable) throw thrown;
    return undefined;
  }
}

async function outcomesOf(
  deps: LostReportsDeps,
  page: PageOfRun,
  ref: ChunkRef,
  bounds: PageIndex['chunks'][number],
): Promise<ImageOutcome[]> {
  const outcomes: ImageOutcome[] = [];
  const listed = page.mayRemove ? undefined : await namesOf(deps, page, ref); // I2
  for await (const image of deps.results.range(page.container, { prefix: page.prefix, ...boundsOf(bounds) })) {
    const isThere = image.status !== 'removed';
    if (image.chunkId === chunkId(ref)) outcomes.push(outcomeOf(image, isThere));
    else if (isThere && (listed?.has(image.blob) ?? true)) outcomes.push(unchangedOutcome(image.blob));
  }
  return outcomes;
}

/** Empty where the chunk cannot be listed again: then nothing is said of images that the run did not touch. */
async function namesOf({ listing }: LostReportsDeps, page: PageOfRun, ref: ChunkRef): Promise<Set<string>> {
  try {
    const blobs = await listing.imagesWithin({ ...page, ref });
    return new Set(blobs.map(({ name }) => name));
  } catch (thrown) {
    if (toAppError(thrown).retryable) throw thrown;
    return new Set();
  }
}
