/** What each part of a stack is: its command, its environment, and how one sees that it serves. */
import { existsSync } from 'node:fs';
import { ENDPOINTS, pathOf } from 'contactsheet/contract';
import { CHECKOUT } from './checkout';
import { environmentOf, namesOfSettings } from './child-environment';
import { daprdArguments } from './daprd-command';
import { cliEnvironment, type ServiceEnvironment } from './environment';
import { etcdHost, type Home } from './home';
import type { PartDefinition, PartName } from './part';
import { LOOPBACK, answers as portAnswers } from './ports';
import { speaks, succeeds } from './probe';
import type { Programs } from './programs';
import type { RunPlan } from './run-file';
import type { DaprRuntime } from './runtime/dapr-runtime';
import { variableNames } from './secrets-file';
import { listensOn, pubsubSocket } from './sockets';
import { localStorageAccount } from './settings';
import type { StackPorts } from './stack-ports';

export interface PartContext {
  readonly home: Home;
  readonly ports: StackPorts;
  readonly plan: RunPlan;
  readonly runtime: DaprRuntime;
  readonly programs: Programs;
  /** The environment of every part. */
  readonly env: NodeJS.ProcessEnv;
  readonly services: ServiceEnvironment;
  /** Where the sidecar finds pluggable components. */
  readonly sockets: string;
  /** For the app alone, over everything else. */
  readonly appEnv?: Readonly<Record<string, string>>;
  /** Instead of the command of the run file. */
  readonly appCommand?: readonly [string, ...string[]];
  readonly vision?: VisionPace;
  readonly storageInMemory?: boolean;
}

/** How the local Vision service answers. */
export interface VisionPace {
  /** `10/s`, `20/min`, or a number of calls a second; unlimited when absent. */
  readonly rate?: string | number;
  readonly latencyMs?: number;
}

/** The rate in words, as the service takes it and the app is told. */
export function rateText({ rate }: VisionPace = {}): string | undefined {
  return typeof rate === 'number' ? `${rate}/s` : rate;
}

/** More than its stop takes (STOP_GRACE_MS in src/wiring/servers.ts). */
export const APP_GRACE_MS = 6_000;
const SERVER_GRACE_MS = 2_500;
const READY_WITHIN_MS = 60_000;

export function azuritePart(context: PartContext): PartDefinition {
  const { home, ports } = context;
  return {
    ...common(context, 'azurite'),
    command: [
      process.execPath,
      ...context.programs.azurite,
      ...['--blobHost', LOOPBACK, '--blobPort', String(ports.blob)],
      ...['--queueHost', LOOPBACK, '--queuePort', String(ports.queue)],
      // It starts three services or none; nothing here uses tables.
      ...['--tableHost', LOOPBACK, '--tablePort', '0'],
      ...(context.storageInMemory ? ['--inMemoryPersistence'] : ['--location', home.at('azurite')]),
      '--skipApiVersionCheck',
      '--disableTelemetry',
      '--silent',
    ],
    env: azuriteEnvironment(context),
    ports: [ports.blob, ports.queue],
    isReady: async () => (await speaks(`http://${LOOPBACK}:${ports.blob}/`)()) && portAnswers(ports.queue),
    // It saves its index then: 100,000 blobs took 2.7 s on a busy machine.
    graceMs: 10_000,
  };
}

function azuriteEnvironment({ env, home }: PartContext): NodeJS.ProcessEnv {
  const { name, key } = localStorageAccount(env, home.keys);
  return { ...environmentOf('azurite', env), AZURITE_ACCOUNTS: `${name}:${key}` };
}

export function cosmosPart(context: PartContext): PartDefinition {
  const { home, ports } = context;
  return {
    ...common(context, 'cosmos'),
    command: [
      process.execPath,
      ...context.programs.cosmos,
      ...['--port', String(ports.cosmos), '--host', LOOPBACK, '--file', home.at('cosmos.db')],
    ],
    env: { ...environmentOf('cosmos', context.env), COSMOS_KEY: home.keys.cosmosKey },
    ports: [ports.cosmos],
    isReady: succeeds(`http://${LOOPBACK}:${ports.cosmos}/_dev/health`),
  };
}

export function visionPart(context: PartContext): PartDefinition {
  const { home, ports, vision = {} } = context;
  const rate = rateText(vision);
  return {
    ...common(context, 'vision'),
    command: [
      process.execPath,
      ...context.programs.vision,
      ...['--port', String(ports.vision), '--host', LOOPBACK],
      ...(rate === undefined ? [] : ['--rate', rate]),
      ...(vision.latencyMs === undefined ? [] : ['--latency-ms', String(vision.latencyMs)]),
    ],
    env: { ...environmentOf('vision', context.env), VISION_KEY: home.keys.visionKey },
    ports: [ports.vision],
    isReady: succeeds(`http://${LOOPBACK}:${ports.vision}/_dev/about`),
  };
}

/** The component behind `pubsub`. It learns its account from the sidecar. */
export function pubsubPart(context: PartContext): PartDefinition {
  const socket = pubsubSocket(context.sockets);
  return {
    ...common(context, 'pubsub'),
    command: [process.execPath, ...context.programs.pubsub, '--socket', socket],
    isReady: listensOn(socket),
  };
}

/**
 * Known defect of placement and scheduler 1.18.2: `--healthz-listen-address` is read and not used, so their health pages,
 * which say nothing but `ok`, listen on every interface.
 */
export function placementPart(context: PartContext): PartDefinition {
  const { ports, runtime } = context;
  return {
    ...common(context, 'placement'),
    command: [
      runtime.placement,
      ...['--port', String(ports.placement), '--listen-address', LOOPBACK],
      ...['--healthz-port', String(ports.placementHealth), '--healthz-listen-address', LOOPBACK],
      ...['--metrics-port', String(ports.placementMetrics), '--metrics-listen-address', LOOPBACK],
      // Its raft listens too, also when it is alone.
      ...['--id', 'dapr-placement-0', '--initial-cluster', `dapr-placement-0=${LOOPBACK}:${ports.placementRaft}`],
    ],
    ports: [ports.placement, ports.placementHealth],
    isReady: succeeds(`http://${LOOPBACK}:${ports.placementHealth}/healthz`),
  };
}

export function schedulerPart(context: PartContext): PartDefinition {
  const { home, ports, runtime } = context;
  const etcd = etcdHost(home.keys);
  return {
    ...common(context, 'scheduler'),
    command: [
      runtime.scheduler,
      ...['--port', String(ports.scheduler), '--listen-address', LOOPBACK],
      ...['--override-broadcast-host-port', `${LOOPBACK}:${ports.scheduler}`],
      ...['--healthz-port', String(ports.schedulerHealth), '--healthz-listen-address', LOOPBACK],
      ...['--metrics-port', String(ports.schedulerMetrics), '--metrics-listen-address', LOOPBACK],
      ...['--etcd-data-dir', home.at('scheduler')],
      ...['--etcd-client-listen-address', etcd, '--etcd-client-port', String(ports.schedulerEtcdClient)],
      ...['--id', 'dapr-scheduler-server-0'],
      ...['--etcd-initial-cluster', `dapr-scheduler-server-0=http://${etcd}:${ports.schedulerEtcdPeer}`],
    ],
    ports: [ports.scheduler, ports.schedulerHealth],
    isReady: succeeds(`http://${LOOPBACK}:${ports.schedulerHealth}/healthz`),
  };
}

export function daprdPart(context: PartContext): PartDefinition {
  const { plan, ports, runtime, env, services } = context;
  return {
    ...common(context, 'daprd'),
    command: [runtime.daprd, ...daprdArguments(plan, ports)],
    cwd: plan.appDirPath,
    env: environmentOf('daprd', { ...env, ...services }, ['APP_API_TOKEN', ...variableNames(plan.resourcesPaths)]),
    ports: [ports.sidecarHttp, ports.sidecarGrpc],
    // `/v1.0/healthz` waits for the app, which waits for this.
    isReady: succeeds(`http://${LOOPBACK}:${ports.sidecarHttp}/v1.0/healthz/outbound`),
    graceMs: 3_000,
  };
}

export function appEnvironment({ env, plan, services, ports, appEnv }: PartContext): NodeJS.ProcessEnv {
  return { ...env, ...plan.env, ...services, ...cliEnvironment(plan.appID, ports), ...appEnv };
}

/** Of all that, what the app asks for, what the run file gives it, and what it is given on purpose. */
function ownEnvironmentOfApp(context: PartContext): NodeJS.ProcessEnv {
  const { plan, ports, appEnv = {} } = context;
  const whole = appEnvironment(context);
  const given = Object.keys({ ...plan.env, ...cliEnvironment(plan.appID, ports), ...appEnv });
  return environmentOf('app', whole, [...given, ...namesOfSettings(whole)]);
}

export function appPart(context: PartContext): PartDefinition {
  const { plan, ports } = context;
  return {
    ...common(context, 'app'),
    command: context.appCommand ?? context.programs.app,
    cwd: plan.appDirPath,
    env: ownEnvironmentOfApp(context),
    ports: [ports.api, ports.appChannel],
    isReady: succeeds(`http://${LOOPBACK}:${ports.api}${pathOf(ENDPOINTS.readyz)}`),
    graceMs: APP_GRACE_MS,
  };
}

/** False while a compiled server is missing: an unfinished build. */
export function isCompiled(part: PartDefinition): boolean {
  return part.command
    .filter((word) => word.startsWith(CHECKOUT) && !word.includes('node_modules') && word.endsWith('.js'))
    .every((script) => existsSync(script));
}

function common(context: PartContext, name: PartName) {
  return {
    name,
    cwd: CHECKOUT,
    env: environmentOf(name, context.env),
    logFile: context.home.at('logs', `${name}.log`),
    readyWithinMs: READY_WITHIN_MS,
    graceMs: SERVER_GRACE_MS,
  };
}
