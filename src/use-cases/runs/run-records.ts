import type { Actors } from '../../actors';
import type { WorkflowStarter } from '../workflow-starter';
import { AppError } from '../../domain/errors';
import { isFinal } from '../../domain/run/run';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { RunsGateway } from '../../gateways/runs/port';
import type { RunCourse } from './port';
import type { RunService } from './run-service';

export interface RunRecordsDeps {
  readonly actors: Pick<Actors, 'run'>;
  readonly runs: Pick<RunsGateway, 'remove'>;
  readonly manifests: Pick<ManifestsGateway, 'deleteRecords' | 'readReceipt'>;
  readonly workflows: Pick<WorkflowStarter, 'purge' | 'status'>;
  readonly service: Pick<RunService, 'get'>;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A run is announced and cleaned up after it has ended: its workflow follows a moment later. */
const ENDS_WITHIN_LOOKS = 50;
const LOOK_EVERY_MS = 200;

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
    await this.workflowEnded(id);
    const actor = this.deps.actors.run(id);
    const { pages = 0 } = await actor.view();
    await this.deps.manifests.deleteRecords(id, pages);
    await this.deps.workflows.purge(id);
    await actor.forget();
    await this.deps.runs.remove(id);
    return true;
  }

  /** Nothing is deleted under a workflow that still reads it, and the engine would refuse. */
  private async workflowEnded(id: string): Promise<void> {
    for (let looks = 0; looks < ENDS_WITHIN_LOOKS; looks += 1) {
      const status = await this.deps.workflows.status(id);
      if (status === 'ended' || status === 'unknown') return;
      await this.deps.sleep(LOOK_EVERY_MS);
    }
    throw new AppError('workflow-unavailable', `The last steps of run ${id} are not done yet.`, { retryable: true });
  }
}
