/**
 * Everything that runs together: local services, Dapr's control plane, the sidecar and the app.
 *
 * I1 The sidecar starts after the services, the pluggable component and the Cosmos schema: it loads its components once.
 * I2 Stop order: app (drains), sidecar, then the rest; ten seconds in all.
 * I3 A start that fails leaves no process behind.
 * I4 `endpoints.json` names a process of every part from its first writing on, and is rewritten after every start of one.
 * I5 When the pluggable component was started again the sidecar is too: daprd 1.18 does not open its streams again.
 *
 * `running-parts.ts` upholds I2, I4 and I5.
 */
import { resolve } from 'node:path';
import { defined } from 'contactsheet/contract';
import { Reader, throughputOf } from 'contactsheet/setup';
import { CHECKOUT } from './checkout';
import { checkConfiguration } from './configuration';
import type { Endpoints } from './endpoints';
import { withEngineRetention } from './engine-retention';
import { serviceEnvironment } from './environment';
import { etcdHost, type Home, openHome } from './home';
import { endLeftovers, type Recorded } from './leftovers';
import { LostPort, type Part, type PartDefinition, type PartEvent, type PartName } from './part';
import {
  appEnvironment,
  appPart,
  azuritePart,
  cosmosPart,
  daprdPart,
  type PartContext,
  placementPart,
  pubsubPart,
  rateText,
  schedulerPart,
  type VisionPace,
  visionPart,
} from './parts';
import { createPortBook } from './ports';
import { asFileProblem, type Problem } from './problem';
import { programsOf } from './programs';
import { checkStorage, provisionCosmos } from './provision';
import { type RunPlan, readRunFile } from './run-file';
import { RunningParts } from './running-parts';
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
  const { report = () => undefined } = options;
  for (const process of await endLeftovers(home)) report({ kind: 'leftover', process });

  const settings = settingsOf(options.env, home);
  const plan = planOf(options, home);
  const book = createPortBook({ everywhereFree: options.ports === 'free', preferredByOthers: preferredPorts(plan) });
  const ports = await chooseStackPorts(book, plan, settings.env.API_PORT);
  const sockets = socketsFolder(home);
  const programs = await programsOf(plan);
  const context = contextOf({ home, options, settings, plan, ports, programs, sockets: sockets.path });
  if (!options.appCommand) checkConfiguration(configurationOf(context, settings), settings.wrong);
  const movedRunFile = writeFiles(context);

  const parts = new RunningParts(context, { restarts: options.supervise !== false, report });
  const stop = async () => {
    await parts.stop();
    sockets.remove();
    book.release();
  };
  try {
    await orAborted(startParts(context, settings.brought, options.withApp !== false, parts), options.signal);
    parts.record();
  } catch (error) {
    await stop(); // I3
    throw error;
  }
  return {
    ...{ home, plan, ports, brought: settings.brought, movedRunFile },
    hasOwnStorageKey: !settings.brought.storage && context.services.AZURE_BLOB_ACCOUNT_KEY === home.keys.storageKey,
    etcd: `http://${etcdHost(home.keys)}:${ports.schedulerEtcdClient}`,
    endpoints: () => parts.endpoints(),
    part: (name) => parts.part(name),
    parts: parts.all,
    givenUp: parts.givenUp,
    async stop() {
      await stop();
      home.release();
    },
  };
}

/** What the person set, and what is wrong with it. */
interface Settings {
  readonly env: NodeJS.ProcessEnv;
  readonly brought: Brought;
  /** Of the launcher's own settings; reported together with those of the app. */
  readonly wrong: ReturnType<typeof problemsOfLauncher>;
}

function settingsOf(exported: NodeJS.ProcessEnv, home: Home): Settings {
  const given = withoutOwnExports(exported, home.keys);
  const wrong = problemsOfLauncher(given);
  const env = wrong.some(({ name }) => name === 'LOCAL_KEYS') ? { ...given, LOCAL_KEYS: '' } : given;
  return { env, brought: broughtAlong(env), wrong };
}

function planOf({ engineRetention }: StackOptions, home: Home): RunPlan {
  const runFile = readRunFile(resolve(CHECKOUT, 'dapr.yaml'));
  return engineRetention === undefined ? runFile : withEngineRetention(runFile, home, engineRetention);
}

interface Chosen extends Pick<PartContext, 'home' | 'plan' | 'ports' | 'programs' | 'sockets'> {
  readonly options: StackOptions;
  readonly settings: Settings;
}

function contextOf({ home, options, settings, plan, ports, programs, sockets }: Chosen): PartContext {
  const { runtime, appEnv, appCommand, vision, storageInMemory } = options;
  const { env, brought } = settings;
  const services = serviceEnvironment(home, ports, brought, env, sockets, rateText(vision));
  return {
    ...{ home, ports, plan, runtime, programs, env, services, sockets },
    ...defined({ appEnv, appCommand, vision, storageInMemory }),
  };
}

function configurationOf(context: PartContext, { env, brought }: Settings): NodeJS.ProcessEnv {
  return { ...appEnvironment(context), ...asGiven(env, brought) };
}

/** What the sidecar, a shell and the Dapr CLI read. Returns the run file with other ports, if there is one. */
function writeFiles({ home, plan, ports, env, services, runtime }: PartContext): string | undefined {
  writeSecretsFile(home, plan.resourcesPaths, { ...env, ...services });
  writeShellEnvironment(home, services, runtime);
  return writeMovedRunFile(home, plan, ports);
}

async function orAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return work;
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  await Promise.race([work, aborted]);
}

async function startParts(
  context: PartContext,
  brought: Brought,
  withApp: boolean,
  parts: RunningParts,
): Promise<void> {
  const add = (definition: PartDefinition) => parts.add(definition);
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
