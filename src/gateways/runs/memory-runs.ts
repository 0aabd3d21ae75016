import { isFinal, type RunView } from '../../domain/run/run';
import { compareStarts } from '../../domain/run/run-order';
import { STORED_VIEW } from '../../domain/run/stored-records';
import { memoryPage } from '../results/memory-page';
import type { RunsGateway } from './port';

/** The index of runs in memory. */
export function createMemoryRuns(): RunsGateway {
  const runs = new Map<string, RunView>();
  return {
    async write(run) {
      const stored = runs.get(run.id);
      if (stored && isFinal(stored.status) && !isFinal(run.status)) return;
      runs.set(run.id, structuredClone(run));
    },
    remove: async (id) => {
      runs.delete(id);
    },
    async get(id) {
      const stored = runs.get(id);
      return stored && STORED_VIEW.read(structuredClone(stored));
    },
    async list({ container, statuses }, page) {
      const found = [...runs.values()]
        .filter((run) => container === undefined || run.container === container)
        .filter((run) => statuses === undefined || statuses.includes(run.status))
        .sort((a, b) => compareStarts(b, a));
      return memoryPage(
        structuredClone(found).map((stored) => STORED_VIEW.read(stored)),
        page,
      );
    },
  };
}
