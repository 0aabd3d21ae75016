import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENDPOINTS, pathOf } from 'contactsheet/contract';
import { CHECKOUT } from './checkout';
import { daprdArguments } from './daprd-command';
import { cliEnvironment } from './environment';
import { forgetProcesses, recordProcesses, runningOf, startGuardian } from './leftovers';
import { tailOf } from './log-file';
import { createPart, type Part, type PartDefinition } from './part';
import { APP_GRACE_MS } from './parts';
import { createPortBook, LOOPBACK } from './ports';
import { succeeds } from './probe';
import { type Programs, programsOf } from './programs';
import { type RunPlan, readRunFile } from './run-file';
import { acquireRuntime } from './runtime/acquire';
import { withoutServices } from './settings';
import { listensOn, pubsubSocket } from './sockets';
import { chooseStackPorts, type StackPorts } from './stack-ports';

/**
 * One more replica beside that of a stack: an app, a daprd and a pub/sub component of its own, on the services and the
 * control plane of the stack. It knows no more than what `npm run services` leaves for the Dapr CLI: the run file and the
 * environment.
 */
export interface Replica {
  readonly name: string;
  readonly api: string;
  readonly sidecar: string;
  /** How many chunks it has ended since its sidecar's start, by the sidecar's own count. */
  chunks(): Promise<number>;
  /** One process of it, without a word; it is started again where the replica is supervised. */
  end(part: 'app' | 'daprd'): void;
  /** All three at once, without a word, for good. */
  kill(): Promise<void>;
  /** As a deployment would take it away: the app first, which drains. */
  stop(): Promise<void>;
  logs(): string;
}

export interface ReplicaOptions {
  /** The folder of the stack. */
  readonly home: string;
  readonly name: string;
  readonly appEnv?: Readonly<Record<string, string>>;
  /** Whether an app or a daprd that dies is started again. Default false. */
  readonly supervise?: boolean;
}

export async function startReplica({ home, name, appEnv = {}, supervise = false }: ReplicaOptions): Promise<Replica> {
  const plan = readRunFile(join(home, 'dapr.yaml'));
  const ports = await portsBeside(plan);
  const { daprd } = await acquireRuntime({
    env: process.env,
    signal: new AbortController().signal,
    say: () => undefined,
  });
  const sockets = mkdtempSync(join(tmpdir(), 'cs-'));
  const programs = await programsOf(plan);
  const definitions = definitionsOf({ home, plan, ports, programs, daprd, sockets, appEnv });
  const record = recordIn(home, name);
  // The guardian of the stack does not know it: without one of its own it would outlive a test that is killed.
  const guardian = startGuardian(record);
  const noteProcesses = () => recordProcesses(record, parts.flatMap(runningOf));
  const started = (definition: Definition): Part =>
    createPart(
      {
        ...definition,
        logFile: join(home, 'logs', `${definition.name}-${name}.log`),
        readyWithinMs: 90_000,
        graceMs: APP_GRACE_MS,
      },
      {
        restarts: supervise && definition.name !== 'pubsub',
        report: ({ kind }) => void (kind === 'started' && setImmediate(noteProcesses)),
      },
    );
  const [app, sidecar, pubsub] = [started(definitions.app), started(definitions.daprd), started(definitions.pubsub)];
  const parts = [app, sidecar, pubsub];
  const logs = () => parts.map(({ logFile }) => [`--- ${logFile}`, ...tailOf(logFile, 20)].join('\n')).join('\n');

  async function stop(): Promise<void> {
    for (const each of parts) await each.stop();
    forgetProcesses(record);
    guardian.end();
    rmSync(sockets, { recursive: true, force: true });
  }

  try {
    await pubsub.start();
    await Promise.all([sidecar.start(), app.start()]);
  } catch (error) {
    if (error instanceof Error) error.message += `\n${logs()}`;
    await stop();
    throw error;
  }
  return {
    name,
    api: `http://${LOOPBACK}:${ports.api}`,
    sidecar: `http://${LOOPBACK}:${ports.sidecarHttp}`,
    chunks: () => chunksOf(ports.sidecarMetrics),
    end: (which) => (which === 'app' ? app : sidecar).kill('SIGKILL'),
    async kill() {
      for (const each of parts) each.kill('SIGKILL');
      await stop();
    },
    stop,
    logs,
  };
}

/** Free ones, but for the control plane: that is the stack's. */
async function portsBeside(plan: RunPlan): Promise<StackPorts> {
  return {
    ...(await chooseStackPorts(createPortBook({ everywhereFree: true }), plan)),
    placement: portOf(plan.placementHostAddress),
    scheduler: portOf(plan.schedulerHostAddress),
  };
}

type Definition = Pick<PartDefinition, 'name' | 'command' | 'cwd' | 'env' | 'isReady'>;

interface Surroundings extends Required<Pick<ReplicaOptions, 'home' | 'appEnv'>> {
  readonly plan: RunPlan;
  readonly ports: StackPorts;
  readonly programs: Programs;
  /** Path of the program. */
  readonly daprd: string;
  /** Folder of the component's socket. */
  readonly sockets: string;
}

function definitionsOf({ home, plan, ports, programs, daprd, sockets, appEnv }: Surroundings) {
  const { NODE_ENV, JEST_WORKER_ID, ...inherited } = process.env;
  const env = {
    ...withoutServices(inherited),
    ...exported(join(home, 'env')),
    DAPR_COMPONENTS_SOCKETS_FOLDER: sockets,
    API_PORT: String(ports.api),
  };
  const socket = pubsubSocket(sockets);
  return {
    pubsub: {
      name: 'pubsub',
      command: [process.execPath, ...programs.pubsub, '--socket', socket],
      cwd: CHECKOUT,
      env,
      isReady: listensOn(socket),
    },
    daprd: {
      name: 'daprd',
      command: [daprd, ...daprdArguments(plan, ports)],
      cwd: plan.appDirPath,
      env,
      isReady: succeeds(`http://${LOOPBACK}:${ports.sidecarHttp}/v1.0/healthz/outbound`),
    },
    app: {
      name: 'app',
      command: programs.app,
      cwd: plan.appDirPath,
      env: { ...env, ...plan.env, ...cliEnvironment(plan.appID, ports), ...appEnv },
      isReady: succeeds(`http://${LOOPBACK}:${ports.api}${pathOf(ENDPOINTS.readyz)}`),
    },
  } satisfies Record<string, Definition>;
}

/** The record of its processes, beside that of the stack. */
function recordIn(home: string, name: string) {
  const at = (file: string) => join(home, `${file}-${name}`);
  return { at, write: (file: string, text: string) => writeFileSync(at(file), text) };
}

/** Executions of analyze-chunk that a sidecar has seen end. */
export async function chunksOf(metricsPort: number): Promise<number> {
  const text = await (await fetch(`http://${LOOPBACK}:${metricsPort}/metrics`)).text();
  const counts = text.matchAll(/^dapr_runtime_workflow_activity_execution_count\{([^}]*)\} (\S+)$/gm);
  return [...counts].reduce((sum, [, labels, count]) => sum + (labels?.includes('chunk') ? Number(count) : 0), 0);
}

function exported(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').matchAll(/^export ([A-Za-z_]+)='(.*)'$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value.replaceAll("'\\''", "'")]));
}

function portOf(address = ''): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
