import { AppError, toAppError } from '../../domain/errors';
import {
  believed,
  isCancelled,
  type Operation,
  RENEW_EVERY_MS,
  remembered,
  startedBefore,
  surplus,
  withCancel,
  without,
} from '../../domain/operation';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { Stores } from '../../gateways/by-container/port';
import { everyPage } from '../../domain/page';
import type { Clock } from '../../pipeline/clock';
import type { WaitedFor } from './port';

export interface OperationsDeps {
  readonly manifests: Pick<ManifestsGateway, 'readOperation' | 'writeOperation' | 'deleteOperation'>;
  readonly known: Pick<Stores['operations'], 'get' | 'change' | 'list'>;
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  readonly newId: () => string;
}

type AnyResult = NonNullable<Operation['result']>;

/** How long a caller is kept waiting for the answer itself. */
const PATIENCE_MS = 10_000;
/** I4 */
const CANCEL_LOOK_MS = 400;

/**
 * Work that a caller waits for a little while, and asks about later.
 *
 * I1 A process does the same work once at a time, however often it is requested.
 * I2 What outlives its caller has a record that outlives the process (domain/operation.ts).
 * I3 A record is indexed before it is written and until it is deleted, so that expiry finds each one.
 * I4 Whichever process hears of a cancel, the one that works on it looks for it more often than once a second.
 */
export class Operations {
  private readonly running = new Map<string, Running>();

  constructor(private readonly deps: OperationsDeps) {}

  async run<Result extends AnyResult>(
    task: { readonly kind: Operation['kind']; readonly container: string; readonly variant?: string },
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<WaitedFor<Result>> {
    const key = `${task.kind} ${task.container} ${task.variant ?? ''}`;
    const running = this.running.get(key) ?? this.begin(key, task, work);
    const result = running.result as Promise<Result>;
    const waited = await Promise.race([result.then((value) => ({ value })), this.patience()]);
    if (waited !== 'late') return { done: true, result: waited.value };
    running.record ??= this.record(running);
    return { done: false, operation: await running.record };
  }

  /** @throws AppError operation-not-found */
  async get(id: string): Promise<Operation> {
    const operation = await this.deps.manifests.readOperation(id);
    if (!operation) throw new AppError('operation-not-found', 'No operation has this id.');
    return believed(operation, Date.parse(operation.updatedAt), this.deps.clock.nowMs());
  }

  /** @throws AppError operation-not-found */
  async cancel(id: string): Promise<Operation> {
    const operation = await this.get(id);
    if (operation.status !== 'Running') return operation;
    await this.deps.known.change(operation.container, (known) => known && withCancel(known, id));
    for (const running of this.running.values()) if (running.operation.id === id) stop(running);
    return operation;
  }

  /** Forgets the records of what began before then (I3). Answers how many. */
  async expire(beforeMs: number): Promise<number> {
    const containers = [];
    for await (const each of everyPage((page) => this.deps.known.list(page))) containers.push(each);
    let forgotten = 0;
    for (const each of containers) {
      const ids = startedBefore(each, new Date(beforeMs).toISOString());
      await this.forget(each.container, ids);
      forgotten += ids.length;
    }
    return forgotten;
  }

  private async forget(container: string, ids: readonly string[]): Promise<void> {
    const { manifests, known } = this.deps;
    for (const id of ids) await manifests.deleteOperation(id);
    if (ids.length > 0) await known.change(container, (now) => now && without(now, new Set(ids)));
  }

  private begin(
    key: string,
    task: Pick<Operation, 'kind' | 'container'>,
    work: (signal: AbortSignal) => Promise<AnyResult>,
  ) {
    const { kind, container } = task;
    const startedAt = this.now();
    const operation = {
      id: this.deps.newId(),
      kind,
      container,
      status: 'Running',
      startedAt,
      updatedAt: startedAt,
    } as const;
    const cancelling = new AbortController();
    const result = work(cancelling.signal).finally(() => this.running.delete(key));
    result.catch(() => undefined); // whoever waits hears of it
    const running: Running = { operation, result, cancelling };
    this.running.set(key, running); // I1
    return running;
  }

  /** I2: the record is written before the caller hears of it, then renewed until the work ends. */
  private async record(running: Running): Promise<Operation> {
    const { operation, result } = running;
    const renew = (change: Partial<Operation> = {}) =>
      this.deps.manifests.writeOperation({ ...operation, updatedAt: this.now(), ...change });
    const { container } = operation;
    const known = await this.deps.known.change(container, (before) => remembered(before, operation)); // I3
    await renew();
    const timer = setInterval(() => void renew().catch(() => undefined), RENEW_EVERY_MS);
    timer.unref();
    const end = async (change: Partial<Operation>) => {
      clearInterval(timer);
      await renew(change);
    };
    result
      .then(
        (value) => end({ status: 'Succeeded', result: value }),
        (thrown: unknown) => {
          const { code, message } = toAppError(thrown);
          const status = code === 'operation-cancelled' ? 'Cancelled' : 'Failed';
          return end({ status, error: { code, message } });
        },
      )
      .catch(() => undefined); // an unwritten end is shown as lost
    void this.lookForCancel(running);
    if (known) await this.forget(container, surplus(known)).catch(() => undefined); // the next one tries again
    return operation;
  }

  /** I4 */
  private async lookForCancel(running: Running): Promise<void> {
    const { operation, result, cancelling } = running;
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    result.then(over, over);
    while (!isOver && !cancelling.signal.aborted) {
      await this.deps.clock.sleep(CANCEL_LOOK_MS);
      const known = await this.deps.known.get(operation.container).catch(() => undefined); // the next look tells
      if (isCancelled(known, operation.id)) stop(running);
    }
  }

  private async patience(): Promise<'late'> {
    await this.deps.clock.sleep(PATIENCE_MS);
    return 'late';
  }

  private now(): string {
    return new Date(this.deps.clock.nowMs()).toISOString();
  }
}

interface Running {
  readonly operation: Operation;
  readonly result: Promise<AnyResult>;
  readonly cancelling: AbortController;
  record?: Promise<Operation>;
}

function stop({ cancelling }: Running): void {
  cancelling.abort(new AppError('operation-cancelled', 'It was cancelled. What was done before is kept.'));
}
