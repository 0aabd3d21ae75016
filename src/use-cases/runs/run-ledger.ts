import { createHash } from 'node:crypto';
import type { Actors } from '../../actors';
import { defined } from '../../domain/defined';
import type { Repeats } from '../../domain/run/chunk-repeats';
import { hasChunk } from '../../domain/run/chunk-set';
import { AppError } from '../../domain/errors';
import { CHUNKS_PER_PAGE, type ChunkRef } from '../../domain/ids';
import { type ChunkReport, chunkReportOf, type LedgerPage, type LedgerRow } from '../../domain/run/ledger';
import { boundsOf } from '../../domain/image/name-order';
import type { ImageOutcome } from '../../domain/run/report';
import type { ManifestsGateway } from '../../gateways/manifests/port';

export interface NumberedPage<T> {
  readonly page: number;
  readonly ledger: T;
}

/** `unread`: whether its chunks have reports nobody has looked yet. */
export type OutlinePage = LedgerPage & { readonly unread?: true };

/**
 * What became of the pages of a run: from the ledger of its end, or, while it goes on, from what its chunks have written.
 *
 * I1 One page in hand at a time, whatever the size of the run.
 * I2 A page whose index was lost is told by its reports alone; pages end after the last one, or where two are missing.
 * I3 A chunk that is done had work, also where the index was lost and listed again after its images were saved.
 */
export class RunLedger {
  constructor(
    private readonly manifests: ManifestsGateway,
    private readonly actors: Pick<Actors, 'run'>,
  ) {}

  async page(runId: string, page: number): Promise<LedgerPage | undefined> {
    return (await this.manifests.readLedger(runId, page)) ?? this.compute(runId, page);
  }

  pages(runId: string, first = 0): AsyncGenerator<NumberedPage<LedgerPage>> {
    return numbered(first, (page) => this.page(runId, page));
  }

  /** The same for who reads reports himself, and would read them twice while there is no ledger. */
  outlines(runId: string, first = 0): AsyncGenerator<NumberedPage<OutlinePage>> {
    return numbered(first, async (page) => {
      const ledger = await this.manifests.readLedger(runId, page);
      if (ledger) return ledger;
      const index = await this.manifests.readPage(runId, page);
      if (!index) return this.compute(runId, page);
      // The run's actor has work to do: it is asked only where I3 may matter.
      const { done } = index.chunks.some(({ settled }) => settled) ? await this.seen(runId, page) : { done: 0 };
      const chunks = index.chunks.map(({ count, settled, ...bounds }, chunk) => ({
        ...boundsOf(bounds),
        count,
        settled: settled && !hasChunk({ [page]: done }, { page, chunk }), // I3
      }));
      return { chunks, last: index.next === undefined, unread: true };
    });
  }

  /** As the index and the reports have it now. */
  async compute(runId: string, page: number): Promise<LedgerPage | undefined> {
    const index = await this.manifests.readPage(runId, page);
    const { done, repeats } = await this.seen(runId, page);
    if (!index) return this.fromReportsAlone(runId, page, repeats);
    const rows = index.chunks.map(async ({ count, settled: wasSettled, ...bounds }, chunk): Promise<LedgerRow> => {
      const settled = wasSettled && !hasChunk({ [page]: done }, { page, chunk }); // I3
      const report = settled ? undefined : await this.report({ runId, page, chunk });
      return {
        ...boundsOf(bounds),
        count,
        settled,
        ...defined({ report }),
        ...repeatsOf(repeats, chunk),
      };
    });
    return { chunks: await Promise.all(rows), last: index.next === undefined };
  }

  private async fromReportsAlone(runId: string, page: number, repeats: PageRepeats): Promise<LedgerPage | undefined> {
    const refs = Array.from({ length: CHUNKS_PER_PAGE }, (_, chunk) => ({ runId, page, chunk }));
    const reports = await Promise.all(refs.map((ref) => this.report(ref)));
    const found = reports.findLastIndex((report) => report !== undefined);
    if (found < 0) return undefined;
    const chunks = reports.slice(0, found + 1).map(
      (report, chunk): LedgerRow => ({
        ...{ count: report?.lines ?? 0, settled: false },
        ...defined({ report }),
        ...repeatsOf(repeats, chunk),
      }),
    );
    return { chunks, last: false };
  }

  /** Nothing is told of a run whose actor has been cleaned up. */
  private async seen(runId: string, page: number): Promise<{ readonly done: number; readonly repeats: PageRepeats }> {
    try {
      return await this.actors.run(runId).pageDone({ page });
    } catch (error) {
      if (error instanceof AppError && error.code === 'run-not-found') return { done: 0, repeats: {} };
      throw error;
    }
  }

  private async report(ref: ChunkRef): Promise<ChunkReport | undefined> {
    const text = await this.manifests.readReportText(ref);
    if (text === undefined) return undefined;
    const sha256 = createHash('sha256').update(text).digest('hex');
    const stored = JSON.parse(text) as unknown;
    const lines = Array.isArray(stored) ? (stored as ImageOutcome[]) : await this.manifests.readReport(ref);
    return lines && chunkReportOf(lines, sha256);
  }
}

/** By chunk. */
type PageRepeats = Readonly<Record<string, Repeats>>;

function repeatsOf(repeats: PageRepeats, chunk: number): Pick<LedgerRow, 'repeats'> {
  const known = repeats[chunk];
  return known ? { repeats: known } : {};
}

async function* numbered<T extends { readonly last: boolean }>(
  first: number,
  read: (page: number) => Promise<T | undefined>,
): AsyncGenerator<NumberedPage<T>> {
  for (let page = first, gaps = 0; gaps < 2; page++) {
    const ledger = await read(page);
    if (ledger) yield { page, ledger };
    if (ledger?.last) return;
    gaps = ledger ? 0 : gaps + 1; // I2
  }
}
