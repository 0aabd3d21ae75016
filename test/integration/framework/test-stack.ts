/**
 * A whole stack for one test file: real processes, a home of its own, every port free.
 *
 * I1 `stop` leaves no process, no port and no file behind, and fails when something is left.
 * I2 What a developer has exported (keys, endpoints) does not reach it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoints } from '../../../packages/dev-stack/src/endpoints';
import type { PartName } from '../../../packages/dev-stack/src/part';
import type { VisionPace } from '../../../packages/dev-stack/src/parts';
import { pause, until } from '../../../packages/dev-stack/src/pause';
import { answers, LOOPBACK } from '../../../packages/dev-stack/src/ports';
import { isAlive } from '../../../packages/dev-stack/src/process-table';
import { acquireRuntime } from '../../../packages/dev-stack/src/runtime/acquire';
import { withoutServices } from '../../../packages/dev-stack/src/settings';
import { type Stack, type StackEvent, startStack } from '../../../packages/dev-stack/src/stack';
import type { StackPorts } from '../../../packages/dev-stack/src/stack-ports';
import { type Client, createClient } from '../../../src/contract';
import type * as workflowClient from '../../../src/dapr/workflow-client';
import type { WorkflowStarter } from '../../../src/use-cases/workflow-starter';
import { watchLogs } from './log-tails';

export interface TestStackOptions {
  readonly vision?: VisionPace;
  readonly appEnv?: Readonly<Record<string, string>>;
  /** After how long the engine forgets a workflow that has ended, such as `20s`. */
  readonly engineRetention?: string;
  /** False: what dies stays dead. Default true. */
  readonly supervise?: boolean;
  /** A stand-in for the app: for tests of the launcher. */
  readonly stubApp?: boolean;
  /** Another script in the place of `dist/app.js`, such as the app around a gateway that misbehaves. */
  readonly appScript?: string;
  /** False: without app and sidecar. Default true. */
  readonly withApp?: boolean;
  /** An earlier test's home, to start on its data. Not removed at the end. */
  readonly home?: string;
}

export interface TestStack {
  /** As they are now: pids change. */
  readonly endpoints: Endpoints;
  readonly home: string;
  readonly ports: StackPorts;
  /** Of the scheduler's etcd. */
  readonly etcd: string;
  /** The public API, by its operations. */
  readonly client: Client;
  /** A bare call of the public API; the path begins with `/`. */
  api(path: string, init?: RequestInit): Promise<Response>;
  /** A call of the sidecar with its token; the path begins with `/v1.0`. */
  sidecar(path: string, init?: RequestInit): Promise<Response>;
  /** The engine, as the product asks it. End it with `close`. */
  workflows(): WorkflowStarter;
  pid(name: PartName): number | undefined;
  /** Ends the process and waits until it is gone; the supervisor starts it again. Returns the pid that was. */
  kill(name: PartName, signal?: NodeJS.Signals): Promise<number>;
  /** The next restart of this part waits at least so long. */
  restartAfter(name: PartName, ms: number): void;
  /** Kills the part, holds its restart, and resolves when it serves again. */
  down(name: PartName, ms: number): Promise<void>;
  /** Resolves when no process of the part is alive. */
  stopped(name: PartName): Promise<void>;
  /** Resolves when the part serves (again). */
  ready(name: PartName, withinMs?: number): Promise<void>;
  /** What the supervisor reported, in order. */
  readonly events: readonly StackEvent[];
  /** Every log, whole. */
  logs(): Record<string, string>;
  stop(): Promise<void>;
}

export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'contactsheet-'));
  const events: StackEvent[] = [];
  const { NODE_ENV, JEST_WORKER_ID, ...env } = process.env;
  const runtime = await acquireRuntime({
    env,
    signal: new AbortController().signal,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const removeHome = () => {
    if (options.home === undefined) rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  };
  const stack = await startStack({
    home,
    runtime,
    env: withoutServices(env), // I2
    ports: 'free',
    withApp: options.withApp !== false,
    supervise: options.supervise !== false,
    report: (event) => events.push(event),
    ...(options.vision ? { vision: options.vision } : {}),
    ...(options.appEnv ? { appEnv: options.appEnv } : {}),
    ...(options.engineRetention ? { engineRetention: options.engineRetention } : {}),
    ...(options.appScript ? { appCommand: [process.execPath, options.appScript] as const } : {}),
    ...(options.stubApp ? { appCommand: [process.execPath, join(__dirname, 'stub-app.cjs')] } : {}),
  }).catch((error: unknown) => {
    removeHome();
    throw error;
  });
  const unwatch = watchLogs(stack);

  async function gone(pid: number | undefined, what: string): Promise<void> {
    if (pid === undefined) return;
    if (!(await until(() => !isAlive(pid), { withinMs: 15_000, everyMs: 20 }))) {
      throw new Error(`${what} (process ${pid}) is still alive after 15 s.`);
    }
  }

  async function kill(name: PartName, signal: NodeJS.Signals = 'SIGKILL'): Promise<number> {
    const pid = stack.part(name).pid();
    if (pid === undefined) throw new Error(`${name} is not running.`);
    stack.part(name).kill(signal);
    await gone(pid, name);
    // The supervisor hears of it a moment after the process is gone.
    await until(() => stack.part(name).pid() !== pid, { withinMs: 5_000, everyMs: 10 });
    return pid;
  }

  return {
    get endpoints() {
      return stack.endpoints();
    },
    home,
    ports: stack.ports,
    etcd: stack.etcd,
    client: createClient({ address: stack.endpoints().api }),
    api: (path, init) => fetch(new URL(path, stack.endpoints().api), init),
    sidecar(path, init = {}) {
      const { sidecar, sidecarToken } = stack.endpoints();
      return fetch(`${sidecar}${path}`, { ...init, headers: { ...init.headers, 'dapr-api-token': sidecarToken } });
    },
    workflows: () =>
      workflowClientOf().createWorkflowStarter({
        host: LOOPBACK,
        grpcPort: stack.ports.sidecarGrpc,
        apiToken: stack.endpoints().sidecarToken,
        deadlineMs: 10_000,
      }),
    pid: (name) => stack.part(name).pid(),
    kill,
    restartAfter: (name, ms) => stack.part(name).holdRestart(ms),
    async down(name, ms) {
      stack.part(name).holdRestart(ms);
      await kill(name);
      await pause(ms);
      await stack.part(name).ready();
    },
    stopped: (name) => gone(stack.part(name).pid(), name),
    ready: (name, withinMs) => stack.part(name).ready(withinMs),
    events,
    logs: () => Object.fromEntries(stack.parts.map((part) => [part.name, readFileSync(part.logFile, 'utf8')])),
    async stop() {
      unwatch();
      await stopWhole(stack);
      removeHome();
    },
  };
}

/** Loaded by who asks for it: Dapr's SDK costs each file of tests half a second of a core. */
const workflowClientOf = () => require('../../../src/dapr/workflow-client') as typeof workflowClient;

/** I1 */
async function stopWhole(stack: Stack): Promise<void> {
  const pids = stack.parts.flatMap((part) => part.pid() ?? []);
  await stack.stop();
  const alive = pids.filter(isAlive);
  if (alive.length > 0) throw new Error(`Still alive after the stop: ${alive.join(', ')}.`);
  for (const [name, port] of Object.entries(stack.ports)) {
    if (await answers(port)) throw new Error(`Port ${port} (${name}) still answers after the stop.`);
  }
}
