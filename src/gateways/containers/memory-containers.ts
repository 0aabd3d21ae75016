import type { ContainerEntry } from '../../domain/container/container-entry';
import { memoryPage } from '../results/memory-page';
import type { ContainersGateway } from './port';

/** The known containers in memory. */
export function createMemoryContainers(): ContainersGateway {
  const entries = new Map<string, ContainerEntry>();
  return {
    async refresh(container, look) {
      for (;;) {
        const before = entries.get(container);
        const seen = structuredClone(await look());
        if (entries.get(container) !== before) continue;
        entries.set(container, seen);
        return;
      }
    },
    async list(page) {
      const sorted = [...entries.values()].sort((a, b) => (a.container < b.container ? -1 : 1));
      return memoryPage(structuredClone(sorted), page);
    },
  };
}
