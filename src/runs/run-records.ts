import type { Actors } from '../actors';
import type { WorkflowStarter } from '../dapr/workflow-client';
import { isFinal } from '../domain/run';
import type { ManifestsGateway } from '../gateways/manifests/port';
import type { RunsGateway } from '../gateways/runs/port';
import type { RunCourse } from '../http/use-cases';
import type { RunService } from './run-service';

export interface RunRecordsDeps {
  readonly actors: Pick<Actors, 'run'>;
  readonly runs: Pick<RunsGateway, 'remove'>;
  readonly manifests: Pick<ManifestsGateway, 'deleteRecords' | 'readReceipt'>;
  readonly workflows: Pick<WorkflowStarter, 'purge'>;
  readonly service: Pick<RunService, 'get'>;
}

/** What is recorded of a run beside its results: read as a history, and forgotten on demand. */
export class RunRecords {
  constructor(private readonly deps: RunRecordsDeps) {}

  async course(id: string): Promise<RunCourse> {
    const run = await this.deps.service.get(id);
    const actor = this.deps.actors.run(id);
    const { phaseTimes, run: known } = await actor.view();
    if (!known) return { run, phases: (await this.deps.manifests.readReceipt(id))?.phases ?? {}, audit: [] };
    const { entries } = await actor.audit();
    return { run, phases: phaseTimes ?? {}, audit: entries };
  }

  /** The index goes last: a purge that was interrupted can be found and repeated. Results and totals stay. */
  async purge(id: string): Promise<boolean> {
    const run = await this.deps.service.get(id);
    if (!isFinal(run.status)) return false;
    const actor = this.deps.actors.run(id);
    const { pages = 0 } = await actor.view();
    await this.deps.manifests.deleteRecords(id, pages);
    await this.deps.workflows.purge(id);
    await actor.forget();
    await this.deps.runs.remove(id);
    return true;
  }
}
