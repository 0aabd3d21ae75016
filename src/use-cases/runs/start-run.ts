import type { Actors } from '../../actors';
import { checkContainerName } from '../../domain/container/container-name';
import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import { impossibleCharacter } from '../../domain/image/blob-name';
import { type ApprovalRule, stricter } from '../../domain/run/approval';
import { instanceIdOf, runIdFor } from '../../domain/run/instance-id';
import type { RunRequest, RunView } from '../../domain/run/run';
import { timeInId } from '../../domain/run/run-order';
import type { BlobsGateway } from '../../gateways/blobs/port';
import type { RunsGateway } from '../../gateways/runs/port';
import type { ContainerIndex } from '../containers/container-index';
import type { WorkflowStarter } from '../workflow-starter';
import { chosenFeatures, type FeatureChoice } from './chosen-features';
import type { InstanceIds } from './instance-ids';
import type { LiveRun } from './live-run';
import type { RunUseCases, StartRunCommand } from './port';
import type { PurgeRun } from './purge-run';
import { SETTLED_MS, scheduleRun } from './schedule-run';

export interface StartRunDeps {
  readonly actors: Pick<Actors, 'run' | 'container'>;
  readonly blobs: Pick<BlobsGateway, 'containerExists'>;
  readonly runs: Pick<RunsGateway, 'get' | 'write'>;
  readonly liveRun: LiveRun;
  readonly instanceIds: Pick<InstanceIds, 'ended' | 'claim'>;
  readonly purgeRun: PurgeRun;
  readonly containerIndex: Pick<ContainerIndex, 'refresh'>;
  readonly workflows: Pick<WorkflowStarter, 'schedule'>;
  /** When a run must be approved, whatever its start says: a start can only ask more often. Default `auto`. */
  readonly approval?: ApprovalRule;
  readonly vision: FeatureChoice;
  readonly nowMs: () => number;
  readonly newRunId: () => string;
}

export type StartRun = RunUseCases['startRun'];

/**
 * Starts a run.
 *
 * I1 One active run a container: the container actor decides.
 * I2 A run that began is started, whoever dies in between: each step can be repeated, and `reconcile-runs` repeats them.
 * I3 What is configured is the floor: no start, of whoever and by whatever way, spends where it asks for consent.
 * I4 An id that the caller chose is another run's no more once that has ended: its records are purged, its results stay.
 */
export function createStartRun(deps: StartRunDeps): StartRun {
  const { actors, blobs, runs, liveRun, instanceIds, containerIndex, workflows, vision } = deps;
  return async (command) => {
    const { container } = command;
    checkContainerName(container);
    checkPrefix(command.prefix);
    const features = chosenFeatures(vision, command.features);
    if (!(await blobs.containerExists(container))) {
      throw new AppError(
        'container-not-found',
        `There is no container '${container}' in this storage account. Check the name, or create it and upload images.`,
      );
    }
    const { id: chosen } = command;
    const earlier = chosen === undefined ? undefined : await instanceIds.ended(chosen);
    const id = chosen === undefined ? deps.newRunId() : runIdFor(deps.newRunId(), chosen);
    const request = requestOf(command, id, features, deps);
    const startedAt = await claim(request, deps);
    if (chosen !== undefined) await claimId(request, earlier, deps);
    await actors.run(id).begin({ ...request, startedAt });
    const run = await liveRun(id);
    await runs.write(run);
    await scheduleRun(workflows, run);
    await containerIndex.refresh(container).catch(() => undefined); // the run's first milestone does it too
    return run;
  };
}

/** An older build took such a prefix, and a restart or a retry repeats what its run was started with. */
function checkPrefix(prefix = ''): void {
  const character = impossibleCharacter(prefix);
  if (character === undefined) return;
  throw new AppError('invalid-request', `No blob name holds ${character}: start a run with another prefix.`, {
    context: { pointer: '/prefix' },
  });
}

function requestOf(
  command: StartRunCommand,
  id: string,
  features: readonly string[],
  { approval = 'auto', nowMs }: Pick<StartRunDeps, 'approval' | 'nowMs'>,
): RunRequest {
  const { container, prefix = '', confirmShrink = false, maxTransactions, retry, retryOf } = command;
  return {
    ...{ id, container, prefix, features, confirmShrink },
    approval: stricter(command.approval ?? 'auto', approval), // I3
    ...defined({ maxTransactions, retry, retryOf }),
    startedAt: new Date(nowMs()).toISOString(),
  };
}

/**
 * I1. A container whose active run never got as far as its own state is freed for the next one. Answers when the run
 * started, which the container decides: its runs are in order, whatever the clocks of their starters say.
 */
async function claim({ id, container, startedAt: now }: RunRequest, deps: StartRunDeps): Promise<string> {
  const actor = deps.actors.container(container);
  const answer = await actor.beginRun({ runId: id, now });
  if (answer.begun) return answer.startedAt ?? now;
  if ('activeRun' in answer) {
    const { activeRun } = answer;
    if (await neverBegan(activeRun, answer.startedAt, deps)) {
      await actor.endRun({ runId: activeRun });
      const again = await actor.beginRun({ runId: id, now });
      if (again.begun) return again.startedAt ?? now;
    }
    throw new AppError('run-active', `Container '${container}' has an active run: ${instanceIdOf(activeRun)}.`, {
      context: { existingRun: activeRun },
    });
  }
  throw new AppError('internal', 'A new run id was refused by its container.');
}

/** I4. Who is refused leaves the container free. */
async function claimId({ id, container }: RunRequest, earlier: RunView | undefined, deps: StartRunDeps): Promise<void> {
  const { actors, instanceIds, purgeRun } = deps;
  try {
    if (earlier) await purgeRun(earlier.id);
    await instanceIds.claim(id, container);
  } catch (error) {
    await actors.container(container).endRun({ runId: id });
    throw error;
  }
}

/** Did its starter die before it reached the index? Then no workflow of it can exist. */
async function neverBegan(
  id: string,
  startedAt: string | undefined,
  { runs, nowMs }: Pick<StartRunDeps, 'runs' | 'nowMs'>,
): Promise<boolean> {
  const start = startedAt ?? timeInId(id);
  // An older build began it under an id that somebody chose: the change of builds lies between then and now.
  const isSettled = start === undefined || nowMs() - Date.parse(start) >= SETTLED_MS;
  return isSettled && !(await runs.get(id));
}
