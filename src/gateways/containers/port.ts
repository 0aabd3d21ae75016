import type { ContainerEntry } from '../../domain/container/container-entry';
import type { Page, PageRequest } from '../results/port';

/**
 * The containers that were ever analysed: one document each, in Cosmos DB `AnalysisResult/Runs`, in a partition of their
 * own.
 */
export interface ContainersGateway {
  /**
   * Writes what `look` answers. It looks after the document was read, and again when somebody else wrote meanwhile: what was
   * seen earlier never replaces what was seen later.
   */
  refresh(container: string, look: () => Promise<ContainerEntry>): Promise<void>;
  /** By name. */
  list(page: PageRequest): Promise<Page<ContainerEntry>>;
}
