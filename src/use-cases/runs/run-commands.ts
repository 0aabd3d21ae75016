import type { Actors } from '../../actors';
import type { CommandReply } from '../../actors/run/run-actor.api';
import type { WorkflowStarter } from '../workflow-starter';
import { type Analyzer, withFeatures } from '../../domain/image/analysis';
import { type ApprovalRule, stricter } from '../../domain/run/approval';
import type { AuditEntry } from '../../domain/run/audit';
import { AppError, toAppError } from '../../domain/errors';
import { isSameScope, type RetryFilter, type RetryScope } from '../../domain/run/retry-filter';
import { type RetryForecast, RetryTally, willTry } from '../../domain/run/retry-forecast';
import { isFinal, type RunView } from '../../domain/run/run';
import { everyPage } from '../../domain/page';
import type { ResultsGateway } from '../../gateways/results/port';
import type { RunsGateway } from '../../gateways/runs/port';
import type { ApproveCommand, ControlCommand, RestartCommand, RetryCommand } from './port';
import { RUN_CONTROL_EVENT } from '../../names';
import type { RunService } from './run-service';

export interface RunCommandsDeps {
  readonly actors: Pick<Actors, 'run'>;
  readonly runs: RunsGateway;
  readonly results: Pick<ResultsGateway, 'range' | 'list'>;
  readonly workflows: Pick<WorkflowStarter, 'raiseEvent'>;
  readonly service: Pick<RunService, 'get' | 'start'>;
  readonly analyzer: () => Analyzer;
  /** When a run must be approved where its start does not say. Default `auto`. */
  readonly approval?: ApprovalRule;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A run has its container before the index knows of it: whoever is refused for it may look two seconds too early. */
const INDEXED_WITHIN_LOOKS = 20;
const LOOK_EVERY_MS = 100;

/**
 * What an owner can say to a run. The run actor decides; the workflow is only woken.
 *
 * I1 A command is idempotent: said again it answers the run as it is.
 * I2 A lost event loses no word: the reconciler and the run's own hourly look find what the actor knows.
 * I3 Who restarts a run, or tries it again, spends on nothing that it would not have spent on: its features, its cap and when
 *    it had to be approved hold again, and for a restart the images it was for. A retry may name another cap. Where it was
 *    asked, it is asked again; where what is configured now asks more often than its rule, that holds.
 */
export class RunCommands {
  constructor(private readonly deps: RunCommandsDeps) {}

  /** @throws AppError run-not-found, command-refused */
  async control({ id, verb, ...said }: ControlCommand): Promise<RunView> {
    const run = await this.deps.service.get(id);
    if (verb === 'cancel' && run.status === 'Cancelled') return run;
    if (isFinal(run.status)) throw refused(verb, run);
    const reply = await this.deps.actors.run(id).command({ verb, ...said });
    if (!reply.accepted) throw refused(verb, reply.run);
    return this.obeyed(reply);
  }

  /** @throws AppError run-not-found, command-refused, plan-changed */
  async approve({ id, ...consent }: ApproveCommand): Promise<RunView> {
    const run = await this.deps.service.get(id);
    if (isFinal(run.status)) throw refused('approve', run);
    const reply = await this.deps.actors.run(id).approve(consent);
    if (reply.planHash !== undefined) {
      throw new AppError('plan-changed', `The plan of this run is ${reply.planHash}: look at its quote again.`);
    }
    if (reply.isApproved) throw approvedOtherwise(reply.run);
    if (!reply.accepted) throw refused('approve', reply.run);
    return this.obeyed(reply);
  }

  async audit(id: string): Promise<readonly AuditEntry[]> {
    await this.deps.service.get(id);
    const { entries } = await this.deps.actors.run(id).audit();
    return entries;
  }

  /** @throws AppError run-not-found, command-refused (still going on), invalid-request (prefix outside the run) */
  async forecast({ id, filter }: Pick<RetryCommand, 'id' | 'filter'>): Promise<RetryForecast> {
    const run = await this.finished(id);
    const tally = new RetryTally(filter, withFeatures(this.deps.analyzer(), run.features));
    const interval = { prefix: narrowed(run.prefix, filter.prefix) };
    for await (const image of this.deps.results.range(run.container, interval)) tally.add(image);
    return tally.forecast();
  }

  /**
   * A new run over the images that `filter` covers, linked with the old one in both directions (I3); or the one that was
   * started when this was said before, while it goes on (I1).
   * @throws AppError nothing-to-retry, and as forecast and a start
   */
  async retry({ id, filter, who, reason, maxTransactions }: RetryCommand): Promise<RunView> {
    const run = await this.finished(id);
    const prefix = narrowed(run.prefix, filter.prefix);
    const { prefix: _, ...retry } = filter;
    const said = { container: run.container, prefix, retry, ...(maxTransactions !== undefined && { maxTransactions }) };
    const before = await this.startedBefore(run, said);
    if (before) return before;
    if (!(await this.isAnyTried(run, { ...filter, prefix }))) throw nothingToRetry(run);
    const next = await this.deps.service
      .start({ ...(await this.heldTo(run)), ...said, retryOf: id })
      .catch((thrown) => this.startedMeanwhile(id, said, thrown));
    await this.link(run, { by: next.id, who, ...(reason === undefined ? {} : { reason }) });
    return next;
  }

  private async startedBefore({ retriedBy }: RunView, said: Retry): Promise<RunView | undefined> {
    const next = retriedBy === undefined ? undefined : await this.deps.service.get(retriedBy).catch(() => undefined);
    return next && !isFinal(next.status) && isStartedBy(said, next) ? next : undefined;
  }

  /** Said twice at once, or again when the link with the first was lost. @throws AppError what kept it from starting */
  private async startedMeanwhile(id: string, said: Retry, thrown: unknown): Promise<RunView> {
    const { existingRun } = toAppError(thrown).context;
    const next = typeof existingRun === 'string' ? await this.onceIndexed(existingRun) : undefined;
    if (next?.retryOf === id && isStartedBy(said, next)) return next;
    throw thrown;
  }

  /** undefined when it cannot be seen, or its starter has died before the index. */
  private async onceIndexed(id: string): Promise<RunView | undefined> {
    for (let looks = 0; looks < INDEXED_WITHIN_LOOKS; looks += 1) {
      if (looks > 0) await this.deps.sleep(LOOK_EVERY_MS);
      try {
        return await this.deps.service.get(id);
      } catch (thrown) {
        if (toAppError(thrown).code !== 'run-not-found') return undefined;
      }
    }
    return undefined;
  }

  /** The forecast is more than nothing; this ends at the first image. */
  private async isAnyTried({ container, features }: RunView, filter: RetryFilter): Promise<boolean> {
    const status = filter.status ?? 'failed';
    const analyzer = withFeatures(this.deps.analyzer(), features);
    const images = everyPage((page) => this.deps.results.list(container, { status }, page));
    for await (const image of images) if (willTry(filter, image, analyzer)) return true;
    return false;
  }

  /** A new run over what this one was started with (I3). @throws AppError run-not-found, and as a start */
  async restart({ id, who }: RestartCommand): Promise<RunView> {
    const run = await this.deps.service.get(id);
    const { container, prefix, retryOf } = run;
    const retry = run.retry ?? (retryOf === undefined ? undefined : await this.retryOfOlder(id));
    const next = await this.deps.service.start({
      ...(await this.heldTo(run)),
      ...{ container, prefix },
      ...(retry !== undefined && { retry }),
      ...(retryOf !== undefined && { retryOf }),
    });
    const tried = retryOf === undefined ? undefined : await this.deps.service.get(retryOf).catch(() => undefined);
    if (tried) await this.link(tried, { by: next.id, who });
    return next;
  }

  /** Records of older retries do not say which images they were for. */
  private async retryOfOlder(id: string): Promise<RetryScope> {
    const { run } = await this.deps.actors.run(id).view();
    if (run?.retry) return run.retry;
    throw new AppError('run-not-found', `Which images the retry ${id} was for is not known any more: start a new one.`);
  }

  /** What also holds for a run that follows this one (I3). */
  private async heldTo({ id, features, maxTransactions, approval }: RunView) {
    const { approvalRule } = await this.deps.actors.run(id).view();
    const rule = approval === undefined ? approvalRule : 'always';
    return {
      ...(features !== undefined && { features }),
      ...(maxTransactions !== undefined && { maxTransactions }),
      ...(rule !== undefined && { approval: stricter(rule, this.deps.approval ?? 'auto') }),
    };
  }

  private async link(run: RunView, said: { readonly by: string; readonly who: string; readonly reason?: string }) {
    const told = await this.deps.actors
      .run(run.id)
      .retried(said)
      .then(({ run: view }) => view)
      .catch(() => ({ ...run, retriedBy: said.by })); // its actor's state may have been cleaned up
    await this.deps.runs.write(told);
  }

  private async finished(id: string): Promise<RunView> {
    const run = await this.deps.service.get(id);
    if (!isFinal(run.status)) throw refused('retry', run);
    return run;
  }

  private async obeyed({ run, wake }: CommandReply): Promise<RunView> {
    if (wake) await this.deps.workflows.raiseEvent(run.id, RUN_CONTROL_EVENT, {}).catch(() => undefined); // I2
    await this.deps.runs.write(run);
    return run;
  }
}

/** How a retry is said to start. */
interface Retry {
  readonly prefix: string;
  readonly retry: RetryScope;
  readonly maxTransactions?: number;
}

function isStartedBy({ prefix, retry, maxTransactions }: Retry, next: RunView): boolean {
  const isCapSame = maxTransactions === undefined || maxTransactions === next.maxTransactions;
  return isCapSame && prefix === next.prefix && next.retry !== undefined && isSameScope(retry, next.retry);
}

function refused(verb: string, { status }: RunView): AppError {
  return new AppError('command-refused', `A run that is ${status} does not take '${verb}'.`, {
    context: { runStatus: status },
  });
}

function approvedOtherwise({ status, approval }: RunView): AppError {
  const { maxTransactions } = approval ?? {};
  const said =
    maxTransactions === undefined ? 'without a maximum' : `with a maximum of ${maxTransactions} transactions`;
  return new AppError('command-refused', `This run is approved already, ${said}: 'resume' sets another.`, {
    context: { runStatus: status },
  });
}

function nothingToRetry({ id, retriedBy }: RunView): AppError {
  const already = retriedBy === undefined ? '' : ` Run ${retriedBy} tried again already.`;
  return new AppError('nothing-to-retry', `No image of run ${id} is left that the retry would try.${already}`);
}

/** The longer of two prefixes of which one begins with the other. */
function narrowed(ofRun: string, asked = ''): string {
  if (asked.startsWith(ofRun)) return asked;
  if (ofRun.startsWith(asked)) return ofRun;
  throw new AppError('invalid-request', `The run covered names that begin with '${ofRun}' only.`, {
    context: { pointer: '/body/prefix' },
  });
}
