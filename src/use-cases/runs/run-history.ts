import type { Actors } from '../../actors';
import { withFeatures } from '../../domain/image/analysis';
import { ONCE, type Repeats } from '../../domain/run/chunk-repeats';
import { AppError } from '../../domain/errors';
import { type ChunkRef, chunkId, manifestKeys } from '../../domain/ids';
import type { ImageReason, StoredImage } from '../../domain/image/image';
import { type ChunkReport, type LedgerRow, matches, mayMatch, type OutcomeFilter } from '../../domain/run/ledger';
import { boundsOf } from '../../domain/image/name-order';
import type { PhaseTimes, Receipt, ReceiptReport } from '../../domain/run/receipt';
import { type ImageOutcome, unchangedOutcome, existedBefore } from '../../domain/run/report';
import { reasonOfUnprocessed, completeReport } from '../../domain/run/unprocessed';
import { isFinal, type RunView } from '../../domain/run/run';
import { closingSteps, openingSteps, pageStep, type RunStep } from '../../domain/run/steps';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { Page, PageRequest } from '../../domain/page';
import type { ResultsGateway } from '../../gateways/results/port';
import type { VisionGateway } from '../../gateways/vision/port';
import { RunLedger } from './run-ledger';

export interface RunHistoryDeps {
  /** @throws AppError run-not-found */
  readonly getRun: (id: string) => Promise<RunView>;
  readonly actors: Pick<Actors, 'run'>;
  readonly manifests: ManifestsGateway;
  readonly results: Pick<ResultsGateway, 'range'>;
  readonly vision: Pick<VisionGateway, 'analyzer'>;
}

/** Reports read for one page of images: a filter that matches little answers early, with a continuation. */
const MAX_REPORTS_READ = 200;
/** The same while the run goes on: most of those that are tried are not there yet. */
const MAX_TRIED = 40;
/** Reports read at once, when the first one was not enough. */
const READ_AHEAD = 4;
/** Pages of the workflow in one page of steps: while a run goes on each is up to 20 reports. */
const MAX_PAGE_STEPS = 25;

/**
 * What a run did, image by image and step by step, from its own records.
 *
 * I1 The lines of a few chunks in hand at a time, whatever the size of the run.
 * I2 While a run goes on only chunks that are finished are told.
 * I3 An image of a settled chunk has no line of its own: it is told from its document, which a later run may have
 *    written since, or a repair (`existedBefore`).
 * I4 Of a run that stopped or ended early every image it listed is told: those of a chunk that was not finished from its
 *    report, its documents, and its input, which such a chunk keeps (domain/run/unprocessed.ts). An input that storage lost is not
 *    told; a run that goes on lists it again.
 */
export class RunHistory {
  private readonly ledger: RunLedger;

  constructor(private readonly deps: RunHistoryDeps) {
    this.ledger = new RunLedger(deps.manifests, deps.actors);
  }

  /** A page may hold fewer than asked for, even none, and not be the last. */
  async images(id: string, filter: OutcomeFilter, { size, continuation }: PageRequest): Promise<Page<ImageOutcome>> {
    const run = await this.deps.getRun(id);
    const hasRest = reasonOfUnprocessed(run.status) !== undefined;
    const start = placeOf(continuation);
    const value: ImageOutcome[] = [];
    let read = 0;
    for await (const { page, ledger } of this.ledger.outlines(id, start.page)) {
      const isFirst = page === start.page;
      const chunks = [...ledger.chunks.entries()].filter(
        ([chunk, row]) => !(isFirst && chunk < start.chunk) && (ledger.unread || mayMatch(row, filter, hasRest)),
      );
      for (const some of readAhead(chunks)) {
        const [first = 0] = some[0] ?? [];
        if (read >= (ledger.unread ? MAX_TRIED : MAX_REPORTS_READ))
          return { value, continuation: `${page}.${first}.0` };
        read += some.length;
        const all = await Promise.all(some.map(([chunk, row]) => this.lines(run, page, chunk, row, ledger.unread)));
        for (const [at, [chunk]] of some.entries()) {
          const skip = isFirst && chunk === start.chunk ? start.line : 0;
          for (const [line, outcome] of (all[at] ?? []).entries()) {
            if (line < skip || !matches(outcome, filter)) continue;
            if (value.length === size) return { value, continuation: `${page}.${chunk}.${line}` };
            value.push(outcome);
          }
        }
      }
    }
    return { value };
  }

  /** Every line, chunk by chunk, in the order of the listing. */
  async report(id: string): Promise<AsyncIterable<readonly ImageOutcome[]>> {
    return this.allLines(await this.deps.getRun(id));
  }

  async steps(id: string, { size, continuation }: PageRequest): Promise<Page<RunStep>> {
    const run = await this.deps.getRun(id);
    const phases = await this.phasesOf(run);
    const first = placeOf(continuation).page;
    const value: RunStep[] = first === 0 ? openingSteps(run, phases) : [];
    const most = Math.min(size, MAX_PAGE_STEPS);
    let pages = 0;
    for await (const { page, ledger } of this.ledger.pages(id, first)) {
      if (pages++ === most) return { value, continuation: `${page}.0.0` };
      value.push(pageStep(page, ledger));
    }
    return { value: [...value, ...closingSteps(run, phases)] };
  }

  /** @throws AppError receipt-not-found before the end of the run */
  async receipt(id: string): Promise<{ receipt: Receipt; reports: AsyncIterable<readonly ReceiptReport[]> }> {
    const run = await this.deps.getRun(id);
    const receipt = isFinal(run.status) ? await this.deps.manifests.readReceipt(id) : undefined;
    if (!receipt) {
      const detail = isFinal(run.status)
        ? 'The receipt of this run is not kept any more.'
        : `The run is ${run.status}.`;
      throw new AppError('receipt-not-found', detail);
    }
    return { receipt, reports: this.reports(id) };
  }

  private async *allLines(run: RunView): AsyncGenerator<readonly ImageOutcome[]> {
    for await (const { page, ledger } of this.ledger.pages(run.id)) {
      for (const [chunk, row] of ledger.chunks.entries()) {
        const lines = await this.lines(run, page, chunk, row); // I1
        if (lines.length > 0) yield lines;
      }
    }
  }

  private async *reports(runId: string): AsyncGenerator<readonly ReceiptReport[]> {
    for await (const { page, ledger } of this.ledger.pages(runId)) {
      yield ledger.chunks.flatMap(({ report, repeats = ONCE }, chunk) =>
        report ? { key: manifestKeys.report({ runId, page, chunk }), ...lineOf(report, repeats) } : [],
      );
    }
  }

  private async lines(
    run: RunView,
    page: number,
    chunk: number,
    row: LedgerRow,
    unread = false,
  ): Promise<readonly ImageOutcome[]> {
    if (!row.settled) {
      const ref = { runId: run.id, page, chunk };
      const reported = row.report || unread ? await this.deps.manifests.readReport(ref) : undefined; // I2
      const rest = reasonOfUnprocessed(run.status);
      const told = reported?.filter(({ listed }) => listed).length ?? 0;
      return rest === undefined || told >= row.count
        ? (reported ?? [])
        : this.whole(run, ref, row, reported ?? [], rest);
    }
    const lines: ImageOutcome[] = [];
    const interval = { prefix: run.prefix, ...boundsOf(row) };
    for await (const image of this.deps.results.range(run.container, interval)) {
      if (existedBefore(image, run)) lines.push(unchangedOutcome(image.blob)); // I3
    }
    return lines;
  }

  /** I4 */
  private async whole(
    run: RunView,
    ref: ChunkRef,
    row: LedgerRow,
    reported: readonly ImageOutcome[],
    rest: ImageReason,
  ) {
    const { manifests, results, vision } = this.deps;
    const blobs = (await manifests.readChunk(ref)) ?? [];
    const stored: StoredImage[] = [];
    const interval = { prefix: run.prefix, ...boundsOf(row) };
    for await (const image of results.range(run.container, interval)) stored.push(image);
    const analyzer = withFeatures(vision.analyzer, run.features);
    return completeReport({ id: chunkId(ref), reported, blobs, stored }, run, analyzer, rest);
  }

  private async phasesOf(run: RunView): Promise<PhaseTimes> {
    const receipt = isFinal(run.status) ? await this.deps.manifests.readReceipt(run.id) : undefined;
    if (receipt) return receipt.phases;
    return (await this.deps.actors.run(run.id).view()).phaseTimes ?? {};
  }
}

function lineOf({ sha256, lines }: ChunkReport, { executions }: Repeats): Omit<ReceiptReport, 'key'> {
  return { sha256, lines, executions };
}

/** `page.chunk.line` of the next line. */
function placeOf(continuation: string | undefined): { page: number; chunk: number; line: number } {
  if (continuation === undefined) return { page: 0, chunk: 0, line: 0 };
  const match = /^(\d{1,9})\.(\d{1,4})\.(\d{1,9})$/.exec(continuation);
  if (!match) throw new AppError('invalid-request', 'The continuation is not one that this list gave out.');
  return { page: Number(match[1]), chunk: Number(match[2]), line: Number(match[3]) };
}

/** One, and then a few at a time: a page of images is mostly within the first chunk. */
function readAhead<T>(all: readonly T[]): readonly T[][] {
  const groups = all.length > 0 ? [all.slice(0, 1)] : [];
  for (let from = 1; from < all.length; from += READ_AHEAD) groups.push(all.slice(from, from + READ_AHEAD));
  return groups;
}
