import { memoryPage } from '../results/memory-page';
import type { ActivityEntry, ActivityLogGateway } from './port';

/** The activity log in memory. */
export function createMemoryActivityLog(): ActivityLogGateway {
  const entries = new Map<string, ActivityEntry>();
  return {
    async record(entry) {
      const key = `${entry.container}/${entry.id}`;
      if (entries.has(key)) return false;
      entries.set(key, structuredClone(entry));
      return true;
    },
    async list(container, page) {
      const found = [...entries.values()]
        .filter((entry) => entry.container === container)
        .sort((a, b) => (a.time < b.time ? 1 : -1));
      return memoryPage(structuredClone(found), page);
    },
  };
}
