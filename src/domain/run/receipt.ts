import type { Analyzer } from '../image/analysis';
import type { LedgerSums, MaybeBilled } from './ledger';
import type { RunCounts, RunPhase, RunStatus, RunView } from './run';
import type { Difference } from '../container/verification';

/** The closing account of a run, but for its reports: those are as many as chunks and are read page by page. */
export interface Receipt {
  readonly run: string;
  readonly container: string;
  readonly prefix: string;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly counts: RunCounts;
  readonly removed: number;
  readonly calls: number;
  readonly transactions: number;
  readonly cacheHits: number;
  readonly downloads: number;
  readonly throttled429: number;
  readonly retries: number;
  /** At most MAX_MAYBE_BILLED of them; the count is complete. */
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
  readonly sums: LedgerSums;
  readonly maybeBilled: readonly MaybeBilled[];
  readonly maybeBilledCount: number;
}

/** Counts are the run's own; what a run does not count comes from its ledger. */
export function receiptOf(
  run: RunView,
  ledger: LedgerTotal,
  facts: { readonly recount: Recount; readonly analyzer: Analyzer; readonly phases: PhaseTimes },
): Receipt {
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
    calls: run.calls,
    transactions: run.transactions,
    cacheHits: run.cacheHits,
    downloads: ledger.sums.downloads,
    throttled429: ledger.sums.throttled,
    retries: ledger.sums.retries,
    maybeBilled: ledger.maybeBilled.slice(0, MAX_MAYBE_BILLED),
    maybeBilledCount: ledger.maybeBilledCount,
    ...(price === undefined
      ? {}
      : { price: { unit: price.unit, currency: price.currency, total: priceOf(run.transactions, price.unit) } }),
    ...facts,
  };
}

/** Money in whole millionths, so that 0.1 + 0.2 never shows. */
function priceOf(transactions: number, unit: number): number {
  return Math.round(transactions * unit * 1e6) / 1e6;
}
