import type { ChunkProgress } from './chunk-progress';

/**
 * Who is working on which chunk right now. Lives in the memory of the RunActor: after a move of the actor it is empty
 * and fills again from the next reports.
 *
 * I1 One execution at a time holds a chunk. A second one waits until the first ends or is dead (ALIVE_MS without a
 *    report), so a chunk that the engine delivers twice repeats no call.
 * I2 A holder starts no call unless its last report is younger than FRESH_MS, far below ALIVE_MS: a process that was
 *    stopped and continues cannot call beside its successor.
 * I3 After a move the actor grants no chunk until every living holder could report (SETTLE_MS).
 */
export const REPORT_INTERVAL_MS = 400;
export const FRESH_MS = 1_000;
export const ALIVE_MS = 5_000;
export const SETTLE_MS = 1_500;

export interface Lease {
  /** Id of one execution of one chunk. */
  readonly attempt: string;
  readonly seenAtMs: number;
  readonly progress: ChunkProgress;
}

export function isAlive(lease: Lease | undefined, nowMs: number): boolean {
  return lease !== undefined && nowMs - lease.seenAtMs < ALIVE_MS;
}

/** May `attempt` hold the chunk now? */
export function mayHold(lease: Lease | undefined, attempt: string, nowMs: number): boolean {
  return lease === undefined || lease.attempt === attempt || !isAlive(lease, nowMs);
}
