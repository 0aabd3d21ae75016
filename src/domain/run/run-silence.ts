import type { RunPhase, RunStatus, RunView } from './run';

/**
 * What a run says when it does not move and nobody told it why (I5 of the design). Services that hold it back give
 * their own reason. This covers the rest: a lost scheduler, a worker that is gone, an answer that takes its time.
 */
export const SILENCE_MS = 30_000;

const MOVING: readonly RunStatus[] = ['Queued', 'Counting', 'Running', 'Pausing', 'Cancelling'];

export interface Stillness {
  /** Since the last thing that moved. */
  readonly silentMs: number;
  /** Chunks that somebody is working on. */
  readonly working: number;
}

export function silenceOf(
  { status, phase, counts, approval }: Pick<RunView, 'status' | 'phase' | 'counts' | 'approval'>,
  { silentMs, working }: Stillness,
): string | undefined {
  if (status === 'AwaitingApproval') {
    return approval === undefined ? undefined : `Its owner has to approve it before ${approval.expiresAt}.`;
  }
  if (!MOVING.includes(status) || silentMs < SILENCE_MS) return undefined;
  const seconds = Math.floor(silentMs / 1_000);
  if (working > 0) return `No image has been finished for ${seconds} s; ${counts.inFlight} are in flight.`;
  return `${NEXT[phase]} has not been heard of for ${seconds} s: the workflow engine or its worker may be down.`;
}

/** What comes next in each phase. */
const NEXT: Readonly<Record<RunPhase, string>> = {
  snapshot: 'The listing of the next page',
  quote: 'The quote',
  approve: 'The answer to the approval',
  analyze: 'The next chunk',
  finish: 'The closing of the run',
  done: 'The end of the run',
};
