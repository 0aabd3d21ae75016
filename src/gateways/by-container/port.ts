import type { ContainerEntry } from '../../domain/container/container-entry';
import type { KnownOperations } from '../../domain/operation';
import type { Watch } from '../../domain/watch/watch';
import type { Page, PageRequest } from '../../domain/page';

/**
 * One value of each blob container, each kind in a partition of its own of Cosmos DB `AnalysisResult/Runs`.
 *
 * I1 Changes of one value follow one another: what was seen earlier never replaces what was seen later.
 */
export interface StoreByContainer<T extends { readonly container: string }> {
  /** @throws AppError store-unavailable, store-throttled: so do the others */
  get(container: string): Promise<T | undefined>;
  /**
   * Reads, applies and writes; when somebody else wrote meanwhile, from the start (I1): `apply` may be called again.
   * `undefined` removes the value, the same object leaves it as it is. Answers what stands.
   */
  change(
    container: string,
    apply: (value: T | undefined) => T | undefined | Promise<T | undefined>,
  ): Promise<T | undefined>;
  /** By container, 1 to 100 at once. */
  list(page: PageRequest): Promise<Page<T>>;
}

export interface Stores {
  /** The containers that were ever analysed. */
  readonly containers: StoreByContainer<ContainerEntry>;
  /** The containers that are watched. */
  readonly watches: StoreByContainer<Watch>;
  /** Which records of operations there are: they lie beside the manifests, whose keys cannot be listed. */
  readonly operations: StoreByContainer<KnownOperations>;
}
