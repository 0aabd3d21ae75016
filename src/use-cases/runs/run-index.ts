import type { Actors } from '../../actors';
import type { RunsGateway } from '../../gateways/runs/port';
import type { ContainerIndex } from '../containers/container-index';

/** Copies what the actors of a run and its container say into the durable indexes, at milestones. Idempotent: both are absolute. */
export class RunIndex {
  constructor(
    private readonly actors: Pick<Actors, 'run'>,
    private readonly runs: RunsGateway,
    private readonly containers: Pick<ContainerIndex, 'refresh'>,
  ) {}

  async write(runId: string): Promise<void> {
    const { run } = await this.actors.run(runId).view();
    if (!run) return;
    await this.runs.write(run);
    await this.containers.refresh(run.container);
  }
}
