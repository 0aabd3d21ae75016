import { defined } from '../defined';
import { type ChunkRef, chunkId } from '../ids';
import { addListings, type ListingCounts, NO_LISTING, type Quote } from '../money/quote';
import type { RunBudget } from '../money/run-budget';
import { type ApprovalAnswer, needsApproval } from './approval';
import { addGroups, addProgress, type ChunkProgress, NO_PROGRESS } from './chunk-progress';
import { type ChunkSet, hasChunk, withChunk } from './chunk-set';
import { decided, isOver, isStopping, type Outcome, type RunFacts, reasonOf, statusOf } from './facts';
import type { FailureGroup, RunPhase, RunRequest, RunStatus } from './run';
import { allowed, entered, obey, type Refusal } from './transitions';

/**
 * The durable state of a RunActor: its facts (facts.ts), what it counted and what it may spend. What a verb makes of the
 * facts stands in transitions.ts; older stored shapes are read by stored-run.ts. Times are RFC 3339, UTC.
 *
 * I1 A final status never changes again.
 * I2 A page's listing and a chunk's result are counted once.
 * I3 A command is idempotent; where it makes no sense it is refused with the present status.
 * I4 A run that waits for approval is approved for the plan it was quoted, or not at all; once, and what contradicts that
 *    consent is refused.
 * I5 What a run ends as is decided once (sealRun) and told later (endRun), when its receipt is there and its container free.
 */
export interface RunState extends RunFacts {
  /** Raised by each commit. */
  readonly version: number;
  /** Of this shape. */
  readonly schema: typeof RUN_SCHEMA;
  readonly request: RunRequest;
  readonly pagesListed: number;
  readonly listing: ListingCounts;
  readonly quote?: Quote;
  /** Stored images may leave the results in this run (not when the listing has shrunk too much). */
  readonly mayRemove: boolean;
  readonly maxTransactions?: number;
  /** What calls were granted against the cap. */
  readonly budget?: RunBudget;
  readonly retriedBy?: string;
  /** Sum over chunks that are done. */
  readonly done: ChunkProgress;
  /** Chunks that stopped half way, by chunk id: at most as many as run at once. */
  readonly partial: Readonly<Record<string, ChunkProgress>>;
  readonly updatedAt: string;
}

export const RUN_SCHEMA = 2;

export function newRun(request: RunRequest): RunState {
  return {
    version: 0,
    schema: RUN_SCHEMA,
    request,
    phase: 'queued',
    pagesListed: 0,
    listing: NO_LISTING,
    mayRemove: request.retry === undefined,
    ...defined({ maxTransactions: request.maxTransactions }),
    done: NO_PROGRESS,
    partial: {},
    updatedAt: request.startedAt,
  };
}

export function enterPhase(state: RunState, phase: RunPhase, at: string): RunState {
  return touched(state, entered(state, phase, at), at);
}

/** Pages are listed one after another, so the count of pages is the dedupe key (I2). */
export function listPage(state: RunState, page: number, counts: ListingCounts, settled: number, at: string): RunState {
  if (page !== state.pagesListed || isOver(state)) return state;
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
    ...defined({ approval }),
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
  if (isOver(state) || hasChunk(closed, ref)) return { state, closed };
  const { [id]: _, ...partial } = state.partial;
  if (!complete) {
    return { state: { ...state, partial: { ...partial, [id]: { ...progress, inFlight: 0 } }, updatedAt: at }, closed };
  }
  return {
    state: { ...state, partial, done: addProgress(state.done, { ...progress, inFlight: 0 }), updatedAt: at },
    closed: withChunk(closed, ref),
  };
}

/** What a run can be told; all but `fail` by a person. */
export type Command = 'pause' | 'resume' | 'cancel' | 'decline' | 'fail';
export type CommandResult =
  | { readonly accepted: true; readonly state: RunState }
  /** `status`: of the run, with an end that is not told yet. */
  | { readonly accepted: false; readonly status: RunStatus; readonly why: Refusal };

/** `maxTransactions`: the cap that `resume` sets. */
export function command(
  state: RunState,
  verb: Command,
  reason: string | undefined,
  at: string,
  maxTransactions = state.maxTransactions,
): CommandResult {
  const result = allowed(state, verb, { at, reason });
  if (!result.accepted) return refused(state, result.why);
  const isCapped = verb === 'resume' && maxTransactions !== undefined && maxTransactions !== state.maxTransactions;
  const told = isCapped ? { ...result.facts, maxTransactions } : result.facts;
  return { accepted: true, state: touched(state, told, at) };
}

function refused(state: RunState, why: Refusal) {
  return { accepted: false, status: statusOf(decided(state)), why } as const;
}

export type ApproveResult =
  | CommandResult
  /** It names another plan than this one, which stands. */
  | { readonly accepted: false; readonly planHash: string }
  /** The consent that stands named another maximum. */
  | { readonly accepted: false; readonly isApproved: true };

/** The owner's consent to one plan (I4). */
export function approve(state: RunState, answer: Omit<ApprovalAnswer, 'approved'>, at: string): ApproveResult {
  const result = allowed(state, 'approve', { at });
  if (!result.accepted) return refused(state, result.why);
  const planHash = state.quote?.planHash;
  if (planHash === undefined) return refused(state, 'not-asked');
  if (answer.planHash !== planHash) return { accepted: false, planHash };
  const { maxTransactions } = answer;
  if (result.already) {
    const known = [undefined, state.approval?.maxTransactions, state.maxTransactions];
    return known.includes(maxTransactions) ? { accepted: true, state } : { accepted: false, isApproved: true };
  }
  const { approval } = result.facts;
  const cap = defined({ maxTransactions });
  return {
    accepted: true,
    state: { ...result.facts, ...(approval && { approval: { ...approval, ...cap } }), ...cap, updatedAt: at },
  };
}

export const APPROVAL_EXPIRED = 'approval expired';

/**
 * What the workflow is told when it asks whether it may spend: `waitMs` is 0 when it need not wait any longer. `nowMs` and
 * `expiresAtMs`: milliseconds since 1970.
 */
export function seekApproval(state: RunState, nowMs: number, expiresAtMs: number, at: string) {
  const asks = allowed(state, 'ask', { at });
  if (!asks.accepted) return { state: obey(state, 'wake', { at }), waitMs: 0 };
  if (nowMs < expiresAtMs) return { state: touched(state, asks.facts, at), waitMs: expiresAtMs - nowMs };
  return { state: touched(state, obey(state, 'expire', { at, reason: APPROVAL_EXPIRED }), at), waitMs: 0 };
}

/** All chunks have stopped after a pause; or the workflow has heard that it is over. */
export function paused(state: RunState, at: string): RunState {
  const rests = allowed(state, 'rest', { at });
  return rests.accepted ? touched(state, rests.facts, at) : obey(state, 'wake', { at });
}

/** Vision asked for a wait too long to be waited for in memory: work stops cleanly, and goes on by itself. */
export function throttle(state: RunState, until: string, at: string): RunState {
  return touched(state, obey(state, 'throttle', { at, until }), at);
}

/** A cap is reached: work stops cleanly, what is left stays listed, a higher cap goes on. */
export function stopAtBudget(state: RunState, reason: string, at: string): RunState {
  return touched(state, obey(state, 'stopAtBudget', { at, reason }), at);
}

/** This finished run is tried again by another one. */
export function retried(state: RunState, by: string, at: string): RunState {
  return state.retriedBy === by ? state : { ...state, retriedBy: by, updatedAt: at };
}

/** What the run ends as, and why: decided once, from what is counted, and not told yet (I5). */
export function sealRun(state: RunState, failure: string | undefined, at: string): RunState {
  if (isOver(state)) return state;
  const worked = Object.values(state.partial).reduce(addProgress, state.done);
  const shrink = shrinkOf(state);
  const done = shrink ? { ...worked, failureGroups: addGroups(worked.failureGroups, [shrink]) } : worked;
  const as = outcomeOf(state, failure, done.failed > 0 || shrink !== undefined);
  // What the run was told of its failure is whole; a history keeps the beginning of it.
  const reason = state.ending?.as === 'fail' ? (state.ending.reason ?? failure) : (failure ?? reasonOf(state));
  const sealed = obey(state, 'seal', { at, as, reason });
  return { ...sealed, done, partial: {}, updatedAt: at };
}

/** The end is announced. This also seals a run that was not sealed. */
export function endRun(state: RunState, failure: string | undefined, at: string): RunState {
  return obey(sealRun(state, failure, at), 'tell', { at });
}

function outcomeOf(state: RunState, failure: string | undefined, hasErrors: boolean): Outcome['status'] {
  if (failure !== undefined || state.ending?.as === 'fail') return 'Failed';
  if (isStopping(state)) return 'Cancelled';
  return hasErrors ? 'CompletedWithErrors' : 'Completed';
}

/** Known images were missing from a listing that lost too many to be believed: their results stay, and it is said. */
function shrinkOf({ listing, mayRemove, request, quote }: RunState): FailureGroup | undefined {
  if (mayRemove || request.retry !== undefined || quote === undefined || listing.missing === 0) return undefined;
  const kind = { reason: 'shrink', code: 'shrink', stage: 'listing' };
  return { ...kind, count: listing.missing, retryable: true };
}

function touched(before: RunState, state: RunState, at: string): RunState {
  return state === before ? before : { ...state, updatedAt: at };
}
