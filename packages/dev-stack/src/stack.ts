/**
 * Everything that runs together: local services, Dapr's control plane, the sidecar and the app.
 *
 * I1 The sidecar starts after the services, the pluggable component and the Cosmos schema: it loads its components once.
 * I2 Stop order: app (drains), sidecar, then the rest; ten seconds in all.
 * I3 A start that fails leaves no process behind.
 * I4 `endpoints.json` names a process of every part from its first writing on, and is rewritten after every start of one.
 * I5 When the pluggable component was started again the sidecar is too: daprd 1.18 does not open its streams again.
 */
import { resolve } from 'node:path';
import { Reader, throughputOf } from 'contactsheet/setup';
import { CHECKOUT } from './checkout';
import { checkConfiguration } from './configuration';
import { type Endpoints, endpointsOf, writeEndpoints } from './endpoints';
import { withEngineRetention } from './engine-retention';
import { serviceEnvironment } from './environment';
import { etcdHost, type Home, openHome } from './home';
import { endLeftovers, forgetProcesses, type Recorded, recordProcesses, startGuardian } from './leftovers';
import { rotate } from './log-file';
import { createPart, LostPort, type Part, type PartDefinition, type PartEvent, type PartName } from './part';
import {
  appEnvironment,
  appPart,
  azuritePart,
  cosmosPart,
  daprdPart,
  isCompiled,
  type PartContext,
  placementPart,
  pubsubPart,
  schedulerPart,
  rateText,
  type VisionPace,
  visionPart,
} from './parts';
import { createPortBook } from './ports';
import { asFileProblem, Problem } from './problem';
import { commandOf } from './process-table';
import { checkStorage, provisionCosmos } from './provision';
import { type RunPlan, readRunFile } from './run-file';
import type { DaprRuntime } from './runtime/dapr-runtime';
import { writeSecretsFile } from './secrets-file';
import { writeMovedRunFile, writeShellEnvironment } from './services-files';
import { asGiven, type Brought, broughtAlong, problemsOfLauncher, withoutOwnExports } from './settings';
import { socketsFolder } from './sockets';
import { chooseStackPorts, preferredPorts, type StackPorts } from './stack-ports';

export type StackEvent = PartEvent | { readonly kind: 'leftover'; readonly process: Recorded };

export interface StackOptions {
  /** The folder for everything on disk. */
  readonly home: string;
  readonly runtime: DaprRuntime;
  /** What the parts inherit; also says which services a person brought. */
  readonly env: NodeJS.ProcessEnv;
  /** False: only what surrounds the app and its sidecar. Default true. */
  readonly withApp?: boolean;
  /** Default: the ports of the run file. `free`: any, for tests. */
  readonly ports?: 'default' | 'free';
  readonly appEnv?: Readonly<Record<string, string>>;
  readonly appCommand?: readonly [string, ...string[]];
  readonly vision?: VisionPace;
  /** Azurite keeps nothing on disk, so its storage ends with it. Default false. */
  readonly storageInMemory?: boolean;
  /** After how long the engine forgets a workflow that has ended, such as `20s`. Default: as the Configuration says. */
  readonly engineRetention?: string;
  /** Whether parts that die are started again. Default true. */
  readonly supervise?: boolean;
  readonly report?: (event: StackEvent) => void;
  /** Aborting ends a start that is under way. */
  readonly signal?: AbortSignal;
}

export interface Stack {
  readonly home: Home;
  readonly plan: RunPlan;
  readonly ports: StackPorts;
  readonly brought: Brought;
  /** The local storage has a key of its own, that nobody else knows. */
  readonly hasOwnStorageKey: boolean;
  /** Of the scheduler's etcd: where its jobs are read by tests and measurements. */
  readonly etcd: string;
  /** As in endpoints.json. */
  endpoints(): Endpoints;
  /** @throws when this stack has no such part. */
  part(name: PartName): Part;
  readonly parts: readonly Part[];
  /** Another run file than the checkout's, written because ports moved. */
  readonly movedRunFile: string | undefined;
  /** Settles when a part was given up for good. */
  readonly givenUp: Promise<Problem>;
  stop(): Promise<void>;
}

/** Starts a stack and waits until every part of it serves. @throws Problem with the cure. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const home = openHome(options.home);
  try {
    for (let again = LOST_PORTS; ; again -= 1) {
      try {
        return await startIn(home, options);
      } catch (error) {
        // Free when it was looked at, and taken since: others are chosen, but for one that a person has set.
        if (!(error instanceof LostPort) || again <= 0) throw error;
      }
    }
  } catch (error) {
    home.release();
    throw asFileProblem(error, home.path);
  }
}

/** So many times a start chooses other ports than those that it lost. */
const LOST_PORTS = 4;

async function startIn(home: Home, options: StackOptions): Promise<Stack> {
  const report = options.report ?? (() => undefined);
  for (const process of await endLeftovers(home)) report({ kind: 'leftover', process });

  const given = withoutOwnExports(options.env, home.keys);
  const wrong = problemsOfLauncher(given);
  // Told below, with all else that is wrong.
  const env = wrong.some(({ name }) => name === 'LOCAL_KEYS') ? { ...given, LOCAL_KEYS: '' } : given;
  const brought = broughtAlong(env);
  const runFile = readRunFile(resolve(CHECKOUT, 'dapr.yaml'));
  const { engineRetention } = options;
  const plan = engineRetention === undefined ? runFile : withEngineRetention(runFile, home, engineRetention);
  const book = createPortBook({ everywhereFree: options.ports === 'free', preferredByOthers: preferredPorts(plan) });
  const ports = await chooseStackPorts(book, plan, env.API_PORT);
  const socketsOfStart = socketsFolder(home);
  const sockets = socketsOfStart.path;
  const services = serviceEnvironment(home, ports, brought, env, sockets, rateText(options.vision));
  const context: PartContext = {
    home,
    ports,
    plan,
    runtime: options.runtime,
    env,
    services,
    sockets,
    ...(options.appEnv ? { appEnv: options.appEnv } : {}),
    ...(options.appCommand ? { appCommand: options.appCommand } : {}),
    ...(options.vision ? { vision: options.vision } : {}),
    ...(options.storageInMemory ? { storageInMemory: true } : {}),
  };
  if (!options.appCommand) checkConfiguration({ ...appEnvironment(context), ...asGiven(env, brought) }, wrong);
  writeSecretsFile(home, plan.resourcesPaths, { ...env, ...services });
  writeShellEnvironment(home, services, options.runtime);
  const movedRunFile = writeMovedRunFile(home, plan, ports);

  let giveUp: (problem: Problem) => void = () => undefined;
  const givenUp = new Promise<Problem>((resolve) => {
    giveUp = resolve;
  });
  const parts = new Map<PartName, Part>();
  const guardian = startGuardian(home);
  let isComplete = false;

  const pids = () =>
    Object.fromEntries(ALL_PARTS.map((name) => [name, parts.get(name)?.pid() ?? null])) as Endpoints['pids'];
  const endpoints = () => endpointsOf(ports, { ...env, ...services }, pids());
  const record = () => {
    const running = [...parts.values()].flatMap((part) => {
      const pid = part.pid();
      return pid === undefined ? [] : [{ name: part.name, pid, command: commandOf(pid) ?? '' }];
    });
    recordProcesses(home, running);
    isComplete ||= running.length === parts.size;
    if (isComplete) writeEndpoints(home, endpoints()); // I4
  };
  const onEvent = (event: PartEvent) => {
    if (event.kind === 'started') setImmediate(record);
    if (event.kind === 'ready' && event.name === 'pubsub') parts.get('daprd')?.kill('SIGTERM'); // I5
    if (event.kind === 'given-up') {
      if (event.problem instanceof LostPort && isComplete) home.forgetTokens();
      giveUp(event.problem);
    }
    report(event);
  };
  const add = (definition: PartDefinition): Part => {
    if (!isCompiled(definition)) {
      throw new Problem(`${definition.name} is not built.`, 'Run `npm run build`, and read what it says.');
    }
    rotate(definition.logFile);
    const part = createPart(definition, { restarts: options.supervise !== false, report: onEvent });
    parts.set(definition.name, part);
    return part;
  };

  async function stop(): Promise<void> {
    await parts.get('app')?.stop(); // I2
    await parts.get('daprd')?.stop();
    await Promise.all([...parts.values()].map((part) => part.stop()));
    forgetProcesses(home);
    guardian.end();
    socketsOfStart.remove();
    book.release();
  }

  try {
    await orAborted(startParts(context, brought, options.withApp !== false, add), options.signal);
    record();
  } catch (error) {
    await stop(); // I3
    throw error;
  }
  const stopForGood = async () => {
    await stop();
    home.release();
  };
  return {
    home,
    plan,
    ports,
    brought,
    hasOwnStorageKey: !brought.storage && services.AZURE_BLOB_ACCOUNT_KEY === home.keys.storageKey,
    etcd: `http://${etcdHost(home.keys)}:${ports.schedulerEtcdClient}`,
    endpoints,
    part(name) {
      const part = parts.get(name);
      if (!part) throw new Error(`This stack has no ${name}.`);
      return part;
    },
    parts: [...parts.values()],
    movedRunFile,
    givenUp,
    stop: stopForGood,
  };
}

async function orAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return work;
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  await Promise.race([work, aborted]);
}

const ALL_PARTS: readonly PartName[] = [
  'app',
  'daprd',
  'pubsub',
  'placement',
  'scheduler',
  'azurite',
  'cosmos',
  'vision',
];

async function startParts(
  context: PartContext,
  brought: Brought,
  withApp: boolean,
  add: (definition: PartDefinition) => Part,
): Promise<void> {
  const azurite = brought.storage ? undefined : add(azuritePart(context));
  const cosmos = brought.cosmos ? undefined : add(cosmosPart(context));
  const vision = brought.vision ? undefined : add(visionPart(context));
  const pubsub = add(pubsubPart(context));
  const control = [add(placementPart(context)), add(schedulerPart(context))];
  const sidecar = withApp ? [add(daprdPart(context)), add(appPart(context))] : [];

  const storageReady = azurite?.start() ?? checkStorage(context.services.AZURE_STORAGE_CONNECTION_STRING ?? '');
  const { COSMOS_ENDPOINT = '', COSMOS_KEY = '' } = { ...context.env, ...context.services };
  const cosmosReady = Promise.resolve(cosmos?.start()).then(() =>
    provisionCosmos({ endpoint: COSMOS_ENDPOINT, key: COSMOS_KEY, throughput: throughputOf(new Reader(context.env)) }),
  );
  const others = [vision, ...control].map((part) => part?.start());
  const services = Promise.all([storageReady, cosmosReady, pubsub.start()]); // I1
  await Promise.all([services, ...others, services.then(() => Promise.all(sidecar.map((part) => part.start())))]);
}
