import type { Logger } from 'pino';
import type { Actors } from '../../actors';
import type { WorkflowStarter } from '../workflow-starter';
import { type ApprovalRule, stricter } from '../../domain/run/approval';
import { checkContainerName } from '../../domain/container/container-name';
import { AppError } from '../../domain/errors';
import { isRunId } from '../../domain/ids';
import { isFinal, RUN_STATUSES, type RunRequest, type RunView } from '../../domain/run/run';
import type { BlobsGateway } from '../../gateways/blobs/port';
import { everyPage } from '../../domain/page';
import type { Page, PageRequest } from '../../domain/page';
import type { RunFilter, RunsGateway } from '../../gateways/runs/port';
import type { StartRunCommand } from './port';
import { RUN_CONTROL_EVENT, WORKFLOWS } from '../../names';
import { newAnalyzeContainer } from '../../domain/run/analyze-container-state';
import { scopeOf } from '../../domain/run/run-scope';
import { chosenFeatures, type FeatureChoice } from './chosen-features';
import type { ContainerIndex } from '../containers/container-index';
import type { RunClosing } from './run-closing';
import { singleFlight } from '../single-flight';

export interface RunServiceDeps {
  readonly actors: Actors;
  readonly blobs: Pick<BlobsGateway, 'containerExists'>;
  readonly runs: RunsGateway;
  readonly containerIndex: Pick<ContainerIndex, 'refresh'>;
  readonly closing: Pick<RunClosing, 'close'>;
  readonly workflows: Omit<WorkflowStarter, 'purge'>;
  /** When a run must be approved, whatever its start says: a start can only ask more often. Default `auto`. */
  readonly approval?: ApprovalRule;
  readonly vision: FeatureChoice;
  readonly nowMs: () => number;
  readonly newRunId: () => string;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Starts runs and shows them.
 *
 * I1 One active run a container: the container actor decides.
 * I2 A run that began is started, whoever dies in between: each step can be repeated, and `reconcile` repeats them. A run that
 *    cannot be reconciled keeps no other. One whose workflow ended before it closed the run is closed here: as it was sealed,
 *    else as Failed. Nothing is announced of it then, and the inputs that were not deleted go with its records.
 * I3 What is configured is the floor: no start, of whoever and by whatever way, spends where it asks for consent.
 */
export class RunService {
  private readonly look = singleFlight((id) => this.deps.actors.run(id).view());

  constructor(private readonly deps: RunServiceDeps) {}

  async start(command: StartRunCommand): Promise<RunView> {
    const { container } = command;
    checkContainerName(container);
    const features = chosenFeatures(this.deps.vision, command.features);
    if (!(await this.deps.blobs.containerExists(container))) {
      throw new AppError(
        'container-not-found',
        `There is no container '${container}' in this storage account. Check the name, or create it and upload images.`,
      );
    }
    const id = command.id ?? this.deps.newRunId();
    if (command.id !== undefined && (await this.deps.runs.get(id))) {
      throw new AppError('run-active', `There is a run ${id} already: an id is used once.`, {
        context: { existingRun: id },
      });
    }
    const request: RunRequest = {
      id,
      container,
      prefix: command.prefix ?? '',
      features,
      confirmShrink: command.confirmShrink ?? false,
      approval: stricter(command.approval ?? 'auto', this.deps.approval ?? 'auto'), // I3
      ...(command.maxTransactions === undefined ? {} : { maxTransactions: command.maxTransactions }),
      ...(command.retry === undefined ? {} : { retry: command.retry }),
      ...(command.retryOf === undefined ? {} : { retryOf: command.retryOf }),
      startedAt: new Date(this.deps.nowMs()).toISOString(),
    };
    await this.claim(request);
    await this.deps.actors.run(request.id).begin(request);
    const run = await this.viewOf(request.id);
    await this.deps.runs.write(run);
    await this.schedule(run);
    await this.deps.containerIndex.refresh(container).catch(() => undefined); // the run's first milestone does it too
    return run;
  }

  /** @throws AppError run-not-found */
  async get(id: string): Promise<RunView> {
    if (!isRunId(id)) throw notFound(id);
    const indexed = await this.deps.runs.get(id);
    if (!indexed) throw notFound(id);
    return isFinal(indexed.status) ? indexed : this.viewOf(id);
  }

  /** Live numbers for runs that still move, the index for the others. */
  async list(filter: RunFilter, page: PageRequest): Promise<Page<RunView>> {
    const { value, continuation } = await this.deps.runs.list(filter, page);
    const live = await Promise.all(
      value.map((run) => (isFinal(run.status) ? run : this.viewOf(run.id).catch(() => run))),
    );
    return { value: live, ...(continuation === undefined ? {} : { continuation }) };
  }

  /** Starts again every run that has begun and has no workflow (I2), and wakes those that missed a word. Answers how many. */
  async reconcile(): Promise<number> {
    const statuses = RUN_STATUSES.filter((status) => !isFinal(status));
    const settled: string[] = [];
    for await (const { id, updatedAt } of everyPage((page) => this.deps.runs.list({ statuses }, page))) {
      if (this.deps.nowMs() - Date.parse(updatedAt) >= SETTLED_MS) settled.push(id);
    }
    let reconciled = 0;
    for (const id of settled) if (await this.mayReconcile(id)) reconciled += 1;
    return reconciled;
  }

  private async mayReconcile(id: string): Promise<boolean> {
    try {
      return await this.reviveOne(id);
    } catch (error) {
      this.deps.log.warn({ event: 'runs.reconcile-failed', runId: id, err: error }, 'the next look will tell');
      return false;
    }
  }

  private async reviveOne(id: string): Promise<boolean> {
    const { run, wake, sealed } = await this.deps.actors.run(id).view();
    if (!run) return false;
    if (isFinal(run.status)) {
      await this.deps.runs.write(run); // somebody died between the end and the index
      return false;
    }
    const status = await this.deps.workflows.status(id);
    if (status === 'ended' || (sealed && status === 'unknown')) {
      await this.deps.closing.close(scopeOfRun(run), sealed ? undefined : ENDED_EARLY); // an end since the look above stands
      return true;
    }
    if (status === 'unknown') {
      await this.schedule(run);
      return true;
    }
    if (wake) await this.deps.workflows.raiseEvent(id, RUN_CONTROL_EVENT, {});
    return wake === true;
  }

  /** I1. A container whose active run never got as far as its own state is freed for the next one. */
  private async claim(request: RunRequest): Promise<void> {
    const actor = this.deps.actors.container(request.container);
    const claim = await actor.beginRun({ runId: request.id });
    if (claim.begun) return;
    if ('activeRun' in claim) {
      if (await this.neverBegan(claim.activeRun)) {
        await actor.endRun({ runId: claim.activeRun });
        if ((await actor.beginRun({ runId: request.id })).begun) return;
      }
      throw new AppError('run-active', `Container '${request.container}' has an active run: ${claim.activeRun}.`, {
        context: { existingRun: claim.activeRun },
      });
    }
    throw new AppError('internal', 'A new run id was refused by its container.');
  }

  /** Did its starter die before it reached the index? Then no workflow of it can exist. */
  private async neverBegan(id: string): Promise<boolean> {
    const ageMs = this.deps.nowMs() - startedAtMs(id);
    return ageMs >= SETTLED_MS && !(await this.deps.runs.get(id));
  }

  private async schedule(run: RunView): Promise<void> {
    const input = newAnalyzeContainer(scopeOfRun(run));
    await this.deps.workflows.schedule(WORKFLOWS.analyzeContainer, run.id, input);
  }

  private async viewOf(id: string): Promise<RunView> {
    const { run } = await this.look(id);
    if (!run) throw notFound(id);
    return run;
  }
}

function scopeOfRun(run: RunView) {
  return scopeOf({ ...run, runId: run.id });
}

/** Terminated at the engine, or a step of its end failed for good. */
const ENDED_EARLY = 'Its workflow ended before it closed the run: what was saved stays, start a new run.';

/** A run this young may still be on its way from its start to its workflow. */
const SETTLED_MS = 30_000;

/** A run id is a uuid v7: its first 48 bits are the milliseconds of its making. */
function startedAtMs(runId: string): number {
  return Number.parseInt(runId.slice(0, 12), 16);
}

function notFound(id: string): AppError {
  return new AppError('run-not-found', `There is no run '${id}'. List the runs to find it.`);
}
