import type { Watch } from '../../domain/watch/watch';
import type { Page, PageRequest } from '../results/port';

/** The containers that are watched: one document each, in Cosmos DB `AnalysisResult/Runs`, in a partition of their own. */
export interface WatchesGateway {
  get(container: string): Promise<Watch | undefined>;
  /**
   * Reads, applies and writes; when somebody else wrote meanwhile, from the start. `undefined` removes the watch, the same
   * object leaves it as it is. Answers what stands.
   */
  change(container: string, apply: (watch: Watch | undefined) => Watch | undefined): Promise<Watch | undefined>;
  /** By container. */
  list(page: PageRequest): Promise<Page<Watch>>;
}
