import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Actors } from '../actors';
import type { Config } from '../config';
import { hostActors } from '../dapr/actor-host';
import { type WorkerDeps, WorkflowWorker } from '../dapr/worker';
import { defined } from '../domain/defined';
import type { Listener } from '../http/access/shown';
import { createAppChannel } from '../http/app-channel';
import { provenCallers } from '../http/authorize';
import { limitCallers } from '../http/caller-limit';
import { createContinuations } from '../http/continuation';
import { createLinkTokens } from '../http/link-tokens';
import { listen } from '../http/listener';
import { createPublicApp } from '../http/public-server';
import type { RunEventHandlers } from '../http/subscriptions';
import { systemClock } from '../pipeline/clock';
import { checkHealth } from '../use-cases/health/check-health';
import type { UseCases } from '../use-cases/port';
import { workflowDefinitions } from '../workflows/register';
import type { Gateways } from './gateways';
import { openIdentities } from './identities';
import type { Jobs } from './jobs';
import { warnOfOpenSidecar } from './open-sidecar';
import type { Application } from './use-cases';

export interface Servers {
  readonly publicUrl: string;
  readonly appChannelUrl: string;
  /** What this replica needs, and whether it answers. */
  health: UseCases['health'];
  /** From now on this replica says that it takes no traffic. */
  drain(): void;
  /** Lets what is in flight end, and closes worker and listeners. */
  stop(): Promise<void>;
}

/**
 * What is in flight may end: a call that is killed is paid for twice. The listeners, whose end lets the leases of calls run
 * out, take a second more, and then the last writes end: the launcher kills after six seconds (packages/dev-stack/src/parts.ts).
 */
const STOP_GRACE_MS = 3_000;
const CLOSE_GRACE_MS = 1_000;

/** The public API, the channel that only the sidecar reaches, and the worker that the engine hands its work. */
export async function startServers(
  config: Config,
  { sidecar, results, activityLog, vision }: Gateways,
  actors: Actors,
  { useCases: questions, activities }: Application,
  { blobCreated }: Pick<Jobs, 'blobCreated'>,
  log: Logger,
): Promise<Servers> {
  const worker = createWorker(config, { sidecar, activities, log });
  const health: UseCases['health'] = (isVerbose) => checkHealth({ sidecar, worker, results }, isVerbose);
  const useCases: UseCases = { ...questions, health };
  let draining = false;
  const shellOf = await createShells(config, useCases);
  const served = { useCases, log, isDraining: () => draining, features: vision.offered };

  const { publicUrl: configured, hosts } = config.api;
  const publicApp = createPublicApp({
    ...{ ...served, ...shellOf('public'), hosts },
    ...defined({ publicUrl: configured }),
  });
  publicApp.finish();
  const api = await listen(publicApp.app, { ...config.api, name: 'public API', setting: 'API_PORT' });

  const channel = createAppChannel({
    ...{ ...served, ...shellOf('app-channel'), publicUrl: configured ?? api.url },
    ...defined({ appApiToken: config.appChannel.token?.reveal() }),
    events: recordedIn(activityLog),
    blobEvents: { onBlobCreated: blobCreated },
  });
  await hostActors(channel.app, actors, { app: config.appChannel.port, sidecar: config.sidecar.httpPort });
  channel.finish();
  const { port } = config.appChannel;
  const appChannel = await listen(channel.app, { host: '127.0.0.1', port, name: 'app channel', setting: 'APP_PORT' });
  worker.start();
  return {
    ...{ publicUrl: api.url, appChannelUrl: appChannel.url, health },
    drain() {
      draining = true;
    },
    async stop() {
      await worker.stop(STOP_GRACE_MS); // first: actors must answer while chunks end
      await Promise.all([api.close(CLOSE_GRACE_MS), appChannel.close(CLOSE_GRACE_MS)]);
    },
  };
}

function createWorker({ sidecar }: Config, deps: Omit<WorkerDeps, 'workflows'>): WorkflowWorker {
  const apiToken = sidecar.token?.reveal();
  warnOfOpenSidecar(apiToken, deps.log);
  return new WorkflowWorker(
    { host: '127.0.0.1', grpcPort: sidecar.grpcPort, ...defined({ apiToken }) },
    { ...deps, workflows: workflowDefinitions },
  );
}

/** Who may ask on a listener, how often, and with which links and tokens it answers: two listeners with the same keys. */
async function createShells(config: Config, useCases: UseCases) {
  const linkKey = linkKeyOf(config);
  const continuations = createContinuations(linkKey);
  const links = config.links.withCodes ? { tokens: createLinkTokens(linkKey, systemClock.nowMs) } : {};
  const { callerRate: perSecond } = config.limits;
  const limits = perSecond === undefined ? {} : { limit: limitCallers({ perSecond }) };
  const recognize = await openIdentities(config.auth);
  return (listener: Listener) => ({
    ...{ continuations, ...links, ...limits },
    ...(recognize && { authorize: provenCallers({ recognize, listener, records: useCases, ...links, ...limits }) }),
  });
}

/** The activity log of a container keeps what its runs announce. */
function recordedIn(activityLog: Gateways['activityLog']): RunEventHandlers {
  return {
    onRunEvent: async ({ id, type, subject, time, data }) => {
      await activityLog.record({ id, container: data.container, type, subject, time, data });
      return 'SUCCESS';
    },
  };
}

/** Without a configured key the links of this process are its own: nobody else's open anything here. */
function linkKeyOf({ links }: Config): string {
  return links.key?.reveal() ?? randomBytes(32).toString('hex');
}
