import type { RunApproval } from './approval';
import type { PhaseTimes } from './receipt';
import { RUN_PHASES, type RunPhase, type RunStatus } from './run';

/**
 * How far a run is, and which commands it was given. The facts are independent. Status, phase and control that callers
 * see are computed from them and never stored.
 *
 * I1 Once a run has an outcome, only `told` may still change.
 * I2 `hold` survives a cancel and a failure. They outrank it, but it still shows why the run stood still.
 */
export interface RunFacts {
  /** The furthest phase that the workflow has entered; `queued` until it is heard of. */
  readonly phase: 'queued' | Exclude<RunPhase, 'done'>;
  /** Present from the question on; `approvedAt` is the consent. */
  readonly approval?: RunApproval | undefined;
  /** Work has to stop cleanly and may go on later. */
  readonly hold?: Hold | undefined;
  /** Work has to stop for good. */
  readonly ending?: Ending | undefined;
  /** The workflow waits and nothing is in flight: a word has to wake it. */
  readonly drained?: true | undefined;
  /** What the run ends as: decided once, told later. */
  readonly outcome?: Outcome | undefined;
  /** When each phase was entered, RFC 3339. */
  readonly phaseTimes?: PhaseTimes | undefined;
  /** Milliseconds of holds that are over, while it analysed. */
  readonly heldMs?: number | undefined;
}

export const HOLDERS = ['owner', 'budget', 'vision'] as const;

export interface Hold {
  /** Its owner (pause), a cap (higher cap goes on), or Vision (ends by itself). */
  readonly by: (typeof HOLDERS)[number];
  /** RFC 3339. A hold that takes over from another one keeps its time. */
  readonly since: string;
  /** Of Vision: RFC 3339. */
  readonly until?: string | undefined;
  readonly reason?: string | undefined;
}

export interface Ending {
  /** A failure outranks a cancel. */
  readonly as: 'cancel' | 'fail';
  /** Of a failure: the run was cancelled before, and still shows it. */
  readonly cancelled?: true | undefined;
  readonly reason?: string | undefined;
}

export interface Outcome {
  readonly status: 'Completed' | 'CompletedWithErrors' | 'Cancelled' | 'Failed';
  /** When it was decided: RFC 3339. */
  readonly at: string;
  /** Absent: whoever looks still sees the run finishing. */
  readonly told?: true | undefined;
  readonly reason?: string | undefined;
}

/** What work on the run has to do now. Wire format: the run actor answers it, recorded histories hold it. */
export type Control = 'run' | 'pause' | 'budget' | 'throttled' | 'cancel' | 'fail';

const CONTROL_OF: Readonly<Record<Hold['by'], Control>> = { owner: 'pause', budget: 'budget', vision: 'throttled' };

/** What outranks comes first: failure, cancel, hold. */
export function controlOf({ ending, hold }: Pick<RunFacts, 'ending' | 'hold'>): Control {
  if (ending) return ending.as;
  return hold ? CONTROL_OF[hold.by] : 'run';
}

/** Stopped for now: the workflow waits for the owner, or for the time. */
export function isHeld({ control }: { readonly control: Control }): boolean {
  return control === 'pause' || control === 'budget' || control === 'throttled';
}

/** Its end is decided, told or not. */
export function isOver({ outcome }: Pick<RunFacts, 'outcome'>): boolean {
  return outcome !== undefined;
}

/** It is to end, and has not ended yet or has. */
export function isStopping({ ending }: Pick<RunFacts, 'ending'>): boolean {
  return ending !== undefined;
}

const STATUS_OF_PHASE: Readonly<Record<RunFacts['phase'], RunStatus>> = {
  queued: 'Queued',
  snapshot: 'Counting',
  quote: 'Counting',
  approve: 'AwaitingApproval',
  analyze: 'Running',
  finish: 'Running',
};

/** The word of the API. An end that is not told yet does not show. */
export function statusOf(facts: RunFacts): RunStatus {
  const { outcome, ending, hold, drained, phase, approval } = facts;
  if (outcome?.told) return outcome.status;
  if (ending?.as === 'cancel' || ending?.cancelled) return 'Cancelling';
  if (hold?.by === 'owner') return drained ? 'Paused' : 'Pausing';
  if (hold?.by === 'budget' && drained) return 'StoppedAtBudget';
  return phase === 'approve' && approval?.approvedAt !== undefined ? 'Running' : STATUS_OF_PHASE[phase];
}

/** The phase of the API. */
export function phaseOf({ outcome, phase }: Pick<RunFacts, 'outcome' | 'phase'>): RunPhase {
  if (outcome) return outcome.told ? 'done' : 'finish';
  return phase === 'queued' ? 'snapshot' : phase;
}

/** Why it was held back or ended: what was said last and outranks. */
export function reasonOf({ outcome, ending, hold }: RunFacts): string | undefined {
  return outcome?.reason ?? ending?.reason ?? hold?.reason;
}

/** With its end, told or not. */
export function decided<Facts extends Pick<RunFacts, 'outcome'>>(facts: Facts): Facts {
  const { outcome } = facts;
  return outcome && !outcome.told ? { ...facts, outcome: { ...outcome, told: true } } : facts;
}

/** Does the workflow wait although something was said that lets it go on or ends it? */
export function needsWake(facts: RunFacts): boolean {
  if (!facts.drained || isOver(facts)) return false;
  if (isStopping(facts)) return true;
  return facts.phase === 'approve' ? facts.approval?.approvedAt !== undefined : facts.hold === undefined;
}

/** Does the second phase come before the first one? */
export function isBehind(phase: RunFacts['phase'], other: RunPhase): boolean {
  return phase !== 'queued' && RUN_PHASES.indexOf(other) < RUN_PHASES.indexOf(phase);
}
