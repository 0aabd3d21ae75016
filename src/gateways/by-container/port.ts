import type { ContainerEntry } from '../../domain/container/container-entry';
import type { KnownOperations } from '../../domain/operation';
import type { InstanceEntry } from '../../domain/run/instance-entry';
import type { Watch } from '../../domain/watch/watch';
import type { Page, PageRequest } from '../../domain/page';

/**
 * One value of each blob container, each kind in a partition of its own of Cosmos DB `AnalysisResult/Runs`.
 *
 * I1 Changes of one value follow one another: what was seen earlier never replaces what was seen later.
 *
 * Every method: @throws AppError results-unavailable (retryable), results-forbidden.
 */
export interface StoreByContainer<T extends { readonly container: string }> {
  /** undefined where nothing is stored. */
  get(container: string): Promise<T | undefined>;
  /**
   * Reads, applies and writes; when somebody else wrote meanwhile, from the start (I1): `apply` may be called again.
   * `undefined` removes the value, the same object leaves it as it is. Answers what stands.
   */
  change(
    container: string,
    apply: (value: T | undefined) => T | undefined | Promise<T | undefined>,
  ): Promise<T | undefined>;
  /** In the order of the container names. @throws AppError invalid-request for a continuation that is not of this list */
  list(page: PageRequest): Promise<Page<T>>;
}

/** The values that are kept of blob containers. */
export interface Stores {
  /** The containers that were ever analysed. */
  readonly containers: StoreByContainer<ContainerEntry>;
  /** The containers that are watched. */
  readonly watches: StoreByContainer<Watch>;
  /** Which records of operations there are: they lie beside the manifests, whose keys cannot be listed. */
  readonly operations: StoreByContainer<KnownOperations>;
  /** Which run has an id that a caller chose: by this id in its stored form, which stands where others have a container. */
  readonly instances: StoreByContainer<InstanceEntry>;
}
