import { setTimeout as pause } from 'node:timers/promises';
import { type WorkflowActivityContext, WorkflowRuntime } from '@dapr/dapr';
import type { Logger } from 'pino';
import { defined } from '../domain/defined';
import type { Sidecar } from '../gateways/sidecar/sidecar';
import type { Activity } from '../workflows/activities';
import type { WorkflowDefinition } from '../workflows/sdk';

/**
 * Keeps one workflow worker connected to the sidecar, whatever happens to the sidecar.
 *
 * I1 The worker starts only after the sidecar's outbound side is healthy: a worker whose first connect fails is dead for
 *    good although `start()` resolved (@dapr/dapr 3.18.0, task-hub-grpc-worker.js).
 * I2 A worker that the sidecar does not count twice in a row (`workflows.connectedWorkers`) is replaced by a new runtime:
 *    after a crash of daprd the SDK's worker never reconnects (seen on 1.18.2; test/integration/survival/survival.test.ts).
 */
export interface WorkerSettings {
  readonly host: string;
  readonly grpcPort: number;
  readonly apiToken?: string;
}

export interface WorkerDeps {
  readonly sidecar: Pick<Sidecar, 'metadata' | 'outboundHealthy'>;
  readonly workflows: readonly WorkflowDefinition<never, unknown>[];
  readonly activities: readonly Activity[];
  readonly log: Logger;
}

/**
 * The SDK's worker runs ten work items at once, workflow turns and activities alike, and has no setting for it
 * (@dapr/dapr 3.18.0, task-hub-grpc-worker.js). Chunks that wait for Vision's rate would keep every step of other runs from
 * its turn, for minutes. As many as the sidecar hands out: 128 activities and 32 workflow turns (components/config). A run keeps 16
 * activities under way, so eight runs that wait for Vision fill one replica, and a single run never does.
 */
export const WORK_ITEMS = 160;

const CHECK_INTERVAL_MS = 500;
/** While there is no runtime, or a new one that was not counted yet: the app is not ready before. */
const FRESH_INTERVAL_MS = 100;
/** Checks without a connected worker before it is given up. */
const MISSES = 2;
/** A new runtime needs a moment before the sidecar counts it. */
const GRACE_CHECKS = 30;
const DRAIN_TICK_MS = 20;

export class WorkflowWorker {
  private runtime: WorkflowRuntime | undefined;
  private connected = false;
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly settings: WorkerSettings,
    private readonly deps: WorkerDeps,
  ) {}

  get isConnected(): boolean {
    return this.connected;
  }

  start(): void {
    this.loop = this.supervise();
  }

  /** Lets activities in flight end, `graceMs` at most; the sidecar hands what is left to another worker. */
  async stop(graceMs: number): Promise<void> {
    this.stopping.abort();
    await this.loop;
    const { runtime } = this;
    void this.drop();
    const deadline = Date.now() + graceMs;
    while (isAtWork(runtime) && Date.now() < deadline) await pause(DRAIN_TICK_MS);
  }

  private async supervise(): Promise<void> {
    let misses = 0;
    while (!this.stopping.signal.aborted) {
      if (!this.runtime) {
        if (await this.deps.sidecar.outboundHealthy()) {
          await this.connect(); // I1
          misses = -GRACE_CHECKS;
        }
      } else {
        this.connected = await this.isCounted();
        misses = this.connected ? 0 : misses + 1;
        if (misses >= MISSES) {
          this.deps.log.warn({ event: 'worker.lost' }, 'the sidecar lost its workflow worker; connecting a new one');
          void this.drop(); // I2; not awaited: stopping a dead worker takes the SDK up to 31 s
          misses = 0;
        }
      }
      const isFresh = !this.runtime || misses < 0;
      await this.pauseUnlessStopped(isFresh ? FRESH_INTERVAL_MS : CHECK_INTERVAL_MS);
    }
  }

  private async pauseUnlessStopped(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const { host, grpcPort, apiToken } = this.settings;
    const runtime = new WorkflowRuntime({
      daprHost: host,
      daprPort: String(grpcPort),
      ...defined({ daprApiToken: apiToken }),
    });
    widen(runtime);
    for (const { name, run } of this.deps.workflows) runtime.registerWorkflowWithName(name, run);
    for (const { name, run } of this.deps.activities) {
      runtime.registerActivityWithName(name, (_: WorkflowActivityContext, input: unknown) => run(input));
    }
    await runtime.start();
    this.runtime = runtime;
    this.deps.log.info({ event: 'worker.started' }, 'workflow worker started');
  }

  private async isCounted(): Promise<boolean> {
    try {
      return ((await this.deps.sidecar.metadata()).workflows?.connectedWorkers ?? 0) > 0;
    } catch {
      return false;
    }
  }

  private async drop(): Promise<void> {
    const { runtime } = this;
    this.runtime = undefined;
    this.connected = false;
    try {
      await runtime?.stop();
    } catch {
      // A worker that never connected says that it is not running.
    }
  }
}

/**
 * Until the last work item is answered and the connection closed. `WorkflowRuntime.stop` sleeps for another second then, in
 * which nothing happens (@dapr/dapr 3.18.0, task-hub-grpc-worker.js).
 */
function isAtWork(runtime: WorkflowRuntime | undefined): boolean {
  return runtime !== undefined && insideOf(runtime)._isRunning !== false;
}

/** @throws Error where the SDK has no such field any more: look its limit up again then. */
export function widen(runtime: WorkflowRuntime): void {
  const worker = insideOf(runtime);
  if (worker._maxConcurrentWorkItems === undefined)
    throw new Error('The workflow worker of the SDK has another limit.');
  worker._maxConcurrentWorkItems = WORK_ITEMS;
}

/** What the SDK keeps to itself; test/replay/sdk-defects.test.ts holds the names. */
function insideOf(runtime: WorkflowRuntime) {
  const { worker } = runtime as unknown as {
    readonly worker: { readonly _isRunning?: boolean; _maxConcurrentWorkItems?: number };
  };
  return worker;
}
