import { hasChunk } from '../domain/chunk-set';
import { type ChunkRef, chunkId } from '../domain/ids';
import { boundsOf } from '../domain/name-order';
import { type ImageOutcome, outcomeOf } from '../domain/report';
import type { ManifestsGateway, PageIndex } from '../gateways/manifests/port';
import type { ResultsGateway } from '../gateways/results/port';

export interface LostReportsDeps {
  readonly manifests: Pick<ManifestsGateway, 'readPage' | 'readReportText' | 'writeReport'>;
  readonly results: Pick<ResultsGateway, 'range'>;
}

export interface PageOfRun {
  readonly runId: string;
  readonly container: string;
  readonly prefix: string;
  readonly page: number;
  /** Bitmask of the chunks that are done. */
  readonly done: number;
}

/**
 * Writes again the reports of chunks that are done and have none: storage may forget what it acknowledged (Azurite saves
 * its index every five seconds). A report is a function of the documents, so nothing is lost with it. Answers how many.
 */
export async function rebuildLostReports({ manifests, results }: LostReportsDeps, page: PageOfRun): Promise<number> {
  const index = await manifests.readPage(page.runId, page.page);
  let rebuilt = 0;
  for (const [chunk, bounds] of (index?.chunks ?? []).entries()) {
    const ref: ChunkRef = { runId: page.runId, page: page.page, chunk };
    if (bounds.settled || !hasChunk({ [page.page]: page.done }, ref)) continue;
    if ((await manifests.readReportText(ref)) !== undefined) continue;
    await manifests.writeReport(ref, await outcomesOf(results, page, ref, bounds));
    rebuilt += 1;
  }
  return rebuilt;
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
    else if (isListed)
      outcomes.push({ blob: image.blob, status: 'unchanged', listed: true, calls: 0, transactions: 0 });
  }
  return outcomes;
}
