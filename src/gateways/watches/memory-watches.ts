import type { Watch } from '../../domain/watch';
import { memoryPage } from '../results/memory-page';
import type { WatchesGateway } from './port';

/** The watched containers in memory. */
export function createMemoryWatches(): WatchesGateway {
  const watches = new Map<string, Watch>();
  return {
    get: async (container) => structuredClone(watches.get(container)),
    async change(container, apply) {
      const after = apply(structuredClone(watches.get(container)));
      if (after) watches.set(container, structuredClone(after));
      else watches.delete(container);
      return after;
    },
    async list(page) {
      const sorted = [...watches.values()].sort((a, b) => (a.container < b.container ? -1 : 1));
      return memoryPage(structuredClone(sorted), page);
    },
  };
}
