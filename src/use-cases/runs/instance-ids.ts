import { AppError } from '../../domain/errors';
import { instanceIdOf, isInstanceId, isOwnId, storedInstanceId } from '../../domain/run/instance-id';
import type { InstanceEntry } from '../../domain/run/instance-entry';
import { isFinal, type RunView } from '../../domain/run/run';
import { timeInId } from '../../domain/run/run-order';
import type { Stores } from '../../gateways/by-container/port';
import type { GetRun } from './get-run';
import { runNotFound } from './live-run';
import { SETTLED_MS } from './schedule-run';

export interface InstanceIdsDeps {
  readonly instances: Pick<Stores['instances'], 'get' | 'change'>;
  readonly getRun: GetRun;
  readonly nowMs: () => number;
}

/**
 * Which run has which of the ids that callers choose.
 *
 * I1 An id belongs to one run at a time, whichever container it is over: who is refused changes nothing.
 * I2 An id is free again when its run has ended ("Singleton orchestrators in Durable Functions").
 * I3 A run that was made under its own id keeps it until it is purged: it has no entry.
 * I4 A starter that died between its claim and its run blocks the id for a while, not for ever.
 */
export class InstanceIds {
  constructor(private readonly deps: InstanceIdsDeps) {}

  /**
   * Does the work with the run that has this id.
   * @throws AppError run-not-found where none has it, and what the work throws
   */
  async run<T>(instanceId: string, work: (runId: string) => Promise<T>): Promise<T> {
    if (!isInstanceId(instanceId)) throw runNotFound(instanceId);
    const own = isOwnId(instanceId) ? await found(() => work(instanceId)) : undefined; // I3
    if (own) return own.value;
    const runId = (await this.entry(instanceId))?.runId;
    const given = runId === undefined ? undefined : await found(() => work(runId));
    if (!given) throw runNotFound(instanceId);
    return given.value;
  }

  /** The id inside of the run that has this id. @throws AppError invalid-request where none has it */
  async inside(instanceId: string): Promise<string> {
    const runId = (await this.entry(instanceId))?.runId ?? (isOwnId(instanceId) ? instanceId : undefined); // I3
    if (runId === undefined) throw new AppError('invalid-request', `No run has the id '${instanceId}'.`);
    return runId;
  }

  /** The run that had this id last and has ended, if any. @throws AppError run-active while one has it (I1) */
  async ended(instanceId: string): Promise<RunView | undefined> {
    const own = isOwnId(instanceId) ? await this.known(instanceId) : undefined; // I3
    const entry = own ? undefined : await this.entry(instanceId);
    const run = own ?? (entry && (await this.known(entry.runId)));
    if (run && !isFinal(run.status)) throw taken(run.id);
    if (entry && !run && !this.isSettled(entry)) throw taken(entry.runId);
    return run;
  }

  /** Gives the id that `runId` names to it. @throws AppError run-active where another was faster (I1) */
  async claim(runId: string, container: string): Promise<void> {
    const instanceId = instanceIdOf(runId);
    const stands = await this.deps.instances.change(storedInstanceId(instanceId), async (entry) => {
      const isFree = !entry || (!(await this.known(entry.runId)) && this.isSettled(entry));
      return isFree ? { container, runId } : entry;
    });
    if (stands && stands.runId !== runId) throw taken(stands.runId);
  }

  /** Takes it back; nothing where another run has it. */
  async release(runId: string): Promise<void> {
    if (isOwnId(runId)) return;
    await this.deps.instances.change(storedInstanceId(instanceIdOf(runId)), (entry) =>
      entry?.runId === runId ? undefined : entry,
    );
  }

  private entry(instanceId: string): Promise<InstanceEntry | undefined> {
    return this.deps.instances.get(storedInstanceId(instanceId));
  }

  private async known(runId: string): Promise<RunView | undefined> {
    return (await found(() => this.deps.getRun(runId)))?.value;
  }

  /** I4 */
  private isSettled({ runId }: InstanceEntry): boolean {
    const made = timeInId(runId);
    return made === undefined || this.deps.nowMs() - Date.parse(made) >= SETTLED_MS;
  }
}

async function found<T>(ask: () => Promise<T>): Promise<{ readonly value: T } | undefined> {
  try {
    return { value: await ask() };
  } catch (error) {
    if (error instanceof AppError && error.code === 'run-not-found') return undefined;
    throw error;
  }
}

function taken(runId: string): AppError {
  const message = `A run with the id '${instanceIdOf(runId)}' goes on. Wait for its end, or choose another id.`;
  return new AppError('run-active', message, { context: { existingRun: runId } });
}
