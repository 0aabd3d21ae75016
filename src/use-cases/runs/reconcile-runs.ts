import type { Logger } from 'pino';
import type { Actors } from '../../actors';
import { everyPage } from '../../domain/page';
import { isFinal, RUN_STATUSES } from '../../domain/run/run';
import type { RunsGateway } from '../../gateways/runs/port';
import { RUN_CONTROL_EVENT } from '../../names';
import type { WorkflowStarter } from '../workflow-starter';
import type { RunClosing } from './run-closing';
import { SETTLED_MS, scheduleRun, scopeOfRun } from './schedule-run';

export interface ReconcileRunsDeps {
  readonly actors: Pick<Actors, 'run'>;
  readonly runs: Pick<RunsGateway, 'list' | 'write'>;
  readonly workflows: Pick<WorkflowStarter, 'schedule' | 'status' | 'raiseEvent'>;
  readonly closing: Pick<RunClosing, 'close'>;
  readonly nowMs: () => number;
  readonly log: Pick<Logger, 'warn'>;
}

/** Carries on every run that was left between two steps. Answers how many. */
export type ReconcileRuns = () => Promise<number>;

/** Terminated at the engine, or a step of its end failed for good. */
const ENDED_EARLY = 'Its workflow ended before it closed the run: what was saved stays, start a new run.';

/**
 * Starts again every run that has begun and has no workflow, and wakes those that missed a word.
 *
 * I1 A run that cannot be reconciled keeps no other.
 * I2 One whose workflow ended before it closed the run is closed here: as it was sealed, else as Failed. Nothing is announced
 *    of it then, and the inputs that were not deleted go with its records.
 */
export function createReconcileRuns(deps: ReconcileRunsDeps): ReconcileRuns {
  const { runs, nowMs, log } = deps;

  async function mayReconcile(id: string): Promise<boolean> {
    try {
      return await reconcileOne(id, deps);
    } catch (error) {
      log.warn({ event: 'runs.reconcile-failed', runId: id, err: error }, 'the next look will tell'); // I1
      return false;
    }
  }

  return async () => {
    const statuses = RUN_STATUSES.filter((status) => !isFinal(status));
    const settled: string[] = [];
    for await (const { id, updatedAt } of everyPage((page) => runs.list({ statuses }, page))) {
      if (nowMs() - Date.parse(updatedAt) >= SETTLED_MS) settled.push(id);
    }
    let reconciled = 0;
    for (const id of settled) if (await mayReconcile(id)) reconciled += 1;
    return reconciled;
  };
}

async function reconcileOne(id: string, { actors, runs, workflows, closing }: ReconcileRunsDeps): Promise<boolean> {
  const { run, wake, sealed } = await actors.run(id).view();
  if (!run) return false;
  if (isFinal(run.status)) {
    await runs.write(run); // somebody died between the end and the index
    return false;
  }
  const status = await workflows.status(id);
  if (status === 'ended' || (sealed && status === 'unknown')) {
    await closing.close(scopeOfRun(run), sealed ? undefined : ENDED_EARLY); // I2; an end since the look above stands
    return true;
  }
  if (status === 'unknown') {
    await scheduleRun(workflows, run);
    return true;
  }
  if (wake) await workflows.raiseEvent(id, RUN_CONTROL_EVENT, {});
  return wake === true;
}
