import { defined } from '../defined';
import { AppError } from '../errors';
import { timeOf } from '../time';
import type { Control, Ending, Hold, Outcome, RunFacts } from './facts';
import { isFinal, type RunPhase, type RunStatus } from './run';
import { RUN_SCHEMA, type RunState } from './run-state';

/**
 * Reads what a RunActor has stored, in this shape or in an older one. Pure: nothing is written until the run changes.
 *
 * Shapes: 1 (no `schema`): `status`, `control`, `phase`, `resting` and `shownStatus` beside each other. 2: facts.ts.
 *
 * @throws AppError internal where a newer build wrote it
 */
export function readRun(stored: unknown): RunState {
  const { schema = 1 } = stored as { readonly schema?: number };
  if (schema === 1) return fromFirst(stored as FirstRunState);
  if (schema === RUN_SCHEMA) return stored as RunState;
  throw new AppError(
    'internal',
    `The state of this run has the shape ${schema}; this build reads up to ${RUN_SCHEMA}.`,
  );
}

/** What the first shape held of facts. Everything else is as it was. */
export interface FirstFacts {
  readonly status: RunStatus;
  readonly phase: RunPhase;
  readonly control: Control;
  readonly resting?: true;
  readonly shownStatus?: RunStatus;
  readonly throttledUntil?: string;
  readonly reason?: string;
  /** Milliseconds since 1970. */
  readonly heldSinceMs?: number;
  readonly endedAt?: string;
}
type FirstRunState = Omit<RunState, keyof FirstFacts | 'schema' | 'hold' | 'ending' | 'drained' | 'outcome'> &
  FirstFacts;

function fromFirst(stored: FirstRunState): RunState {
  const {
    status,
    phase: _,
    control,
    resting,
    shownStatus,
    throttledUntil,
    reason,
    heldSinceMs,
    endedAt,
    ...rest
  } = stored;
  const hold = holdOf(stored);
  const ending = endingOf(stored);
  const outcome = outcomeOf(stored);
  return {
    ...rest,
    schema: RUN_SCHEMA,
    phase: phaseOf(stored),
    ...defined({ hold, ending, outcome }),
    ...((resting || wasDrained(stored)) && { drained: true }),
  };
}

/** A run that has ended has forgotten where it was: only whether it shows as something else is known. */
function phaseOf({ status, shownStatus = status, phase, phaseTimes }: FirstRunState): RunFacts['phase'] {
  if (phase !== 'done')
    return phase === 'snapshot' && phaseTimes?.snapshot === undefined && status !== 'Counting' ? 'queued' : phase;
  if (shownStatus === 'Queued') return 'queued';
  if (shownStatus === 'Counting') return 'snapshot';
  return shownStatus === 'AwaitingApproval' ? 'approve' : 'finish';
}

/** The end of a run woke it, and what it showed until that was told stayed. */
function wasDrained({ shownStatus }: FirstRunState): boolean {
  return shownStatus === 'Paused' || shownStatus === 'StoppedAtBudget';
}

const HOLDER_OF: Readonly<Partial<Record<Control, Hold['by']>>> = {
  pause: 'owner',
  budget: 'budget',
  throttled: 'vision',
};
/** A failure overwrote who held the run, and left the status. */
const HOLDER_SHOWN: Readonly<Partial<Record<RunStatus, Hold['by']>>> = {
  Pausing: 'owner',
  Paused: 'owner',
  StoppedAtBudget: 'budget',
};

function holdOf({
  control,
  status,
  shownStatus = status,
  heldSinceMs,
  updatedAt,
  throttledUntil,
  reason,
}: FirstRunState): Hold | undefined {
  const by = HOLDER_OF[control] ?? HOLDER_SHOWN[shownStatus];
  if (by === undefined) return undefined;
  return {
    by,
    since: heldSinceMs === undefined ? updatedAt : timeOf(heldSinceMs),
    ...(by === 'vision' && throttledUntil !== undefined && { until: throttledUntil }),
    ...defined({ reason }),
  };
}

function endingOf({ control, status, shownStatus = status, reason }: FirstRunState): Ending | undefined {
  if (control !== 'cancel' && control !== 'fail') return undefined;
  const isCancelled = control === 'fail' && shownStatus === 'Cancelling';
  return { as: control, ...(isCancelled && { cancelled: true }), ...defined({ reason }) };
}

function outcomeOf({ status, shownStatus, endedAt, updatedAt, reason }: FirstRunState): Outcome | undefined {
  if (!isFinal(status)) return undefined;
  return {
    status: status as Outcome['status'],
    at: endedAt ?? updatedAt,
    ...(shownStatus === undefined && { told: true }),
    ...defined({ reason }),
  };
}
