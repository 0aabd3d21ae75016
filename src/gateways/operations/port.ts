import type { KnownOperations } from '../../domain/operation';
import type { Page, PageRequest } from '../results/port';

/**
 * Which records of operations there are: a document per container, in Cosmos DB `AnalysisResult/Runs`, in a partition of
 * their own. The records themselves lie beside the manifests, whose keys cannot be listed.
 */
export interface OperationsGateway {
  /** Reads, applies and writes; when somebody else wrote meanwhile, from the start. `undefined` removes the document. */
  change(
    container: string,
    apply: (known: KnownOperations | undefined) => KnownOperations | undefined,
  ): Promise<KnownOperations | undefined>;
  /** By container. */
  list(page: PageRequest): Promise<Page<KnownOperations>>;
}
