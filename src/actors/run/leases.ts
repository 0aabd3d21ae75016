import { type ChunkRef, chunkId } from '../../domain/ids';
import { isAlive, type Lease, mayHold, SETTLE_MS } from '../../domain/run/chunk-lease';
import { type ChunkProgress, covered, NO_PROGRESS } from '../../domain/run/chunk-progress';
import type { ExecutionProgress } from './run-actor.api';

/** Wall time for what is shown, monotonic time for intervals: a wall clock that is set back would keep the dead alive. */
export interface RunClock {
  nowMs(): number;
  monotonicMs(): number;
}

/**
 * Who works on which chunk, in the memory of one activation (invariants: domain/run/chunk-lease.ts). A move of the actor
 * empties it; whoever works reports again within a second, and nobody is given a chunk before that.
 */
export class ChunkLeases {
  private readonly leases = new Map<string, Lease>();
  private readonly activatedAtMs: number;
  /** The run began in this activation: nobody can be working on it unseen. */
  private isBornHere = false;
  private movedAt: number;

  constructor(private readonly clock: RunClock) {
    this.activatedAtMs = clock.monotonicMs();
    this.movedAt = clock.nowMs();
  }

  /** When work was last seen to go on, beside what the stored state tells: milliseconds since 1970. */
  get movedAtMs(): number {
    return this.movedAt;
  }

  /** The run has begun here: there is nobody to wait for. */
  born(): void {
    this.isBornHere = true;
  }

  /** May `attempt` have the chunk now? `mine`: it has it already, and its answer was lost. */
  ask(ref: ChunkRef, attempt: string): 'free' | 'mine' | 'wait' {
    const lease = this.leases.get(chunkId(ref));
    const now = this.clock.monotonicMs();
    const isSettled = this.isBornHere || now - this.activatedAtMs >= SETTLE_MS;
    if (!lease && !isSettled) return 'wait'; // I3 of chunk-lease
    if (!mayHold(lease, attempt, now)) return 'wait'; // I1 of chunk-lease
    return lease?.attempt === attempt ? 'mine' : 'free';
  }

  grant(ref: ChunkRef, attempt: string): void {
    this.leases.set(chunkId(ref), { attempt, seenAtMs: this.clock.monotonicMs(), progress: NO_PROGRESS });
    this.movedAt = this.clock.nowMs();
  }

  /** False where another execution holds the chunk. */
  renew({ ref, attempt, progress }: ExecutionProgress): boolean {
    const id = chunkId(ref);
    const before = this.leases.get(id);
    const now = this.clock.monotonicMs();
    if (!mayHold(before, attempt, now)) return false;
    if (before === undefined || covered(before.progress) !== covered(progress)) this.movedAt = this.clock.nowMs();
    this.leases.set(id, { attempt, seenAtMs: now, progress });
    return true;
  }

  /** Only its holder gives a chunk back. */
  release(ref: ChunkRef, attempt: string): void {
    const id = chunkId(ref);
    if (this.leases.get(id)?.attempt === attempt) this.leases.delete(id);
  }

  /** Nobody works for the run any more. */
  clear(): void {
    this.leases.clear();
  }

  /** By chunk id, what the living reported last. */
  live(): ReadonlyMap<string, ChunkProgress> {
    const now = this.clock.monotonicMs();
    const living = [...this.leases].filter(([, lease]) => isAlive(lease, now));
    return new Map(living.map(([id, { progress }]) => [id, progress]));
  }
}
