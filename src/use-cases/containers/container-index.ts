import type { Actors } from '../../actors';
import { defined } from '../../domain/defined';
import type { Stores } from '../../gateways/by-container/port';
import { summaryOf } from './container-queries';

export interface ContainerIndexDeps {
  readonly actors: Pick<Actors, 'container'>;
  readonly containers: Pick<Stores['containers'], 'change'>;
  readonly nowMs: () => number;
}

/**
 * Keeps the list of containers: at each milestone of a run it copies what the container's actor says. Absolute, so it can be
 * repeated; what one milestone fails to write, the next one does.
 */
export class ContainerIndex {
  constructor(private readonly deps: ContainerIndexDeps) {}

  async refresh(container: string): Promise<void> {
    const { actors, containers, nowMs } = this.deps;
    await containers.change(container, async () => {
      const { counters, activeRun, lastRun } = await actors.container(container).summary();
      return {
        container,
        images: summaryOf(container, counters).images,
        ...defined({ activeRun, lastRun }),
        updatedAt: new Date(nowMs()).toISOString(),
      };
    });
  }
}
