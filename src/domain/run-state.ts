import { addProgress, type ChunkProgress, NO_PROGRESS } from './chunk-progress';
import { type ChunkSet, hasChunk, withChunk } from './chunk-set';
import { type ChunkRef, chunkId } from './ids';
import { addListings, type ListingCounts, NO_LISTING, type Quote } from './quote';
import { isFinal, RUN_PHASES, type RunPhase, type RunRequest, type RunStatus, type RunView } from './run';

/**
 * The durable state of a RunActor, and every change it allows.
 *
 * I1 A final status never changes again.
 * I2 A page's listing and a chunk's result are counted once.
 * I3 A command is idempotent; where it makes no sense it is refused with the present status.
 */
export interface RunState {
  readonly version: number;
  readonly request: RunRequest;
  readonly status: RunStatus;
  readonly phase: RunPhase;
  /** What the owner wants; every replica obeys within one lease. */
  readonly control: Control;
  readonly pagesListed: number;
  readonly listing: ListingCounts;
  readonly quote?: Quote;
  /** Stored images may leave the results in this run (not when the listing has shrunk too much). */
  readonly mayRemove: boolean;
  /** Sum over chunks that are done. */
  readonly done: ChunkProgress;
  /** Chunks that stopped half way, by chunk id: at most as many as run at once. */
  readonly partial: Readonly<Record<string, ChunkProgress>>;
  readonly reason?: string;
  readonly updatedAt: string;
  readonly endedAt?: string;
}

export type Control = 'run' | 'pause' | 'cancel' | 'fail';

export function newRun(request: RunRequest): RunState {
  return {
    version: 0,
    request,
    status: 'Queued',
    phase: 'snapshot',
    control: 'run',
    pagesListed: 0,
    listing: NO_LISTING,
    mayRemove: true,
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

export function enterPhase(state: RunState, phase: RunPhase, at: string): RunState {
  const isLate = RUN_PHASES.indexOf(phase) < RUN_PHASES.indexOf(state.phase);
  if (isFinal(state.status) || isLate) return state;
  if (state.phase === phase && state.status !== 'Queued') return state;
  const status = state.control === 'run' ? STATUS_OF_PHASE[phase] : state.status;
  return { ...state, phase, status, updatedAt: at };
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

export function setQuote(state: RunState, quote: Quote, mayRemove: boolean, at: string): RunState {
  return { ...state, quote, mayRemove, updatedAt: at };
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

export type Command = 'pause' | 'resume' | 'cancel' | 'fail';
export type CommandResult =
  | { readonly accepted: true; readonly state: RunState }
  | { readonly accepted: false; readonly status: RunStatus };

export function command(state: RunState, verb: Command, reason: string | undefined, at: string): CommandResult {
  const refuse: CommandResult = { accepted: false, status: state.status };
  const accept = (change: Partial<RunState>): CommandResult => ({
    accepted: true,
    state: { ...state, ...change, ...(reason === undefined ? {} : { reason }), updatedAt: at },
  });
  const stopping = state.control === 'cancel' || state.control === 'fail';
  switch (verb) {
    case 'pause':
      if (isFinal(state.status) || stopping) return refuse;
      return state.control === 'pause' ? { accepted: true, state } : accept({ control: 'pause', status: 'Pausing' });
    case 'resume':
      if (isFinal(state.status) || stopping) return refuse;
      return state.control === 'run'
        ? { accepted: true, state }
        : accept({ control: 'run', status: STATUS_OF_PHASE[state.phase] });
    case 'cancel':
      if (state.status === 'Cancelled') return { accepted: true, state };
      if (isFinal(state.status)) return refuse;
      return stopping ? { accepted: true, state } : accept({ control: 'cancel', status: 'Cancelling' });
    case 'fail':
      if (isFinal(state.status)) return refuse;
      return state.control === 'fail' ? { accepted: true, state } : accept({ control: 'fail' });
  }
}

/** All chunks have stopped after a pause. */
export function paused(state: RunState, at: string): RunState {
  return state.control === 'pause' && !isFinal(state.status) ? { ...state, status: 'Paused', updatedAt: at } : state;
}

/** What the run ends as, and why: decided once, from what is counted. */
export function endRun(state: RunState, failure: string | undefined, at: string): RunState {
  if (isFinal(state.status)) return state;
  const counted = Object.values(state.partial).reduce(addProgress, state.done);
  const status: RunStatus =
    failure !== undefined || state.control === 'fail'
      ? 'Failed'
      : state.control === 'cancel'
        ? 'Cancelled'
        : counted.failed > 0
          ? 'CompletedWithErrors'
          : 'Completed';
  const reason = failure ?? state.reason;
  return {
    ...state,
    status,
    phase: 'done',
    done: counted,
    partial: {},
    ...(reason === undefined ? {} : { reason }),
    updatedAt: at,
    endedAt: at,
  };
}

/** The read model: durable counts plus what running chunks reported last. */
export function viewOf(state: RunState, live: readonly ChunkProgress[]): RunView {
  const counted = [...Object.values(state.partial), ...live].reduce(addProgress, state.done);
  const totalIsFinal = state.phase !== 'snapshot';
  const covered = counted.succeeded + counted.failed + counted.skipped + counted.unchanged;
  // A chunk whose manifest was lost is listed again and may differ from the first listing: what was covered counts.
  const total = state.status === 'Completed' || state.status === 'CompletedWithErrors' ? covered : state.listing.total;
  return {
    id: state.request.id,
    container: state.request.container,
    prefix: state.request.prefix,
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
    failureGroups: counted.failureGroups,
    ...(counted.waiting === undefined ? {} : { waiting: counted.waiting }),
    ...(state.reason === undefined ? {} : { reason: state.reason }),
    startedAt: state.request.startedAt,
    updatedAt: state.updatedAt,
    ...(state.endedAt === undefined ? {} : { endedAt: state.endedAt }),
  };
}
