import type { Counters, WorkCounters } from '../counters';
import type { ApprovalRule, RunApproval } from './approval';
import type { Quote } from '../money/quote';
import type { Action } from './action';
import type { RetryScope } from './retry-filter';
import type { WaitingCode } from './waiting-code';

/**
 * One pass over a container. `RunView` is the one read model: API, command line, table and receipt show these numbers.
 *
 * I1 A final status never changes again.
 * I2 Counts of a final run add up: succeeded + failed + skipped + unchanged = total.
 */

export const RUN_STATUSES = [
  'Queued',
  'Counting',
  'AwaitingApproval',
  'Running',
  'Pausing',
  'Paused',
  'Cancelling',
  'Cancelled',
  'StoppedAtBudget',
  'Completed',
  'CompletedWithErrors',
  'Failed',
] as const;

export type RunStatus = (typeof RUN_STATUSES)[number];

export const FINAL_STATUSES: readonly RunStatus[] = ['Cancelled', 'Completed', 'CompletedWithErrors', 'Failed'];

export function isFinal(status: RunStatus): boolean {
  return FINAL_STATUSES.includes(status);
}

export const RUN_PHASES = ['snapshot', 'quote', 'approve', 'analyze', 'finish', 'done'] as const;
export type RunPhase = (typeof RUN_PHASES)[number];

/** What was asked for. Immutable once the run exists. */
export interface RunRequest {
  readonly id: string;
  readonly container: string;
  /** Only blobs whose names start with it; empty for all. */
  readonly prefix: string;
  /** What Vision is asked for. */
  readonly features: readonly string[];
  /** Lets a listing that lost many known images remove their results (I11 of the design). */
  readonly confirmShrink: boolean;
  /** Absent: `auto`. */
  readonly approval?: ApprovalRule;
  /** Cap on what the run may spend; an approval may set another. */
  readonly maxTransactions?: number;
  /** Only images that an earlier run left failed or skipped. */
  readonly retry?: RetryScope;
  readonly retryOf?: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
}

/** Images of a run that are dealt with: those that were removed were not listed. */
export const COVERED = ['succeeded', 'failed', 'skipped', 'unchanged'] as const;

export interface RunCounts extends Pick<Counters, (typeof COVERED)[number]> {
  /** Listed so far; final once `totalIsFinal`. */
  readonly total: number;
  readonly totalIsFinal: boolean;
  readonly inFlight: number;
}

/** Failures with the same stage, code and reason. */
export interface FailureGroup {
  readonly reason: string;
  readonly code: string;
  readonly stage: string;
  readonly count: number;
  readonly retryable: boolean;
  /** One blob name that shows it; absent where only their number is known. */
  readonly sample?: string;
}

export interface RunView extends WorkCounters {
  readonly id: string;
  readonly container: string;
  readonly prefix: string;
  /** What Vision is asked for; absent in records of older runs. */
  readonly features?: readonly string[];
  readonly status: RunStatus;
  readonly phase: RunPhase;
  readonly counts: RunCounts;
  /** Stored images that are gone from the container and left the results. */
  readonly removed: number;
  /** While it analysed, pauses left out; once it has. */
  readonly callsPerSecond?: number;
  readonly quote?: Quote;
  readonly approval?: RunApproval;
  /** It spends no more than that. */
  readonly maxTransactions?: number;
  /** It covers no more than these images; absent: all. */
  readonly retry?: RetryScope;
  /** The run whose failures this one tries again, and the newest one that tries this one's. */
  readonly retryOf?: string;
  readonly retriedBy?: string;
  readonly failureGroups: readonly FailureGroup[];
  /** Why nothing moves right now, when nothing does (I5 of the design). */
  readonly waiting?: string;
  /** The same as a stable word; absent in records of older runs. */
  readonly waitingCode?: WaitingCode;
  /** One sentence: why it was paused, stopped, or ended Failed or Cancelled. */
  readonly reason?: string;
  /** What would change something now; absent in records of older runs. */
  readonly actions?: readonly Action[];
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly endedAt?: string;
}
