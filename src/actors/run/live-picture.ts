import { isFinal, type RunView } from '../../domain/run/run';
import { decided } from '../../domain/run/facts';
import { callsPerSecond } from '../../domain/run/pace';
import { silenceOf } from '../../domain/run/run-silence';
import type { RunState } from '../../domain/run/run-state';
import { viewOf } from '../../domain/run/run-view';
import type { ChunkLeases, RunClock } from './leases';

/** Longer than the longest pause between two tries of a step (60 s). */
const TROUBLE_SHOWN_MS = 75_000;

/** What a reader of a run sees: its stored state, what living processes reported last, and why nothing moves. */
export class LivePicture {
  private latestTrouble: { readonly reason: string; readonly atMs: number } | undefined;

  constructor(
    private readonly clock: RunClock,
    private readonly leases: Pick<ChunkLeases, 'live' | 'movedAtMs'>,
  ) {}

  /** A step failed and will be tried again: shown for 75 s as the reason why nothing moves. Not durable. */
  trouble(reason: string): void {
    this.latestTrouble = { reason, atMs: this.clock.monotonicMs() };
  }

  /** An end that is not told yet does not show (I5 of run-state). */
  of(state: RunState): RunView {
    const live = this.leases.live();
    // A chunk that goes on after a pause reports everything again: its live progress replaces the partial one.
    const partial = Object.fromEntries(Object.entries(state.partial).filter(([id]) => !live.has(id)));
    const counted = viewOf({ ...state, partial }, [...live.values()]);
    const pace = callsPerSecond(counted, analysisOf(state), state.heldMs ?? 0);
    const view = pace === undefined ? counted : { ...counted, callsPerSecond: pace };
    if (isFinal(view.status) || view.waiting !== undefined) return view;
    const trouble = this.freshTrouble();
    if (trouble !== undefined) return { ...view, waiting: trouble, waitingCode: 'step-failed' };
    const waiting = silenceOf(view, { silentMs: this.silentMs(state), working: live.size });
    if (waiting === undefined) return view;
    return { ...view, waiting, waitingCode: view.status === 'AwaitingApproval' ? 'approval' : 'silence' };
  }

  /** With its end, told or not. */
  decided(state: RunState): RunView {
    return this.of(decided(state));
  }

  private freshTrouble(): string | undefined {
    const trouble = this.latestTrouble;
    return trouble && this.clock.monotonicMs() - trouble.atMs < TROUBLE_SHOWN_MS ? trouble.reason : undefined;
  }

  private silentMs({ updatedAt }: RunState): number {
    return this.clock.nowMs() - Math.max(this.leases.movedAtMs, Date.parse(updatedAt));
  }
}

function analysisOf({ phaseTimes: { analyze, finish } = {} }: Pick<RunState, 'phaseTimes'>) {
  return {
    analyzeAtMs: analyze === undefined ? undefined : Date.parse(analyze),
    finishAtMs: finish === undefined ? undefined : Date.parse(finish),
  };
}
