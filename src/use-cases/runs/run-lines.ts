import { withFeatures } from '../../domain/image/analysis';
import { type ChunkRef, chunkId } from '../../domain/ids';
import type { ImageReason, StoredImage } from '../../domain/image/image';
import { boundsOf } from '../../domain/image/name-order';
import type { LedgerRow } from '../../domain/run/ledger';
import { existedBefore, type ImageOutcome, unchangedOutcome } from '../../domain/run/report';
import type { RunView } from '../../domain/run/run';
import { completeReport, reasonOfUnprocessed } from '../../domain/run/unprocessed';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { ResultsGateway } from '../../gateways/results/port';
import type { VisionGateway } from '../../gateways/vision/port';

export interface RunLinesDeps {
  readonly manifests: Pick<ManifestsGateway, 'readReport' | 'readChunk'>;
  readonly results: Pick<ResultsGateway, 'range'>;
  readonly vision: Pick<VisionGateway, 'analyzer'>;
}

/** The place of a chunk in a run. `unread`: the run goes on, and its reports were not looked for yet. */
export interface LinePlace {
  readonly page: number;
  readonly chunk: number;
  readonly unread?: boolean;
}

/**
 * What a run did with the images of one chunk, a line each, from its own records.
 *
 * I1 While a run goes on only chunks that are finished have lines.
 * I2 An image of a settled chunk has no line of its own: it is told from its document, which a later run may have
 *    written since, or a repair (`existedBefore`).
 * I3 Of a run that stopped or ended early every image it listed is told: those of a chunk that was not finished from its
 *    report, its documents, and its input, which such a chunk keeps (domain/run/unprocessed.ts). An input that storage lost is not
 *    told; a run that goes on lists it again.
 */
export async function linesOf(
  deps: RunLinesDeps,
  run: RunView,
  { page, chunk, unread = false }: LinePlace,
  row: LedgerRow,
): Promise<readonly ImageOutcome[]> {
  if (row.settled) return settledLines(deps, run, row);
  const ref = { runId: run.id, page, chunk };
  const reported = row.report || unread ? await deps.manifests.readReport(ref) : undefined; // I1
  const unprocessed = reasonOfUnprocessed(run.status);
  const told = reported?.filter(({ listed }) => listed).length ?? 0;
  return unprocessed === undefined || told >= row.count
    ? (reported ?? [])
    : completeLines(deps, run, { ref, row, reported: reported ?? [], unprocessed });
}

/** I2 */
async function settledLines({ results }: RunLinesDeps, run: RunView, row: LedgerRow): Promise<ImageOutcome[]> {
  const lines: ImageOutcome[] = [];
  const interval = { prefix: run.prefix, ...boundsOf(row) };
  for await (const image of results.range(run.container, interval)) {
    if (existedBefore(image, run)) lines.push(unchangedOutcome(image.blob));
  }
  return lines;
}

interface Unfinished {
  readonly ref: ChunkRef;
  readonly row: LedgerRow;
  readonly reported: readonly ImageOutcome[];
  readonly unprocessed: ImageReason;
}

/** I3 */
async function completeLines(
  { manifests, results, vision }: RunLinesDeps,
  run: RunView,
  { ref, row, reported, unprocessed }: Unfinished,
): Promise<readonly ImageOutcome[]> {
  const blobs = (await manifests.readChunk(ref)) ?? [];
  const stored: StoredImage[] = [];
  const interval = { prefix: run.prefix, ...boundsOf(row) };
  for await (const image of results.range(run.container, interval)) stored.push(image);
  const analyzer = withFeatures(vision.analyzer, run.features);
  return completeReport({ id: chunkId(ref), reported, blobs, stored }, run, analyzer, unprocessed);
}
