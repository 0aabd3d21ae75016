import type { ApplyResult, BeginRunResult } from '../../domain/container/container-state';
import type { Counters } from '../../domain/container/totals';
import type { ChunkRef } from '../../domain/ids';

/** Serial by container name. One object argument per method (the SDK spreads arrays over parameters). */
export interface ContainerActorApi {
  /** Idempotent for the same run. */
  beginRun(input: { readonly runId: string }): Promise<BeginRunResult>;
  /**
   * Idempotent by chunk: what it applied before it was complete is replaced. Refused once the run is not the active one.
   */
  applyChunk(input: {
    readonly ref: ChunkRef;
    readonly delta: Counters;
    readonly complete: boolean;
  }): Promise<{ readonly result: ApplyResult }>;
  /** Idempotent: ends the run if it is the active one. */
  endRun(input: { readonly runId: string }): Promise<{ readonly ended: true }>;
  summary(): Promise<ContainerTotals>;
  /** Replaces every total by a recount. Refused (false) unless `runId` is the active run. */
  replaceAggregate(input: {
    readonly runId: string;
    readonly counters: Counters;
  }): Promise<{ readonly replaced: boolean }>;
  /** The same between runs. Refused (false) while a run is active, and when another than `lastRun` has ended since. */
  repair(input: { readonly lastRun?: string; readonly counters: Counters }): Promise<{ readonly repaired: boolean }>;
}

export interface ContainerTotals {
  readonly counters: Counters;
  readonly activeRun?: string;
  readonly lastRun?: string;
}
