import { AppError, toAppError } from '../../domain/errors';
import {
  believed,
  type Operation,
  RENEW_EVERY_MS,
  remembered,
  startedBefore,
  surplus,
  without,
} from '../../domain/operation';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { Stores } from '../../gateways/by-container/port';
import { everyPage } from '../../domain/page';
import type { Clock } from '../../pipeline/clock';
import type { WaitedFor } from './port';

export interface OperationsDeps {
  readonly manifests: Pick<ManifestsGateway, 'readOperation' | 'writeOperation' | 'deleteOperation'>;
  readonly known: Pick<Stores['operations'], 'change' | 'list'>;
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  readonly newId: () => string;
}

type AnyResult = NonNullable<Operation['result']>;

/** How long a caller is kept waiting for the answer itself. */
const PATIENCE_MS = 10_000;

/**
 * Work that a caller waits for a little while, and asks about later.
 *
 * I1 A process does the same work once at a time, however often it is requested.
 * I2 What outlives its caller has a record that outlives the process (domain/operation.ts).
 * I3 A record is indexed before it is written and until it is deleted, so that expiry finds each one.
 */
export class Operations {
  private readonly running = new Map<string, Running>();

  constructor(private readonly deps: OperationsDeps) {}

  async run<Result extends AnyResult>(
    task: { readonly kind: Operation['kind']; readonly container: string; readonly variant?: string },
    work: () => Promise<Result>,
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

  private begin(key: string, task: Pick<Operation, 'kind' | 'container'>, work: () => Promise<AnyResult>) {
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
    const result = work().finally(() => this.running.delete(key));
    result.catch(() => undefined); // whoever waits hears of it
    const running: Running = { operation, result };
    this.running.set(key, running); // I1
    return running;
  }

  /** I2: the record is written before the caller hears of it, then renewed until the work ends. */
  private async record({ operation, result }: Running): Promise<Operation> {
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
          return end({ status: 'Failed', error: { code, message } });
        },
      )
      .catch(() => undefined); // an unwritten end is shown as lost
    if (known) await this.forget(container, surplus(known)).catch(() => undefined); // the next one tries again
    return operation;
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
  record?: Promise<Operation>;
}
