import type { Actors } from '../../actors';
import type { RunsGateway } from '../../gateways/runs/port';

/** Copies the run actor's view into the durable index at milestones. Idempotent: the view is absolute. */
export class RunIndex {
  constructor(
    private readonly actors: Pick<Actors, 'run'>,
    private readonly runs: RunsGateway,
  ) {}

  async write(runId: string): Promise<void> {
    const { run } = await this.actors.run(runId).view();
    if (run) await this.runs.write(run);
  }
}
