import type { Logger } from 'pino';
import type { WorkflowStarter } from '../workflow-starter';
import { checkContainerName } from '../../domain/container/container-name';
import { AppError } from '../../domain/errors';
import { watchInstanceId } from '../../domain/ids';
import { awake, setWatch, type Watch, type WatchSettings, woken } from '../../domain/watch/watch';
import type { BlobsGateway } from '../../gateways/blobs/port';
import { everyPage } from '../../domain/page';
import type { Stores } from '../../gateways/by-container/port';
import { WATCH_EVENT, WORKFLOWS } from '../../names';

export interface WatchServiceDeps {
  readonly watches: Stores['watches'];
  readonly workflows: Pick<WorkflowStarter, 'schedule' | 'raiseEvent' | 'status'>;
  readonly blobs: Pick<BlobsGateway, 'containerExists'>;
  readonly nowMs: () => number;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Begins, shows, wakes and ends watches.
 *
 * I1 The document is the watch; its workflow follows. Whoever dies in between, `reconcile` starts what is missing, and a
 *    workflow without a document ends by itself. A watch that cannot be reconciled keeps no other.
 */
export class WatchService {
  constructor(private readonly deps: WatchServiceDeps) {}

  /** Idempotent. An existing watch takes the new settings and looks at once. @throws AppError container-not-found */
  async set(settings: WatchSettings): Promise<Watch> {
    const { container } = settings;
    checkContainerName(container);
    if (!(await this.deps.blobs.containerExists(container))) {
      throw new AppError('container-not-found', `There is no container '${container}' in this storage account.`);
    }
    const at = new Date(this.deps.nowMs()).toISOString();
    const watch = await this.deps.watches.change(container, (before) => setWatch(before, settings, at));
    if (!(await this.run(container))) await this.wake(container);
    return watch ?? setWatch(undefined, settings, at);
  }

  /** @throws AppError watch-not-found */
  async get(container: string): Promise<Watch> {
    checkContainerName(container);
    const watch = await this.deps.watches.get(container);
    if (watch) return watch;
    throw new AppError('watch-not-found', `The container '${container}' is not watched.`);
  }

  /** Idempotent: what is not watched stays so. Runs that were started go on. */
  async remove(container: string): Promise<void> {
    checkContainerName(container);
    await this.deps.watches.change(container, () => undefined);
    await this.raise(container).catch(() => undefined); // its next look ends it too
  }

  /** Has a watched container looked at now. Nothing happens where a wake-up is on its way, or nobody watches. */
  async wake(container: string): Promise<void> {
    const { watches, nowMs } = this.deps;
    let isNew = false;
    await watches.change(container, (watch) => {
      const after = watch && woken(watch, nowMs());
      isNew = after !== watch;
      return after;
    });
    if (!isNew) return;
    try {
      await this.raise(container);
    } catch (error) {
      await watches.change(container, (watch) => watch && awake(watch));
      throw error;
    }
  }

  /** Starts the workflow of every watch that has none (I1). Answers how many. */
  async reconcile(): Promise<number> {
    let reconciled = 0;
    for await (const { container } of everyPage((page) => this.deps.watches.list(page))) {
      if (await this.mayReconcile(container)) reconciled += 1;
    }
    return reconciled;
  }

  private async mayReconcile(container: string): Promise<boolean> {
    try {
      return await this.run(container);
    } catch (error) {
      this.deps.log.warn({ event: 'watches.reconcile-failed', container, err: error }, 'the next look will tell');
      return false;
    }
  }

  /** False when it runs already. */
  private async run(container: string): Promise<boolean> {
    const { workflows } = this.deps;
    const id = watchInstanceId(container);
    const status = await workflows.status(id);
    if (status === 'active' || status === 'stalled') return false;
    // One that has ended is begun again as it is. Purged, its first step would have the key of the old one's, and Dapr 1.18.2
    // takes a step whose key it finished within the last minute for done (activity/inflight): it hung (test/integration/watch).
    return (await workflows.schedule(WORKFLOWS.watchContainer, id, { container })) === 'scheduled';
  }

  private raise(container: string): Promise<void> {
    return this.deps.workflows.raiseEvent(watchInstanceId(container), WATCH_EVENT, {});
  }
}
