import type { RunStatus, RunView } from '../../domain/run/run';
import type { Page, PageRequest } from '../../domain/page';

/** The durable index of runs (Cosmos DB `AnalysisResult/Runs`): one document per run, rewritten at milestones. */
export interface RunsGateway {
  /** Upsert by id. A final state is never overwritten by one that is not: late duplicates change nothing. */
  write(run: RunView): Promise<void>;
  /** What is gone is gone. */
  remove(id: string): Promise<void>;
  get(id: string): Promise<RunView | undefined>;
  /** Newest first by `startedAt`. */
  list(filter: RunFilter, page: PageRequest): Promise<Page<RunView>>;
}

export interface RunFilter {
  readonly container?: string;
  readonly statuses?: readonly RunStatus[];
}
