import type { Actors } from '../../actors';
import { defined } from '../../domain/defined';
import { AppError, toAppError } from '../../domain/errors';
import { isFinal, type RunView } from '../../domain/run/run';
import {
  awake,
  decide,
  looked,
  nextLookSeconds,
  type Watch,
  type WatchLook,
  workFound,
} from '../../domain/watch/watch';
import type { Stores } from '../../gateways/by-container/port';
import type { Listing } from '../../pipeline/listing';
import type { GetRun } from '../runs/get-run';
import type { StartRun } from '../runs/start-run';

export interface ContainerWatcherDeps {
  readonly watches: Stores['watches'];
  readonly listing: Pick<Listing, 'count'>;
  readonly actors: Pick<Actors, 'container'>;
  readonly getRun: GetRun;
  readonly startRun: StartRun;
  readonly nowMs: () => number;
}

/** One look at a watched container: counts, and starts a run where something changed and none is active. */
export class ContainerWatcher {
  constructor(private readonly deps: ContainerWatcherDeps) {}

  /** `watched: false`: the watch was removed. @throws AppError when its own document cannot be read or written */
  async look(container: string): Promise<{ readonly watched: boolean; readonly waitSeconds: number }> {
    const { watches } = this.deps;
    const watch = await watches.change(container, (now) => now && awake(now));
    if (!watch) return { watched: false, waitSeconds: 0 };
    const look = await this.find(watch).catch((thrown: unknown) => this.failed(thrown));
    const now = await watches.change(container, (current) => current && looked(current, look, this.deps.nowMs()));
    return now ? { watched: true, waitSeconds: nextLookSeconds(now, look) } : { watched: false, waitSeconds: 0 };
  }

  private async find(watch: Watch): Promise<WatchLook> {
    const { container, approval, maxTransactions } = watch;
    const { listing, startRun, nowMs } = this.deps;
    const last = await this.known(watch.lastStart?.run);
    const active = (await this.activeRun(container)) ?? (last && !isFinal(last.status) ? last.id : undefined);
    if (active !== undefined) return { at: this.now(), outcome: 'run-active', run: active };
    const found = workFound(await listing.count({ container, prefix: '' }));
    const decision = decide(watch, found, last, nowMs());
    if (decision !== 'start') return { at: this.now(), outcome: decision, found };
    // The count of a large container takes minutes, in which the watch may have been removed.
    if (!(await this.deps.watches.get(container))) return { at: this.now(), outcome: 'unchanged', found };
    const run = await startRun({
      container,
      ...defined({ approval, maxTransactions }),
    });
    return { at: this.now(), outcome: 'started', run: run.id, found };
  }

  /** The container may name a run that never got as far as its index: the next start sets that right. */
  private async activeRun(container: string): Promise<string | undefined> {
    const { activeRun } = await this.deps.actors.container(container).summary();
    return (await this.known(activeRun))?.id;
  }

  private async known(id: string | undefined): Promise<RunView | undefined> {
    if (id === undefined) return undefined;
    return this.deps.getRun(id).catch((thrown: unknown) => {
      if (thrown instanceof AppError && thrown.code === 'run-not-found') return undefined;
      throw thrown;
    });
  }

  private failed(thrown: unknown): WatchLook {
    const { code, message, context } = toAppError(thrown);
    const { existingRun } = context;
    if (code !== 'run-active') return { at: this.now(), outcome: 'failed', problem: `${code}: ${message}` };
    // Somebody was faster, or this very look is repeated.
    return { at: this.now(), outcome: 'run-active', ...(typeof existingRun === 'string' && { run: existingRun }) };
  }

  private now(): string {
    return new Date(this.deps.nowMs()).toISOString();
  }
}
