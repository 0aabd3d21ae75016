import type { RunStatus, RunView } from '../../domain/run/run';
import type { Page, PageRequest } from '../../domain/page';

/**
 * The durable index of runs (Cosmos DB `AnalysisResult/Runs`): one document per run, rewritten at milestones.
 *
 * Every method: @throws AppError results-unavailable (retryable), results-forbidden.
 */
export interface RunsGateway {
  /** Upsert by id. A final state is never overwritten by one that is not: late duplicates change nothing. */
  write(run: RunView): Promise<void>;
  /** What is gone is gone. */
  remove(id: string): Promise<void>;
  /** As of its last milestone; undefined for a run that was never indexed, or purged. */
  get(id: string): Promise<RunView | undefined>;
  /** Newest first by `startedAt`. @throws AppError invalid-request for a continuation that is not of this list */
  list(filter: RunFilter, page: PageRequest): Promise<Page<RunView>>;
}

/** Everything that is given must match. */
export interface RunFilter {
  readonly container?: string;
  readonly statuses?: readonly RunStatus[];
}
