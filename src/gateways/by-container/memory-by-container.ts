import { memoryPage } from '../results/memory-page';
import type { Page, PageRequest } from '../results/port';

/** A StoreByContainer in memory: nobody else writes, so every change goes through at once. */
export function createMemoryStoreByContainer<T extends { readonly container: string }>() {
  const values = new Map<string, T>();
  return {
    get: async (container: string): Promise<T | undefined> => structuredClone(values.get(container)),
    async change(container: string, apply: (value: T | undefined) => T | undefined): Promise<T | undefined> {
      const after = apply(structuredClone(values.get(container)));
      if (after) values.set(container, structuredClone(after));
      else values.delete(container);
      return after;
    },
    async list(page: PageRequest): Promise<Page<T>> {
      const sorted = [...values.values()].sort((a, b) => (a.container < b.container ? -1 : 1));
      return memoryPage(structuredClone(sorted), page);
    },
  };
}
