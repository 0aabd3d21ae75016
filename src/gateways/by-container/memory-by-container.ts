import type { ContainerEntry } from '../../domain/container/container-entry';
import type { KnownOperations } from '../../domain/operation';
import type { InstanceEntry } from '../../domain/run/instance-entry';
import type { Watch } from '../../domain/watch/watch';
import { memoryPage } from '../results/memory-page';
import type { StoreByContainer, Stores } from './port';

/** The stores in memory. */
export function createMemoryStores(): Stores {
  return {
    containers: createMemoryStore<ContainerEntry>(),
    watches: createMemoryStore<Watch>(),
    operations: createMemoryStore<KnownOperations>(),
    instances: createMemoryStore<InstanceEntry>(),
  };
}

export function createMemoryStore<T extends { readonly container: string }>(): StoreByContainer<T> {
  const values = new Map<string, T>();
  return {
    get: async (container) => structuredClone(values.get(container)),
    async change(container, apply) {
      for (;;) {
        const stored = values.get(container);
        const before = structuredClone(stored);
        const after = await apply(before);
        if (after === before) return after;
        if (values.get(container) !== stored) continue;
        if (after) values.set(container, structuredClone(after));
        else values.delete(container);
        return after;
      }
    },
    async list(page) {
      const sorted = [...values.values()].sort((a, b) => (a.container < b.container ? -1 : 1));
      return memoryPage(structuredClone(sorted), page);
    },
  };
}
