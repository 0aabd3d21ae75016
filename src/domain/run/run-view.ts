import { pickCounters, WORK_COUNTERS } from '../counters';
import { defined } from '../defined';
import { addGroups, addProgress, type ChunkProgress, NO_PROGRESS } from './chunk-progress';
import { phaseOf, reasonOf, statusOf } from './facts';
import { COVERED, type FailureGroup, type RunStatus, type RunView } from './run';
import type { RunState } from './run-state';
import { allowedActions } from './transitions';
import { reasonOfUnprocessed } from './unprocessed';
import { waitingOf } from './waiting';

/**
 * The read model: durable counts plus what running chunks reported last. An end that is not told yet does not show; with
 * `decided` (facts.ts) it does.
 */
export function viewOf(state: RunState, live: readonly ChunkProgress[]): RunView {
  const counted = [state.done, ...Object.values(state.partial), ...live].reduce(addProgress, NO_PROGRESS);
  const status = statusOf(state);
  const phase = phaseOf(state);
  const covered = counted.succeeded + counted.failed + counted.skipped + counted.unchanged;
  const waiting = waitingOf(state, counted);
  // A chunk whose manifest was lost is listed again and may differ from the first listing: what was covered counts.
  const total = status === 'Completed' || status === 'CompletedWithErrors' ? covered : state.listing.total;
  const rest = restOf(status, state, counted);
  const reason = reasonOf(state);
  return {
    id: state.request.id,
    container: state.request.container,
    prefix: state.request.prefix,
    features: state.request.features,
    status,
    phase,
    counts: {
      total,
      totalIsFinal: phase !== 'snapshot',
      ...pickCounters(counted, COVERED),
      inFlight: counted.inFlight,
    },
    removed: counted.removed,
    ...pickCounters(counted, WORK_COUNTERS),
    ...defined({
      quote: state.quote,
      approval: state.approval,
      maxTransactions: state.maxTransactions,
      retry: state.request.retry,
      retryOf: state.request.retryOf,
      retriedBy: state.retriedBy,
    }),
    failureGroups: rest ? addGroups(counted.failureGroups, [rest]) : counted.failureGroups,
    ...defined({ waiting: waiting?.sentence, waitingCode: waiting?.code, reason }),
    actions: allowedActions(state),
    startedAt: state.request.startedAt,
    updatedAt: state.updatedAt,
    ...(state.outcome?.told && { endedAt: state.outcome.at }),
  };
}

/**
 * What was to be worked on and was not: as long as a cap keeps it from that, or for good where the run ended early. What a
 * process saved and died before it could report is counted here and listed as saved (unprocessed.ts): a resumed run counts it.
 */
function restOf(status: RunStatus, { listing }: RunState, counted: ChunkProgress): FailureGroup | undefined {
  const unchanged = Math.max(listing.unchanged, counted.unchanged); // listed as such, whether a chunk came to it or not
  const count = listing.total - unchanged - counted.succeeded - counted.failed - counted.skipped;
  const reason = reasonOfUnprocessed(status);
  if (reason === undefined || count <= 0) return undefined;
  const stage = reason === 'budget' ? 'quota' : 'run';
  return { reason, code: reason, stage, count, retryable: true };
}
