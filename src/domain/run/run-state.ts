import { type ApprovalAnswer, needsApproval, type RunApproval } from './approval';
import { addGroups, addProgress, type ChunkProgress, NO_PROGRESS } from './chunk-progress';
import { type ChunkSet, hasChunk, withChunk } from './chunk-set';
import { type ChunkRef, chunkId } from '../ids';
import type { Held } from './pace';
import { addListings, type ListingCounts, NO_LISTING, type Quote } from '../money/quote';
import type { PhaseTimes } from './receipt';
import { reasonOfUnprocessed } from './unprocessed';
import {
  type FailureGroup,
  isFinal,
  RUN_PHASES,
  type RunPhase,
  type RunRequest,
  type RunStatus,
  type RunView,
} from './run';
import type { RunBudget } from '../money/run-budget';

/**
 * The durable state of a RunActor, and every change it allows.
 *
 * I1 A final status never changes again.
 * I2 A page's listing and a chunk's result are counted once.
 * I3 A command is idempotent; where it makes no sense it is refused with the present status.
 * I4 A run that waits for approval is approved for the plan it was quoted, or not at all; once, and what contradicts that
 *    consent is refused.
 * I5 What a run ends as is decided once (sealRun) and told later (endRun), when its receipt is there and its container free.
 */
export interface RunState extends Held {
  readonly version: number;
  readonly request: RunRequest;
  readonly status: RunStatus;
  readonly phase: RunPhase;
  /** What the owner, a cap or Vision wants; every replica obeys within one lease. */
  readonly control: Control;
  readonly pagesListed: number;
  readonly listing: ListingCounts;
  readonly quote?: Quote;
  /** Stored images may leave the results in this run (not when the listing has shrunk too much). */
  readonly mayRemove: boolean;
  /** Present when this run must be approved. */
  readonly approval?: RunApproval;
  readonly maxTransactions?: number;
  /** What calls were granted against the cap. */
  readonly budget?: RunBudget;
  readonly retriedBy?: string;
  /** Vision asked to wait until then: RFC 3339. */
  readonly throttledUntil?: string;
  /** The workflow waits, for the owner's next word or for the time: a word has to wake it. */
  readonly resting?: true;
  /** Sum over chunks that are done. */
  readonly done: ChunkProgress;
  /** Chunks that stopped half way, by chunk id: at most as many as run at once. */
  readonly partial: Readonly<Record<string, ChunkProgress>>;
  readonly reason?: string;
  /** When each phase began. */
  readonly phaseTimes?: PhaseTimes;
  readonly updatedAt: string;
  readonly endedAt?: string;
  /** What is shown until the end that `status` says is told (I5). */
  readonly shownStatus?: RunStatus;
}

/** `budget`: like a pause, said by a cap. `throttled`: like a pause, said by Vision, and it ends by itself. */
export type Control = 'run' | 'pause' | 'budget' | 'throttled' | 'cancel' | 'fail';

/** Stopped for now: the workflow waits for the owner, or for the time. */
export function isHeld({ control }: Pick<RunState, 'control'>): boolean {
  return control === 'pause' || control === 'budget' || control === 'throttled';
}

export function newRun(request: RunRequest): RunState {
  return {
    version: 0,
    request,
    status: 'Queued',
    phase: 'snapshot',
    control: 'run',
    pagesListed: 0,
    listing: NO_LISTING,
    mayRemove: request.retry === undefined,
    ...(request.maxTransactions === undefined ? {} : { maxTransactions: request.maxTransactions }),
    done: NO_PROGRESS,
    partial: {},
    updatedAt: request.startedAt,
  };
}

const STATUS_OF_PHASE: Readonly<Record<RunPhase, RunStatus>> = {
  snapshot: 'Counting',
  quote: 'Counting',
  approve: 'AwaitingApproval',
  analyze: 'Running',
  finish: 'Running',
  done: 'Completed',
};

/** What a run that nobody holds back is doing. */
function activeStatus({ phase, approval }: Pick<RunState, 'phase' | 'approval'>): RunStatus {
  return phase === 'approve' && approval?.approvedAt !== undefined ? 'Running' : STATUS_OF_PHASE[phase];
}

export function enterPhase(state: RunState, phase: RunPhase, at: string): RunState {
  const isLate = RUN_PHASES.indexOf(phase) < RUN_PHASES.indexOf(state.phase);
  if (isFinal(state.status) || isLate) return state;
  if (state.phase === phase && state.status !== 'Queued') return state;
  if (phase === 'finish' && state.control === 'throttled') return enterPhase(released(state), phase, at);
  const status = state.control === 'run' ? activeStatus({ ...state, phase }) : state.status;
  return { ...state, phase, status, phaseTimes: { ...state.phaseTimes, [phase]: at }, updatedAt: at };
}

/** Pages are listed one after another, so the count of pages is the dedupe key (I2). */
export function listPage(state: RunState, page: number, counts: ListingCounts, settled: number, at: string): RunState {
  if (page !== state.pagesListed || isFinal(state.status)) return state;
  return {
    ...state,
    pagesListed: page + 1,
    listing: addListings(state.listing, counts),
    done: { ...state.done, unchanged: state.done.unchanged + settled },
    updatedAt: at,
  };
}

/** A plan that needs its owner's consent asks for it once, until the quote expires. */
export function setQuote(state: RunState, quote: Quote, mayRemove: boolean, at: string): RunState {
  const { approval: rule = 'auto', retry } = state.request;
  const { expiresAt } = quote;
  const asks = expiresAt !== undefined && needsApproval(rule, quote);
  const approval = state.approval ?? (asks ? { askedAt: at, expiresAt } : undefined);
  return {
    ...state,
    quote,
    phaseTimes: { quote: at, ...state.phaseTimes },
    mayRemove: mayRemove && retry === undefined,
    ...(approval === undefined ? {} : { approval }),
    updatedAt: at,
  };
}

export interface ChunkClose {
  readonly ref: ChunkRef;
  readonly progress: ChunkProgress;
  /** False when it stopped before its last image. */
  readonly complete: boolean;
}

/** `closed` is the shard of the set of done chunks that holds this page. */
export function closeChunk(
  state: RunState,
  closed: ChunkSet,
  { ref, progress, complete }: ChunkClose,
  at: string,
): { state: RunState; closed: ChunkSet } {
  const id = chunkId(ref);
  if (isFinal(state.status) || hasChunk(closed, ref)) return { state, closed };
  const { [id]: _, ...partial } = state.partial;
  if (!complete) {
    return { state: { ...state, partial: { ...partial, [id]: { ...progress, inFlight: 0 } }, updatedAt: at }, closed };
  }
  return {
    state: { ...state, partial, done: addProgress(state.done, { ...progress, inFlight: 0 }), updatedAt: at },
    closed: withChunk(closed, ref),
  };
}

export type Command = 'pause' | 'resume' | 'cancel' | 'decline' | 'fail';
export type CommandResult =
  | { readonly accepted: true; readonly state: RunState }
  | { readonly accepted: false; readonly status: RunStatus };

/** `maxTransactions`: the cap that `resume` sets. */
export function command(
  state: RunState,
  verb: Command,
  reason: string | undefined,
  at: string,
  maxTransactions = state.maxTransactions,
): CommandResult {
  const refuse: CommandResult = { accepted: false, status: state.status };
  const same: CommandResult = { accepted: true, state };
  const accept = (change: Partial<RunState>): CommandResult => ({
    accepted: true,
    state: { ...state, ...change, ...(reason === undefined ? {} : { reason }), updatedAt: at },
  });
  const stopping = isStopping(state);
  switch (verb) {
    case 'pause':
      if (isFinal(state.status) || stopping) return refuse;
      if (state.control === 'pause') return same;
      // A run that waits for its approval has nothing in flight.
      return accept({ control: 'pause', status: state.resting ? 'Paused' : 'Pausing' });
    case 'resume':
      if (isFinal(state.status) || stopping) return refuse;
      if (state.control !== 'run') return { accepted: true, state: resumed(withCap(state, maxTransactions), at) };
      return maxTransactions === state.maxTransactions
        ? same
        : { accepted: true, state: { ...withCap(state, maxTransactions), updatedAt: at } };
    case 'cancel':
      if (state.status === 'Cancelled') return same;
      if (isFinal(state.status)) return refuse;
      return stopping ? same : accept({ control: 'cancel', status: 'Cancelling' });
    case 'decline':
      if (state.approval === undefined || state.approval.approvedAt !== undefined) return refuse;
      if (state.status === 'Cancelled' || state.control === 'cancel') return same;
      if (isFinal(state.status) || stopping) return refuse;
      return accept({ control: 'cancel', status: 'Cancelling', reason: reason ?? 'approval declined' });
    case 'fail':
      if (isFinal(state.status)) return refuse;
      return state.control === 'fail' ? same : accept({ control: 'fail' });
  }
}

function isStopping({ control }: RunState): boolean {
  return control === 'cancel' || control === 'fail';
}

function withCap(state: RunState, maxTransactions: number | undefined): RunState {
  return maxTransactions === undefined ? state : { ...state, maxTransactions };
}

/** Vision is not waited for any more. */
function released({ throttledUntil: _, ...state }: RunState): RunState {
  return { ...state, control: 'run' };
}

/** The reason of the pause ends with it. */
function resumed({ reason: _, ...held }: RunState, at: string): RunState {
  const state = released(held);
  return { ...state, status: activeStatus(state), updatedAt: at };
}

export type ApproveResult =
  | CommandResult
  /** It names another plan than this one, which stands. */
  | { readonly accepted: false; readonly planHash: string }
  /** The consent that stands named another maximum. */
  | { readonly accepted: false; readonly isApproved: true };

/** The owner's consent to one plan (I4). */
export function approve(state: RunState, answer: Omit<ApprovalAnswer, 'approved'>, at: string): ApproveResult {
  const { approval, quote } = state;
  if (isFinal(state.status) || isStopping(state)) return { accepted: false, status: state.status };
  if (approval === undefined || quote?.planHash === undefined) return { accepted: false, status: state.status };
  if (answer.planHash !== quote.planHash) return { accepted: false, planHash: quote.planHash };
  const { maxTransactions } = answer;
  const cap = maxTransactions === undefined ? {} : { maxTransactions };
  if (approval.approvedAt !== undefined) {
    const known = [undefined, approval.maxTransactions, state.maxTransactions];
    return known.includes(maxTransactions) ? { accepted: true, state } : { accepted: false, isApproved: true };
  }
  const approved: RunState = {
    ...state,
    approval: { ...approval, approvedAt: at, ...cap },
    ...cap,
    updatedAt: at,
  };
  return { accepted: true, state: isHeld(state) ? approved : { ...approved, status: activeStatus(approved) } };
}

export const APPROVAL_EXPIRED = 'approval expired';

/** What the workflow is told when it asks whether it may spend: `waitMs` is 0 when it need not wait any longer. */
export function seekApproval(state: RunState, nowMs: number, expiresAtMs: number, at: string) {
  if (isFinal(state.status) || isStopping(state) || state.approval === undefined)
    return { state: awake(state), waitMs: 0 };
  if (state.approval.approvedAt !== undefined) return { state: awake(state), waitMs: 0 };
  if (nowMs < expiresAtMs) {
    const status: RunStatus = state.control === 'pause' ? 'Paused' : 'AwaitingApproval';
    const isSame = state.resting && state.status === status;
    const waiting: RunState = isSame ? state : { ...state, status, resting: true, updatedAt: at };
    return { state: waiting, waitMs: expiresAtMs - nowMs };
  }
  const expired = { control: 'cancel', status: 'Cancelling', reason: APPROVAL_EXPIRED, updatedAt: at } as const;
  return { state: awake({ ...state, ...expired }), waitMs: 0 };
}

function awake(state: RunState): RunState {
  if (!state.resting) return state;
  const { resting: _, ...rest } = state;
  return rest;
}

/** Does the workflow wait although the owner has said something that lets it go on or ends it? */
export function needsWake(state: RunState): boolean {
  if (!state.resting || isFinal(state.status)) return false;
  if (isStopping(state)) return true;
  return state.phase === 'approve' ? state.approval?.approvedAt !== undefined : state.control === 'run';
}

/** All chunks have stopped after a pause; or the workflow has heard that it is over. */
export function paused(state: RunState, at: string): RunState {
  if (!isHeld(state) || isFinal(state.status)) return awake(state);
  if (isWaitedOut(state, at)) return awake(resumed(state, at));
  const status = HELD_STATUS[state.control] ?? state.status;
  if (state.status === status && state.resting) return state;
  return { ...state, status, resting: true, updatedAt: at };
}

const HELD_STATUS: Partial<Record<Control, RunStatus>> = { pause: 'Paused', budget: 'StoppedAtBudget' };

/** Vision asked for a wait too long to be waited for in memory: work stops cleanly, and goes on by itself. */
export function throttle(state: RunState, until: string, at: string): RunState {
  return state.control === 'run' && state.phase !== 'finish' && !isFinal(state.status)
    ? { ...state, control: 'throttled', throttledUntil: until, updatedAt: at }
    : state;
}

/** Times are all in UTC, so their text has their order. */
function isWaitedOut({ control, throttledUntil }: RunState, at: string): boolean {
  return control === 'throttled' && throttledUntil !== undefined && throttledUntil <= at;
}

/** A cap is reached: work stops cleanly, what is left stays listed, a higher cap goes on. */
export function stopAtBudget(state: RunState, reason: string, at: string): RunState {
  return state.control === 'run' && !isFinal(state.status)
    ? { ...state, control: 'budget', reason, updatedAt: at }
    : state;
}

/** This finished run is tried again by another one. */
export function retried(state: RunState, by: string, at: string): RunState {
  return state.retriedBy === by ? state : { ...state, retriedBy: by, updatedAt: at };
}

/** Known images were missing from a listing that lost too many to be believed: their results stay, and it is said. */
function shrinkOf({ listing, mayRemove, request, quote }: RunState): FailureGroup | undefined {
  if (mayRemove || request.retry !== undefined || quote === undefined || listing.missing === 0) return undefined;
  const kind = { reason: 'shrink', code: 'shrink', stage: 'listing' };
  return { ...kind, count: listing.missing, retryable: true };
}

/**
 * What was to be worked on and was not: as long as a cap keeps it from that, or for good where the run ended early. What a
 * process saved and died before it could report is counted here and listed as saved (rest.ts): a resumed run counts it.
 */
function restOf({ status, listing }: RunState, counted: ChunkProgress): FailureGroup | undefined {
  const unchanged = Math.max(listing.unchanged, counted.unchanged); // listed as such, whether a chunk came to it or not
  const count = listing.total - unchanged - counted.succeeded - counted.failed - counted.skipped;
  const reason = reasonOfUnprocessed(status);
  if (reason === undefined || count <= 0) return undefined;
  const stage = reason === 'budget' ? 'quota' : 'run';
  return { reason, code: reason, stage, count, retryable: true };
}

/** What the run ends as, and why: decided once, from what is counted, and not told yet (I5). */
export function sealRun(state: RunState, failure: string | undefined, at: string): RunState {
  return isFinal(state.status) ? state : { ...ended(state, failure, at), shownStatus: state.status };
}

/** The end is told. A run that was not sealed is sealed by it. */
export function endRun(state: RunState, failure: string | undefined, at: string): RunState {
  if (!isFinal(state.status)) return ended(state, failure, at);
  if (state.shownStatus === undefined) return state;
  const { shownStatus: _, ...told } = state;
  return told;
}

/** As whoever looks is to see it (I5). */
export function shown(state: RunState): RunState {
  const { shownStatus, endedAt: _, ...rest } = state;
  return shownStatus === undefined ? state : { ...rest, status: shownStatus, phase: 'finish' };
}

function ended(state: RunState, failure: string | undefined, at: string): RunState {
  const worked = Object.values(state.partial).reduce(addProgress, state.done);
  const shrink = shrinkOf(state);
  const counted = shrink ? { ...worked, failureGroups: addGroups(worked.failureGroups, [shrink]) } : worked;
  const status: RunStatus =
    failure !== undefined || state.control === 'fail'
      ? 'Failed'
      : state.control === 'cancel'
        ? 'Cancelled'
        : counted.failed > 0 || shrink
          ? 'CompletedWithErrors'
          : 'Completed';
  const reason = failure ?? state.reason;
  return {
    ...awake(state.control === 'throttled' ? released(state) : state),
    status,
    phase: 'done',
    done: counted,
    partial: {},
    ...(reason === undefined ? {} : { reason }),
    updatedAt: at,
    endedAt: at,
  };
}

/** A stop is no silence: what was sent before is still paid for, waited for and saved. */
function waitingOf(
  { status, control, throttledUntil }: RunState,
  { inFlight, waiting }: ChunkProgress,
): string | undefined {
  if (control === 'throttled') return `Vision asked to wait until ${throttledUntil}: its rate limit is reached.`;
  if (status !== 'Pausing' && status !== 'Cancelling') return waiting;
  return inFlight === 0 ? waiting : `${inFlight} ${inFlight === 1 ? 'image' : 'images'} already sent`;
}

/** The read model: durable counts plus what running chunks reported last. */
export function viewOf(state: RunState, live: readonly ChunkProgress[]): RunView {
  const counted = [...Object.values(state.partial), ...live].reduce(addProgress, state.done);
  const totalIsFinal = state.phase !== 'snapshot';
  const covered = counted.succeeded + counted.failed + counted.skipped + counted.unchanged;
  // A chunk whose manifest was lost is listed again and may differ from the first listing: what was covered counts.
  const waiting = waitingOf(state, counted);
  const total = state.status === 'Completed' || state.status === 'CompletedWithErrors' ? covered : state.listing.total;
  const rest = restOf(state, counted);
  return {
    id: state.request.id,
    container: state.request.container,
    prefix: state.request.prefix,
    features: state.request.features,
    status: state.status,
    phase: state.phase,
    counts: {
      total,
      totalIsFinal,
      succeeded: counted.succeeded,
      failed: counted.failed,
      skipped: counted.skipped,
      unchanged: counted.unchanged,
      inFlight: counted.inFlight,
    },
    removed: counted.removed,
    calls: counted.calls,
    transactions: counted.transactions,
    cacheHits: counted.cacheHits,
    ...(state.quote === undefined ? {} : { quote: state.quote }),
    ...(state.approval === undefined ? {} : { approval: state.approval }),
    ...(state.maxTransactions === undefined ? {} : { maxTransactions: state.maxTransactions }),
    ...(state.request.retry === undefined ? {} : { retry: state.request.retry }),
    ...(state.request.retryOf === undefined ? {} : { retryOf: state.request.retryOf }),
    ...(state.retriedBy === undefined ? {} : { retriedBy: state.retriedBy }),
    failureGroups: rest ? addGroups(counted.failureGroups, [rest]) : counted.failureGroups,
    ...(waiting === undefined ? {} : { waiting }),
    ...(state.reason === undefined ? {} : { reason: state.reason }),
    startedAt: state.request.startedAt,
    updatedAt: state.updatedAt,
    ...(state.endedAt === undefined ? {} : { endedAt: state.endedAt }),
  };
}
