import type { Repeats } from './chunk-repeats';
import { pickCounters, sumOf, WORK_COUNTERS, type WorkCounters } from '../counters';
import { firstWithin } from '../bytes';
import { defined } from '../defined';
import { compareNames, type NameBounds } from '../image/name-order';
import { countersOf, type ImageOutcome, type OutcomeStatus } from './report';

/**
 * The ledger of one page of a run: what became of each of its chunks, as a function of their reports. It outlives the
 * page's index, so that reports can be found, and settled images told, for as long as they are kept.
 *
 * I1 A row is computed from the report as it is stored, and names it by hash: the ledger proves the report.
 */
export interface LedgerPage {
  readonly chunks: readonly LedgerRow[];
  /** Was this the last page of the run? */
  readonly last: boolean;
}

/** Its bounds: the names the chunk covers. */
export interface LedgerRow extends NameBounds {
  /** Images listed in it. */
  readonly count: number;
  /** All of them were unchanged when they were listed: there is no report. */
  readonly settled: boolean;
  /** Absent when the chunk was not finished. */
  readonly report?: ChunkReport;
  /** Absent: begun once and delivered once, or not at all. */
  readonly repeats?: Repeats;
}

export interface ChunkReport {
  readonly sha256: string;
  readonly lines: number;
  readonly statuses: Readonly<Partial<Record<OutcomeStatus, number>>>;
  readonly reasons: Readonly<Record<string, number>>;
  readonly sums: WorkCounters;
  /** As many as MAX_BILLED_BYTES hold. */
  readonly maybeBilled: readonly MaybeBilled[];
  /** Where there are more. */
  readonly maybeBilledCount?: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/** A call that was sent and never heard of again. */
export interface MaybeBilled {
  readonly blob: string;
  readonly at: string;
}

/** A page has 20 chunks, and its ledger is stored as one. */
const MAX_BILLED_BYTES = 30_000;

export function chunkReportOf(outcomes: readonly ImageOutcome[], sha256: string): ChunkReport {
  const startedAt = outcomes
    .flatMap((outcome) => outcome.startedAt ?? [])
    .reduce<string | undefined>(earlier, undefined);
  const endedAt = outcomes.flatMap((outcome) => outcome.endedAt ?? []).reduce<string | undefined>(later, undefined);
  const billed = outcomes.flatMap(({ blob, maybeBilled = [] }) => maybeBilled.map((at) => ({ blob, at })));
  const maybeBilled = firstWithin(billed, MAX_BILLED_BYTES);
  return {
    sha256,
    lines: outcomes.length,
    statuses: tally(outcomes.map(({ status }) => status)),
    reasons: tally<string>(outcomes.flatMap(({ reason }) => reason ?? [])) as Record<string, number>,
    sums: pickCounters(sumOf(outcomes.map(countersOf)), WORK_COUNTERS),
    maybeBilled,
    ...(maybeBilled.length < billed.length && { maybeBilledCount: billed.length }),
    ...defined({ startedAt, endedAt }),
  };
}

function tally<K extends string>(keys: readonly K[]): Partial<Record<K, number>> {
  const counts = new Map<K, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return Object.fromEntries(counts) as Partial<Record<K, number>>;
}

/** Times are RFC 3339 in UTC with milliseconds: they sort as text. */
export function earlier(a: string | undefined, b: string): string {
  return a === undefined || b < a ? b : a;
}

export function later(a: string | undefined, b: string): string {
  return a === undefined || b > a ? b : a;
}

export interface OutcomeFilter {
  readonly status?: OutcomeStatus;
  readonly reason?: string;
  readonly prefix?: string;
}

export function matches(outcome: ImageOutcome, { status, reason, prefix }: OutcomeFilter): boolean {
  return (
    (status === undefined || outcome.status === status) &&
    (reason === undefined || outcome.reason === reason) &&
    (prefix === undefined || outcome.blob.startsWith(prefix))
  );
}

/**
 * May images of the chunk have no line in its report? Lines of removed images may be of some that were not listed, so a
 * finished chunk may seem unfinished, and never the other way round.
 */
export function isUnfinished({ report, settled, count }: LedgerRow): boolean {
  return !settled && (report ? report.lines - (report.statuses.removed ?? 0) : 0) < count;
}

/** May the chunk hold a line that matches? Spares the reading of reports that do not. `hasRest`: an unfinished one is told whole. */
export function mayMatch(row: LedgerRow, { status, reason, prefix }: OutcomeFilter, hasRest = false): boolean {
  if (prefix !== undefined && !mayHoldPrefix(row, prefix)) return false;
  if (hasRest && isUnfinished(row)) return true;
  if (row.report === undefined && !row.settled) return false;
  if (row.settled && ((status !== undefined && status !== 'unchanged') || reason !== undefined)) return false;
  if (row.report && status !== undefined && row.report.statuses[status] === undefined) return false;
  return !(row.report && reason !== undefined && !Object.hasOwn(row.report.reasons, reason));
}

/** Does `(from, to]` reach into the names that begin with the prefix? They lie together, from the prefix itself on. */
function mayHoldPrefix({ from, to, order }: LedgerRow, prefix: string): boolean {
  const reaches = to === undefined || compareNames(to, prefix, order) >= 0;
  const startsInTime = from === undefined || from.startsWith(prefix) || compareNames(from, prefix, order) < 0;
  return reaches && startsInTime;
}
