import { firstWithin, MAX_STORED_BYTES } from '../bytes';
import { WORK_COUNTERS, type WorkCounter, type WorkCounters } from '../counters';
import type { Analyzer } from '../image/analysis';
import type { MaybeBilled } from './ledger';
import type { RunCounts, RunPhase, RunStatus, RunView } from './run';
import type { Difference } from '../container/verification';

/** Where the receipt, a wire format, has another name for a counter than everything else. */
const NAME_ON_RECEIPT = { throttled: 'throttled429' } as const satisfies Partial<Record<WorkCounter, string>>;

export type ReceiptCounter =
  | Exclude<WorkCounter, keyof typeof NAME_ON_RECEIPT>
  | (typeof NAME_ON_RECEIPT)[keyof typeof NAME_ON_RECEIPT];

export function receiptCounter(counter: WorkCounter): ReceiptCounter {
  return counter === 'throttled' ? NAME_ON_RECEIPT.throttled : counter;
}

/** The closing account of a run, but for its reports: those are as many as chunks and are read page by page. */
export interface Receipt extends Readonly<Record<ReceiptCounter, number>> {
  readonly run: string;
  readonly container: string;
  readonly prefix: string;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly counts: RunCounts;
  readonly removed: number;
  /** At most MAX_MAYBE_BILLED of them, and MAX_STORED_BYTES; the count is complete. */
  readonly maybeBilled: readonly MaybeBilled[];
  readonly maybeBilledCount: number;
  /** Absent when the run ended before it was priced. */
  readonly price?: { readonly unit: number; readonly currency: string; readonly total: number };
  readonly recount: Recount;
  readonly analyzer: Analyzer;
  /** When each phase began, as far as it is known. */
  readonly phases: PhaseTimes;
}

export type PhaseTimes = Readonly<Partial<Record<RunPhase, string>>>;

/** Verdict of the recount at the end of the run, before its totals were put right. */
export interface Recount {
  readonly clean: boolean;
  /** At most MAX_RECOUNT_LISTED of them; the count is complete. */
  readonly differences: readonly Difference[];
  readonly count: number;
}

/** One chunk's report in the receipt. */
export interface ReceiptReport {
  /** Key in the component `manifests`. */
  readonly key: string;
  /** Of the JSON text as it is stored. */
  readonly sha256: string;
  readonly lines: number;
  /** Times the work on its chunk was begun. */
  readonly executions: number;
}

export const MAX_RECOUNT_LISTED = 50;
export const MAX_MAYBE_BILLED = 1_000;
/** A run that ended before its recount has none: that is not clean. */
export const NO_RECOUNT: Recount = { clean: false, differences: [], count: 0 };

/** What the ledger of the whole run comes to. */
export interface LedgerTotal {
  readonly sums: WorkCounters;
  readonly maybeBilled: readonly MaybeBilled[];
  readonly maybeBilledCount: number;
}

/**
 * What is paid for, and spared, is the run's own account. The rest comes from the ledger: a run that an older build began has not
 * counted it from its start.
 */
export function receiptOf(
  run: RunView,
  ledger: LedgerTotal,
  facts: { readonly recount: Recount; readonly analyzer: Analyzer; readonly phases: PhaseTimes },
): Receipt {
  const { calls, transactions, cacheHits } = run;
  const price = run.quote?.price;
  return {
    run: run.id,
    container: run.container,
    prefix: run.prefix,
    status: run.status,
    startedAt: run.startedAt,
    endedAt: run.endedAt ?? run.updatedAt,
    counts: run.counts,
    removed: run.removed,
    ...onReceipt({ ...ledger.sums, calls, transactions, cacheHits }),
    maybeBilled: firstWithin(ledger.maybeBilled.slice(0, MAX_MAYBE_BILLED), MAX_STORED_BYTES),
    maybeBilledCount: ledger.maybeBilledCount,
    ...(price !== undefined && {
      price: { unit: price.unit, currency: price.currency, total: priceOf(run.transactions, price.unit) },
    }),
    ...facts,
  };
}

/** In the order in which they are shown. */
export const RECEIPT_COUNTERS: readonly ReceiptCounter[] = WORK_COUNTERS.map(receiptCounter);

/** What the work took, in the names of the receipt. */
export function onReceipt(counters: WorkCounters): Readonly<Record<ReceiptCounter, number>> {
  const named = WORK_COUNTERS.map((counter) => [receiptCounter(counter), counters[counter]]);
  return Object.fromEntries(named) as Record<ReceiptCounter, number>;
}

/** Money in whole millionths, so that 0.1 + 0.2 never shows. */
function priceOf(transactions: number, unit: number): number {
  return Math.round(transactions * unit * 1e6) / 1e6;
}
