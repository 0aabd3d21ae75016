import type { ApplyResult, BeginRunResult } from '../../domain/container/container-state';
import type { TotalsVector } from '../../domain/container/totals';
import type { ChunkRef } from '../../domain/ids';

/**
 * Serial by container name: exact totals, and which run is active. One object argument per method (the SDK spreads arrays over
 * parameters).
 *
 * Every method: @throws AppError sidecar-unavailable, actor-failed, invalid-request (refused by its schema).
 */
export interface ContainerActorApi {
  /** Makes the run the active one, where none is, and says when it started. Idempotent for the same run. `now`: RFC 3339. */
  beginRun(input: { readonly runId: string; readonly now?: string }): Promise<BeginRunResult>;
  /**
   * Idempotent by chunk: what it applied before it was complete is replaced. Refused once the run is not the active one.
   */
  applyChunk(input: {
    readonly ref: ChunkRef;
    readonly delta: TotalsVector;
    readonly complete: boolean;
  }): Promise<{ readonly result: ApplyResult }>;
  /** Idempotent: ends the run if it is the active one. */
  endRun(input: { readonly runId: string }): Promise<{ readonly ended: true }>;
  /** Totals now, with every chunk that was applied so far. */
  summary(): Promise<ContainerTotals>;
  /** Replaces every total by a recount. Refused (false) unless `runId` is the active run. */
  replaceAggregate(input: {
    readonly runId: string;
    readonly counters: TotalsVector;
  }): Promise<{ readonly replaced: boolean }>;
  /** The same between runs. Refused (false) while a run is active, and when another than `lastRun` has ended since. */
  repair(input: {
    readonly lastRun?: string;
    readonly counters: TotalsVector;
  }): Promise<{ readonly repaired: boolean }>;
}

/** What the images of a container add up to. */
export interface ContainerTotals {
  /** By key of domain/container/totals.ts. */
  readonly counters: TotalsVector;
  /** Id of the run that holds the container. */
  readonly activeRun?: string;
  /** Id of the run that ended last. */
  readonly lastRun?: string;
}
