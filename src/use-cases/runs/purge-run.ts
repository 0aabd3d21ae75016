import type { Actors } from '../../actors';
import { AppError } from '../../domain/errors';
import { instanceIdOf } from '../../domain/run/instance-id';
import { isFinal } from '../../domain/run/run';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { RunsGateway } from '../../gateways/runs/port';
import type { WorkflowStarter } from '../workflow-starter';
import type { GetRun } from './get-run';
import type { InstanceIds } from './instance-ids';
import type { RunUseCases } from './port';

export interface PurgeRunDeps {
  readonly getRun: GetRun;
  readonly actors: Pick<Actors, 'run'>;
  readonly runs: Pick<RunsGateway, 'remove'>;
  readonly instanceIds: Pick<InstanceIds, 'release'>;
  readonly manifests: Pick<ManifestsGateway, 'deleteRecords'>;
  readonly workflows: Pick<WorkflowStarter, 'purge' | 'status'>;
  readonly sleep: (ms: number) => Promise<void>;
}

export type PurgeRun = RunUseCases['purgeRun'];

/** A run is announced and cleaned up after it has ended: its workflow follows a moment later. */
const ENDS_WITHIN_LOOKS = 50;
const LOOK_EVERY_MS = 200;

/**
 * Deletes what is recorded of a run beside its results; results and totals stay. The index goes last: a purge that was
 * interrupted can be found and repeated.
 */
export function createPurgeRun(deps: PurgeRunDeps): PurgeRun {
  const { getRun, actors, runs, manifests, workflows, instanceIds } = deps;
  return async (id) => {
    const run = await getRun(id);
    if (!isFinal(run.status)) return false;
    await workflowEnded(id, deps);
    const actor = actors.run(id);
    const { pages = 0 } = await actor.view();
    await manifests.deleteRecords(id, pages);
    await workflows.purge(id);
    await actor.forget();
    await runs.remove(id);
    await instanceIds.release(id);
    return true;
  };
}

/** Nothing is deleted under a workflow that still reads it, and the engine would refuse. */
async function workflowEnded(id: string, { workflows, sleep }: PurgeRunDeps): Promise<void> {
  for (let looks = 0; looks < ENDS_WITHIN_LOOKS; looks += 1) {
    const status = await workflows.status(id);
    if (status === 'ended' || status === 'unknown') return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new AppError('workflow-unavailable', `The last steps of run ${instanceIdOf(id)} are not done yet.`, {
    retryable: true,
  });
}
