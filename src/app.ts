import { createHash, randomBytes } from 'node:crypto';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { createActors } from './actors';
import { type Config, ConfigError, readConfig } from './config';
import { hostActors } from './dapr/actor-host';
import { quietEngine } from './dapr/quiet-engine';
import { WorkflowWorker } from './dapr/worker';
import { createWorkflowStarter } from './dapr/workflow-client';
import type { QuotaSettings } from './domain/quota/quota';
import { isFinal } from './domain/run/run';
import { createCosmosActivityLog } from './gateways/activity-log/cosmos-activity-log';
import { createAzureBlobs } from './gateways/blobs/azure-blobs';
import type { BlobsGateway } from './gateways/blobs/port';
import { createCosmosCache } from './gateways/cache/cosmos-cache';
import { createCosmosContainers } from './gateways/containers/cosmos-containers';
import { createCosmosClient } from './gateways/cosmos/client';
import { ensureCosmosSchema } from './gateways/cosmos/schema';
import { createDaprEvents } from './gateways/events/dapr-events';
import { createDaprManifests } from './gateways/manifests/dapr-manifests';
import { createCosmosOperations } from './gateways/operations/cosmos-operations';
import { createCosmosResults } from './gateways/results/cosmos-results';
import { createCosmosRuns } from './gateways/runs/cosmos-runs';
import { createSidecar } from './gateways/sidecar/sidecar';
import { connectVision, resourceOf, visionRate } from './gateways/vision';
import { createCosmosWatches } from './gateways/watches/cosmos-watches';
import { createAppChannel } from './http/app-channel';
import { createLinkTokens } from './http/link-tokens';
import { listen } from './http/listener';
import { createPublicApp } from './http/public-server';
import type { UseCases } from './use-cases/port';
import { ChunkWork } from './pipeline/chunk-work';
import { systemClock } from './pipeline/clock';
import { ReadWriteLock } from './pipeline/read-write-lock';
import { FairSemaphore } from './pipeline/fair-semaphore';
import type { ImageDeps } from './pipeline/image-work';
import { Listing } from './pipeline/listing';
import { RunSessions } from './pipeline/run-session';
import { Sampling } from './pipeline/sampling';
import { CircuitBreaker } from './pipeline/circuit-breaker';
import { KeyedMutex } from './pipeline/keyed-mutex';
import { throttleNotifier } from './pipeline/throttle-notifier';
import { ContainerIndex } from './use-cases/containers/container-index';
import { ContainerQueries } from './use-cases/containers/container-queries';
import { ContainerWatcher } from './use-cases/watches/container-watcher';
import { checkHealth } from './use-cases/health/check-health';
import { Operations } from './use-cases/operations/operations';
import type { QuoteSettings } from './use-cases/quotes/price-plan';
import { QuotaControl } from './use-cases/quota/quota-control';
import { QuoteService, sampleTask } from './use-cases/quotes/quote-service';
import { Retention } from './jobs/retention';
import { Reconciler } from './jobs/reconciler';
import { RunClosing } from './use-cases/runs/run-closing';
import { RunCommands } from './use-cases/runs/run-commands';
import { RunRecords } from './use-cases/runs/run-records';
import { RunService } from './use-cases/runs/run-service';
import { singleFlight } from './use-cases/single-flight';
import { createHistory } from './use-cases/history';
import { WakeUps } from './jobs/wake-ups';
import { WatchService } from './use-cases/watches/watch-service';
import { createLogger } from './telemetry/logger';
import { createActivities } from './workflows/activities';
import { workflowDefinitions } from './workflows/register';

export interface App {
  readonly publicUrl: string;
  stop(): Promise<void>;
}

/** What a test may put in the place of a gateway, around the real one, and of the size of pages and chunks. */
export interface Overrides {
  readonly blobs?: (real: BlobsGateway) => BlobsGateway;
  readonly sizes?: { readonly page: number; readonly chunk: number };
}

/** Everything wired, in one place. Nothing but this reads the clock, opens a socket or starts a timer by itself. */
export async function startApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const log = createLogger(config.logLevel);
  quietEngine();
  if (config.sidecar.token === undefined) {
    log.warn({ event: 'sidecar.open' }, 'DAPR_API_TOKEN is not set: whoever reaches the sidecar acts in our name');
  }
  const clock = systemClock;

  // Gateways
  const sidecar = createSidecar({
    port: config.sidecar.httpPort,
    ...(config.sidecar.token === undefined ? {} : { apiToken: config.sidecar.token.reveal() }),
  });
  const cosmosSettings = { endpoint: config.cosmos.endpoint, key: config.cosmos.key.reveal() };
  await ensureCosmosSchema(cosmosSettings);
  const cosmos = createCosmosClient(cosmosSettings);
  const azureBlobs = createAzureBlobs({ connectionString: config.storage.connectionString.reveal() });
  const blobs = overrides.blobs?.(azureBlobs) ?? azureBlobs;
  const results = createCosmosResults({ client: cosmos, account: blobs.account });
  const runs = createCosmosRuns(cosmos);
  const activityLog = createCosmosActivityLog(cosmos, config.reportRetentionDays);
  const watches = createCosmosWatches(cosmos);
  const containers = createCosmosContainers(cosmos);
  const manifests = createDaprManifests(sidecar);
  const events = createDaprEvents(sidecar);
  const vision = await connectVision({
    endpoint: config.vision.endpoint,
    key: config.vision.key.reveal(),
    apiVersion: config.vision.apiVersion,
    features: [...config.vision.features],
    language: config.vision.language,
    timeoutMs: config.vision.timeoutMs,
  });

  // Actors, pipeline, workflows
  const rate = await visionRate(config.vision);
  const resource = resourceOf(config.vision.endpoint);
  const actors = createActors(sidecar, clock, { resource, defaults: { ...rate, ...capsOf(config) } });
  const semaphore = new FairSemaphore({
    maxItems: config.limits.imagesInFlight,
    maxBytes: config.limits.bytesInFlight,
  });
  const cache = createCosmosCache(cosmos);
  const listing = new Listing({
    blobs,
    cache,
    manifests,
    results,
    vision,
    ...(overrides.sizes && { sizes: overrides.sizes }),
  });
  const sessions = new RunSessions({ run: actors.run, clock, newId: uuidv4 });
  const imageDeps: ImageDeps = {
    blobs,
    vision,
    results,
    semaphore,
    cache,
    keyedMutex: new KeyedMutex(),
    blobBreaker: new CircuitBreaker(clock, 'Blob Storage'),
    visionBreaker: new CircuitBreaker(clock, 'Vision'),
    notifyThrottled: throttleNotifier(clock, (retryAfterMs) => actors.quota().throttled({ retryAfterMs })),
    hasEnded: singleFlight(async (runId) => {
      const { run } = await actors.run(runId).view();
      return run === undefined || isFinal(run.status);
    }),
    clock,
  };
  const readWriteLock = new ReadWriteLock();
  const chunks = new ChunkWork({
    ...imageDeps,
    manifests,
    listing,
    sessions,
    readWriteLock,
    container: actors.container,
  });
  const sampling = new Sampling({ ...imageDeps, quota: actors.quota, newId: uuidv4 });
  const quote: QuoteSettings = {
    price: config.price,
    maxLostShare: config.maxLostShare,
    nowMs: clock.nowMs,
    validMs: config.approvalExpiresMs,
    hash: (text) => createHash('sha256').update(text).digest('hex'),
  };
  const watcher = new ContainerWatcher({
    watches,
    listing,
    actors,
    runs: { start: (command) => runService.start(command), get: (id) => runService.get(id) },
    nowMs: clock.nowMs,
  });
  const containerIndex = new ContainerIndex({ actors, containers, nowMs: clock.nowMs });
  const gateways = { vision, results, manifests, runs, events };
  const closing = new RunClosing({ actors, listing, ...gateways, containerIndex });
  const activities = createActivities({
    actors,
    listing,
    chunks,
    ...gateways,
    containerIndex,
    quote,
    closing,
    watcher,
  });
  const grpc = {
    host: '127.0.0.1',
    grpcPort: config.sidecar.grpcPort,
    ...(config.sidecar.token === undefined ? {} : { apiToken: config.sidecar.token.reveal() }),
  };
  const worker = new WorkflowWorker(grpc, { sidecar, workflows: workflowDefinitions, activities, log });
  const workflows = createWorkflowStarter({ ...grpc, deadlineMs: 10_000 });

  // Use cases
  const runService = new RunService({
    actors,
    blobs,
    runs,
    containerIndex,
    closing,
    workflows,
    approval: config.approval,
    vision,
    nowMs: clock.nowMs,
    newRunId: () => uuidv7().replaceAll('-', ''),
    log,
  });
  const analyzer = () => vision.analyzer;
  const { sleep } = clock;
  const commands = new RunCommands({
    ...{ actors, runs, results, workflows, service: runService, analyzer, sleep },
    approval: config.approval,
  });
  const records = new RunRecords({ actors, runs, manifests, workflows, service: runService, sleep });
  const { random01 } = clock;
  const quotes = new QuoteService({ blobs, listing, sampling, runs, actors, vision, settings: quote, random01 });
  const queries = new ContainerQueries(actors, blobs, results);
  const quota = new QuotaControl(actors, resource);
  const watching = new WatchService({ watches, workflows, blobs, nowMs: clock.nowMs, log });
  const wakeUps = new WakeUps({ wake: (container) => watching.wake(container), log });
  const operations = new Operations({
    manifests,
    known: createCosmosOperations(cosmos),
    nowMs: clock.nowMs,
    newId: uuidv4,
  });
  const story = createHistory(
    {
      getRun: (id) => runService.get(id),
      actors,
      containerIndex,
      blobs,
      manifests,
      results,
      vision,
      maxLostShare: config.maxLostShare,
      nowMs: clock.nowMs,
    },
    operations,
  );
  const useCases: UseCases = {
    ...story,
    getWatch: (container) => watching.get(container),
    setWatch: (settings) => watching.set(settings),
    removeWatch: (container) => watching.remove(container),
    getQuota: () => quota.view(),
    setQuota: (change) => quota.set(change),
    startRun: (command) => runService.start(command),
    getRun: (id) => runService.get(id),
    listRuns: (filter, page) => runService.list(filter, page),
    listContainers: (page) => containers.list(page),
    getContainer: (container) => queries.summary(container),
    listImages: (container, filter, page) => queries.images(container, filter, page),
    getImage: (container, blob) => queries.image(container, blob),
    listActivity: (container, page) => activityLog.list(container, page),
    health: () => checkHealth({ sidecar, worker, results }),
    controlRun: (command) => commands.control(command),
    approveRun: (command) => commands.approve(command),
    getAudit: (id) => commands.audit(id),
    quote: (command) => quotes.quote(command),
    sampleQuote: (command) => operations.run(sampleTask(command), () => quotes.sampled(command)),
    forecastRetry: (command) => commands.forecast(command),
    retryRun: (command) => commands.retry(command),
    restartRun: (command) => commands.restart(command),
    getCourse: (id) => records.course(id),
    purgeRun: (id) => records.purge(id),
  };
  const retention = new Retention({ runs, records, operations, nowMs: clock.nowMs, log }, config.reportRetentionDays);
  const reconcilers = [new Reconciler(runService, log), new Reconciler(watching, log, 'watches')];

  // HTTP: the public API, and the channel that only the sidecar reaches
  let draining = false;
  const isDraining = () => draining;
  const links = config.links.withCodes ? { tokens: createLinkTokens(linkKeyOf(config), clock.nowMs) } : {};
  const publicApp = createPublicApp({ useCases, log, isDraining, ...links });
  const api = await listen(publicApp, { ...config.api, name: 'public API', setting: 'API_PORT' });
  const channel = createAppChannel({
    useCases,
    log,
    isDraining,
    publicUrl: api.url,
    ...links,
    ...(config.appChannel.token === undefined ? {} : { appApiToken: config.appChannel.token.reveal() }),
    events: {
      onRunEvent: async ({ id, type, subject, time, data }) => {
        await activityLog.record({ id, container: data.container, type, subject, time, data });
        return 'SUCCESS';
      },
    },
    blobEvents: { onBlobCreated: (container) => wakeUps.blobCreated(container) },
  });
  await hostActors(channel.app, actors, { app: config.appChannel.port, sidecar: config.sidecar.httpPort });
  channel.finish();
  const appChannel = await listen(channel.app, {
    host: '127.0.0.1',
    port: config.appChannel.port,
    name: 'app channel',
    setting: 'APP_PORT',
  });
  worker.start();
  for (const reconciler of reconcilers) reconciler.start();
  retention.start();
  log.info({ event: 'app.started', api: api.url, appChannel: appChannel.url }, 'listening');

  return {
    publicUrl: api.url,
    async stop() {
      if (draining) return;
      draining = true;
      for (const reconciler of reconcilers) reconciler.stop();
      retention.stop();
      wakeUps.stop();
      sessions.drain();
      sampling.drain();
      await worker.stop(STOP_GRACE_MS); // first: actors must answer while chunks end
      await Promise.all([api.close(1_000), appChannel.close(1_000)]);
      workflows.close();
      await results.close();
      cosmos.dispose();
      vision.close();
      blobs.close();
      sidecar.close();
      log.info({ event: 'app.stopped' }, 'stopped');
    },
  };
}

/** Without a configured key the links of this process are its own: nobody else's open anything here. */
function linkKeyOf({ links }: Config): string {
  return links.key?.reveal() ?? randomBytes(32).toString('hex');
}

function capsOf({ monthlyCaps: { resource, container } }: Config): QuotaSettings {
  return {
    ...(resource !== undefined && { monthlyTransactions: resource }),
    ...(container !== undefined && { containerMonthlyTransactions: container }),
  };
}

/**
 * What is in flight may end: a call that is killed is paid for twice. The listeners, whose end lets the leases of calls run
 * out, take a second more, and then the last writes end: the launcher kills after six seconds (packages/dev-stack/src/parts.ts).
 */
const STOP_GRACE_MS = 3_000;
/** Exit codes: 2 is a configuration a person must change; starting again would not help. */
const EXIT = { failed: 1, configuration: 2 } as const;

async function main(): Promise<void> {
  const app = await startApp(readConfig(process.env));
  const stop = () => {
    app.stop().then(
      () => process.exit(0),
      () => process.exit(EXIT.failed),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    if (error instanceof ConfigError) {
      process.stderr.write(`The configuration has ${error.problems.length} problem(s):\n${error.message}\n`);
      process.exit(EXIT.configuration);
    }
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(EXIT.failed);
  });
}
