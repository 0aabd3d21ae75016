import { pickCounters, WORK_COUNTERS, type WorkCounter, type WorkCounters } from '../counters';
import { AppError } from '../errors';
import { storedShapes } from '../stored';
import type { ChunkReport, LedgerPage, LedgerRow } from './ledger';
import type { PageIndex } from './page-index';
import { RECEIPT_COUNTERS, type Receipt, type ReceiptCounter, type Recount } from './receipt';
import type { ImageOutcome } from './report';
import type { RunView } from './run';

/**
 * What is stored of a run beside the state of its actor (stored-run.ts), in each shape that builds have written. A counter that
 * is newer than a record is absent in it, and read as 0.
 */

type Lacking<T, Names extends PropertyKey> = Omit<T, Names> & { readonly [K in Names & keyof T]?: T[K] };

/** In the index of runs. */
export const STORED_VIEW = storedShapes<RunView>('The entry of this run in the index', [
  (stored: Lacking<RunView, WorkCounter>) => ({ ...stored, ...pickCounters(stored, WORK_COUNTERS) }),
]);

export const STORED_RECEIPT = storedShapes<Receipt>('The receipt of this run', [
  (stored: Lacking<Receipt, ReceiptCounter>) => ({ ...stored, ...receiptCountersOf(stored) }),
]);

export const STORED_LEDGER = storedShapes<LedgerPage>('The ledger of this run', [
  ({ chunks, ...page }: FirstLedgerPage) => ({ ...page, chunks: chunks.map(rowOf) }),
]);

interface FirstLedgerPage extends Omit<LedgerPage, 'chunks'> {
  readonly chunks: readonly FirstLedgerRow[];
}

interface FirstLedgerRow extends Omit<LedgerRow, 'report'> {
  readonly report?: Omit<ChunkReport, 'sums'> & { readonly sums: Partial<WorkCounters> };
}

function rowOf({ report, ...row }: FirstLedgerRow): LedgerRow {
  return report ? { ...row, report: { ...report, sums: pickCounters(report.sums, WORK_COUNTERS) } } : row;
}

export const STORED_VERDICT = storedShapes<Recount>('The recount of this run', [(stored: Recount) => stored]);

export const STORED_PAGE = storedShapes<PageIndex>('The listing of this run', [(stored: PageIndex) => stored]);

/** What stands in the place of a report that is stored in pieces: its hash proves theirs. */
export interface ReportInPieces {
  readonly schema: 2;
  readonly lines: number;
  /** SHA-256 of the text of each piece: the array of its lines. */
  readonly pieces: readonly string[];
}

/**
 * The report of a chunk. Shape 1 is the array of its lines, which tell a counter only where it is not 0. Shape 2 names pieces.
 *
 * @throws AppError internal where a newer build wrote it
 */
export function readReport(stored: unknown): readonly ImageOutcome[] | ReportInPieces {
  if (Array.isArray(stored)) return stored as ImageOutcome[];
  if ((stored as { readonly schema?: unknown } | null)?.schema === 2) return stored as ReportInPieces;
  throw new AppError(
    'internal',
    'The report of a chunk has a shape that this build cannot read. Start a build at least as new as the one that wrote it.',
  );
}

function receiptCountersOf(stored: Partial<Record<ReceiptCounter, number>>): Record<ReceiptCounter, number> {
  const counters = RECEIPT_COUNTERS.map((name) => [name, stored[name] ?? 0]);
  return Object.fromEntries(counters) as Record<ReceiptCounter, number>;
}
