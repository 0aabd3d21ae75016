import { SETTLE_MS } from '../run/chunk-lease';
import { asked, portionOf, type Queue, took } from './fair-share';
import { book, callsLeftInMonth, callsOf, type MonthLimits, type MonthSpending } from './month-spending';
import { bookSample, giveBackSample, NO_SAMPLES, type SampleSpending, sampledWithin } from './sample-spending';
import { type CallsMade, type Heard, newlyReturned, type Returned, unbookedOf } from '../money/unbooked-calls';
import { LONGEST_PAUSE_MS, MAX_RETRY_AFTER_MS } from '../retry';

/**
 * The calls per second that one Vision resource allows, shared by all runs and replicas. Pure: time comes in.
 *
 * I1 What is granted in any span is at most rate x span plus what the bucket holds: no burst beyond it.
 * I2 Nothing is granted before `pausedUntilMs` (Retry-After reaches every replica with its next lease), nor, after a move,
 *    before everybody who knows of a Retry-After had the chance to tell it.
 * I3 Runs that want calls share by weight, down to a single call in turn; what one leaves the others take (fair-share.ts).
 * I4 A month's transactions never exceed its cap: they are reserved when granted and given back only when unused, once. What
 *    is given back is told with the total so far, so that the next word makes up for one that was lost.
 * I5 The month is counted whether or not anything limits it: what is made without a grant is booked once, afterwards.
 * I6 Samples that no approver asked for never spend more in 24 hours than they may (sample-spending.ts).
 */
export interface QuotaSettings extends MonthLimits {
  /** Calls per second; absent: unlimited. */
  readonly ratePerSecond?: number;
  /** By run id; 1 where absent. */
  readonly weights?: Readonly<Record<string, number>>;
}

export interface QuotaState {
  readonly version: number;
  /** What somebody has set; the rest is as this process is configured. */
  readonly changed?: QuotaChange;
  /** The name in what is stored. */
  readonly ledger: MonthSpending;
  /** What was booked of each session that calls without grants. */
  readonly made?: Heard;
  /** What runs and samples have given back; absent in states of older builds. */
  readonly returned?: Heard;
  /** Absent: no sample without an approver has spent yet. */
  readonly samples?: SampleSpending;
  /** In wall time. Not before this second does anybody call: a Retry-After outlives the process that keeps the bucket. */
  readonly pausedUntilMs?: number;
  /** When this was last written: calls are made in that time. */
  readonly writtenAtMs?: number;
}

/** Lives in the memory of the actor: after a move it is empty but for the pause, which errs on the side of too few calls. */
export interface Bucket {
  readonly atMs: number;
  /** Calls that may start now. */
  readonly calls: number;
  /** Who could use more than it got. */
  readonly queue: Queue;
  readonly pausedUntilMs: number;
  /** Nothing is granted before: the bucket has moved, and is told what it has missed. */
  readonly opensAtMs: number;
  /** 0..1 of the rate: lowered by every 429 that comes although the rate was kept, raised with time. */
  readonly factor: number;
}

export function emptyBucket(nowMs: number): Bucket {
  return { atMs: nowMs, calls: 0, queue: {}, pausedUntilMs: 0, opensAtMs: 0, factor: 1 };
}

/**
 * After a move: empty, in the pause that stands, and closed for a moment where calls were made until now. The pause was
 * written down in wall time, which may have been set meanwhile: no longer than the longest there is.
 */
export function movedBucket(
  { pausedUntilMs = 0, writtenAtMs = 0 }: QuotaState,
  { activatedAtMs, nowMs, wallMs }: { readonly activatedAtMs: number; readonly nowMs: number; readonly wallMs: number },
): Bucket {
  const pausedForMs = Math.min(LONGEST_PAUSE_MS, Math.max(0, pausedUntilMs - wallMs));
  const isInUse = Math.abs(wallMs - writtenAtMs) < MAX_RETRY_AFTER_MS;
  const opensAtMs = isInUse ? activatedAtMs + SETTLE_MS : 0;
  return { ...emptyBucket(activatedAtMs), pausedUntilMs: nowMs + pausedForMs, opensAtMs };
}

/**
 * Worth of the rate that may be saved up, in seconds. Vision itself saves up one second's worth; the other half is for calls
 * that are late on their way and meet the next ones.
 */
const BURST_SECONDS = 0.5;
/** A month-long idle bucket and one minute after it look the same. */
const MAX_REFILL_MS = 60_000;
const DECREASE = 0.7;
const LEAST_FACTOR = 0.1;
/** Of the factor, per second without a 429. */
const INCREASE_PER_SECOND = 0.02;

export interface LeaseRequest {
  readonly runId: string;
  /** Who asks for the run: one of its processes. */
  readonly asker: string;
  readonly container: string;
  /** Calls that could start now. */
  readonly want: number;
  readonly transactionsPerCall: number;
  /** The asker has a limit of its own: it is to be granted a number, and no more, even where nothing else limits it. */
  readonly counted?: true;
  /** Calls that were made while `unlimited` was granted. */
  readonly made?: CallsMade;
  /** A sample asks that no approver has asked for; `runId` is its id. */
  readonly sample?: {
    /** Transactions that all such samples may spend in 24 hours. */
    readonly most: number;
    /** Transactions that this one has given back so far. */
    readonly returned: number;
  };
}

export interface LeaseGrant {
  /** `unlimited`: neither rate nor month is limited, so calls are counted after they were made. */
  readonly calls: number | 'unlimited';
  /** Why fewer than wanted, where it is not just the rate. */
  readonly limit?: 'paused' | 'month' | 'samples';
  /** With `paused`: for how long still. */
  readonly pausedForMs?: number;
}

/** What bounds a lease besides the bucket. */
export interface LeaseLimits {
  readonly settings: QuotaSettings;
  readonly ledger: MonthSpending;
  /** Transactions of samples within 24 hours; default 0. */
  readonly sampled?: number;
}

export function lease(
  bucket: Bucket,
  { settings, ledger, sampled = 0 }: LeaseLimits,
  request: LeaseRequest,
  nowMs: number,
): { readonly bucket: Bucket; readonly grant: LeaseGrant } {
  const filled = refill(bucket, settings, nowMs);
  const pausedForMs = filled.pausedUntilMs - nowMs;
  if (pausedForMs > 0) return { bucket: filled, grant: { calls: 0, limit: 'paused', pausedForMs } }; // I2
  if (nowMs < filled.opensAtMs) return { bucket: filled, grant: { calls: 0 } }; // I2
  const monthLeft = callsLeftInMonth(settings, ledger, request);
  if (monthLeft <= 0 && request.want > 0) return { bucket: filled, grant: { calls: 0, limit: 'month' } }; // I4
  const samplesLeft = callsOf((request.sample?.most ?? Infinity) - sampled, request.transactionsPerCall);
  if (samplesLeft <= 0 && request.want > 0) return { bucket: filled, grant: { calls: 0, limit: 'samples' } }; // I6
  const left = Math.min(monthLeft, samplesLeft);
  const want = Math.max(0, Math.min(request.want, left));
  if (settings.ratePerSecond === undefined) {
    const isCounted = request.counted === true || left !== Number.POSITIVE_INFINITY;
    return { bucket: filled, grant: { calls: isCounted ? want : 'unlimited' } };
  }
  const weightOf = (id: string) => settings.weights?.[id] ?? 1;
  const ask = { runId: request.runId, asker: `${request.asker} ${request.transactionsPerCall}`, want };
  const queue = asked(filled.queue, ask, nowMs);
  const store = { calls: filled.calls, most: burstOf(settings.ratePerSecond), weightOf };
  const calls = portionOf(queue, ask, store, nowMs); // I3
  const remaining = { calls: filled.calls - calls, queue: took(queue, ask, calls, weightOf(ask.runId)) };
  return { bucket: { ...filled, ...remaining }, grant: { calls } };
}

function refill(bucket: Bucket, { ratePerSecond = 0 }: QuotaSettings, nowMs: number): Bucket {
  const elapsedS = Math.max(0, Math.min(nowMs - bucket.atMs, MAX_REFILL_MS)) / 1000;
  const factor = Math.min(1, bucket.factor + elapsedS * INCREASE_PER_SECOND);
  const calls = Math.min(burstOf(ratePerSecond), bucket.calls + ratePerSecond * factor * elapsedS); // I1
  return { ...bucket, atMs: Math.max(bucket.atMs, nowMs), calls, factor };
}

/** One call and what comes in until the next report fetches it, so that slow rates lose nothing. */
export function burstOf(ratePerSecond: number): number {
  return 1 + ratePerSecond * BURST_SECONDS;
}

/** Vision asked everybody to wait: what was saved up is gone too. */
export function throttle(bucket: Bucket, retryAfterMs: number, nowMs: number): Bucket {
  const pausedUntilMs = Math.max(bucket.pausedUntilMs, nowMs + retryAfterMs);
  // Several calls in flight meet the same limit: one decrease a pause.
  const factor = nowMs < bucket.pausedUntilMs ? bucket.factor : Math.max(LEAST_FACTOR, bucket.factor * DECREASE);
  return { ...bucket, calls: 0, pausedUntilMs, factor };
}

/** The end of the pause in whole seconds of wall time, rounded up: many 429s of one moment are one change. */
export function lastingPause(state: QuotaState, wallMs: number): QuotaState {
  const untilMs = Math.ceil(wallMs / 1_000) * 1_000;
  return untilMs > (state.pausedUntilMs ?? 0) ? { ...state, pausedUntilMs: untilMs } : state;
}

/** Somebody knows better than the Retry-After: calls may start again. */
export function endPause(bucket: Bucket): Bucket {
  return { ...bucket, pausedUntilMs: 0 };
}

/** What somebody sets; null takes a limit away, and a weight back to 1. */
export type QuotaChange = {
  readonly [K in Exclude<keyof QuotaSettings, 'weights'>]?: number | null;
} & { readonly weights?: Readonly<Record<string, number | null>> };

/** Weights that are kept: the newest, since runs end without telling. */
const MAX_WEIGHTS = 100;

/** The later change on top of the earlier one. */
export function mergeChanges(earlier: QuotaChange, later: QuotaChange): QuotaChange {
  if (later.weights === undefined) return { ...earlier, ...later };
  const named = Object.keys(later.weights);
  const kept = Object.entries(earlier.weights ?? {}).filter(([id]) => !named.includes(id));
  const set = Object.entries(later.weights).filter(([, weight]) => weight !== null);
  return { ...earlier, ...later, weights: Object.fromEntries([...kept, ...set].slice(-MAX_WEIGHTS)) };
}

/** What holds: what was set, else what this process is configured with. */
export function effectiveSettings(defaults: QuotaSettings, changed: QuotaChange = {}): QuotaSettings {
  const all = Object.entries({ ...defaults, ...changed }).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(all) as QuotaSettings;
}

/** What was called without a grant (I5). */
export function bookMade(state: QuotaState, month: string, container: string, made: CallsMade): QuotaState {
  const news = unbookedOf(state.made ?? {}, made);
  if (news === undefined) return state;
  return { ...state, ledger: book(state.ledger, month, container, news.transactions), made: news.heard };
}

export interface BookingTime {
  /** `2026-11` */
  readonly month: string;
  readonly wallMs: number;
}

/** Reserves what was granted, in the month and among the samples. */
export function bookGranted(
  state: QuotaState,
  { container, runId, sample }: Pick<LeaseRequest, 'container' | 'runId' | 'sample'>,
  transactions: number,
  { month, wallMs }: BookingTime,
): QuotaState {
  if (transactions === 0) return state;
  const booked = { ...state, ledger: book(state.ledger, month, container, transactions) };
  if (sample === undefined) return booked;
  const entry = { sample: runId, transactions, returned: sample.returned };
  return { ...booked, samples: bookSample(state.samples ?? NO_SAMPLES, entry, wallMs) };
}

/** What was reserved and not used. */
export interface Unused {
  readonly container: string;
  readonly transactions: number;
  /** All that its owner has given back so far, this included. Absent: an older build tells it. */
  readonly returned?: Returned;
  /** Id of a sample that no approver asked for: then `transactions` are all that it has given back so far. */
  readonly sample?: string;
}

export function bookUnused(
  state: QuotaState,
  { container, transactions, returned, sample }: Unused,
  { month, wallMs }: BookingTime,
): QuotaState {
  const freed = (amount: number) => ({ ...state, ledger: book(state.ledger, month, container, -amount) });
  if (sample !== undefined) {
    const news = giveBackSample(state.samples ?? NO_SAMPLES, { sample, transactions }, wallMs);
    return news.returned === 0 ? state : { ...freed(news.returned), samples: news.spending };
  }
  if (returned === undefined) return freed(transactions);
  const news = newlyReturned(state.returned ?? {}, returned, transactions); // I4
  return news === undefined ? state : { ...freed(news.transactions), returned: news.heard };
}

/** Transactions of samples that no approver asked for, within 24 hours. */
export function sampledOf({ samples = NO_SAMPLES }: QuotaState, wallMs: number): number {
  return sampledWithin(samples, wallMs);
}

/** `10/s`, `20/min`, `unlimited`. undefined when it is none of them. */
export function parseRate(text: string): { readonly ratePerSecond?: number } | undefined {
  if (text === 'unlimited') return {};
  const match = /^(\d+(?:\.\d+)?)\/(s|min)$/.exec(text);
  if (!match) return undefined;
  const rate = Number(match[1]) / (match[2] === 'min' ? 60 : 1);
  return rate > 0 ? { ratePerSecond: rate } : undefined;
}
