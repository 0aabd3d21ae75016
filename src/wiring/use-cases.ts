import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { v4 as uuidv4 } from 'uuid';
import type { Actors } from '../actors';
import type { Config } from '../config';
import { resourceOf } from '../gateways/vision';
import { systemClock } from '../pipeline/clock';
import { byInstanceId } from '../use-cases/by-instance-id';
import { ContainerIndex } from '../use-cases/containers/container-index';
import { ContainerQueries } from '../use-cases/containers/container-queries';
import { ContainerComparison } from '../use-cases/containers/container-comparison';
import { createRepairContainer, repairTask } from '../use-cases/containers/repair-container';
import { createVerifyContainer } from '../use-cases/containers/verify-container';
import { Operations } from '../use-cases/operations/operations';
import type { UseCases } from '../use-cases/port';
import { QuotaControl } from '../use-cases/quota/quota-control';
import type { QuoteSettings } from '../use-cases/quotes/price-plan';
import { QuoteService, sampleTask } from '../use-cases/quotes/quote-service';
import { RunClosing } from '../use-cases/runs/run-closing';
import type { ExpireRuns } from '../use-cases/runs/expire-runs';
import type { ReconcileRuns } from '../use-cases/runs/reconcile-runs';
import { RunIndex } from '../use-cases/runs/run-index';
import { RunMilestones } from '../use-cases/runs/run-milestones';
import { ContainerWatcher } from '../use-cases/watches/container-watcher';
import { WatchService } from '../use-cases/watches/watch-service';
import { type Activity, createActivities } from '../workflows/activities';
import type { Gateways } from './gateways';
import type { Pipeline } from './pipeline';
import { createRuns } from './runs';

/** Everything that can be asked, but for the health of what serves it. */
export type Questions = Omit<UseCases, 'health'>;

export interface Application {
  readonly useCases: Questions;
  readonly activities: readonly Activity[];
  /** What the jobs call. */
  readonly reconcileRuns: ReconcileRuns;
  readonly watches: Pick<WatchService, 'reconcile' | 'wake'>;
  readonly expireRuns: ExpireRuns;
  readonly operations: Pick<Operations, 'expire'>;
}

/** The use cases, and the activities by which workflows reach them. */
export function createUseCases(
  config: Config,
  gateways: Gateways,
  actors: Actors,
  { listing, chunks, sampling }: Pipeline,
  log: Logger,
): Application {
  const { blobs, results, runs, manifests, vision, workflows, containers, watches, events, activityLog } = gateways;
  const { nowMs, random01 } = systemClock;
  const { approval, maxLostShare } = config;
  const quote = quoteSettingsOf(config);

  const containerIndex = new ContainerIndex({ actors, containers, nowMs });
  const closing = new RunClosing({
    actors,
    listing,
    manifests,
    runs,
    results,
    vision,
    containerIndex,
    clock: systemClock,
  });
  const {
    useCases: ofRuns,
    instanceIds,
    reconcileRuns,
    expireRuns,
  } = createRuns(config, gateways, actors, { containerIndex, closing }, log);
  const { startRun, getRun } = ofRuns;
  const quotes = new QuoteService({
    ...{ blobs, listing, sampling, runs, actors, vision, approval, random01 },
    settings: quote,
  });
  const queries = new ContainerQueries(actors, blobs, results, containers);
  const comparison = new ContainerComparison({ actors, blobs, results, vision });
  const verify = createVerifyContainer({ comparison, nowMs });
  const repair = createRepairContainer({ comparison, actors, blobs, results, containerIndex, maxLostShare, nowMs });
  const quota = new QuotaControl(actors, resourceOf(config.vision.endpoint));
  const watching = new WatchService({ watches, workflows, blobs, nowMs, log });
  const watcher = new ContainerWatcher({ watches, listing, actors, getRun, startRun, nowMs });
  const operations = new Operations({ manifests, known: gateways.operations, clock: systemClock, newId: uuidv4 });
  const index = new RunIndex(actors, runs, containerIndex);
  const milestones = new RunMilestones(actors, index);

  const useCases: Questions = {
    ...ofRuns,
    quote: (command) => quotes.quote(command),
    sampleQuote: (command) => operations.run(sampleTask(command), (signal) => quotes.sampled(command, signal)),
    listContainers: (page) => containers.list(page),
    getContainer: (container) => queries.summary(container),
    listImages: (container, filter, page) => queries.images(container, filter, page),
    getImage: (container, blob) => queries.image(container, blob),
    listActivity: (container, page) => activityLog.list(container, page),
    verifyContainer: (container) =>
      operations.run({ kind: 'verify', container }, (signal) => verify(container, signal)),
    repairContainer: (container, options) =>
      operations.run(repairTask(container, options), (signal) => repair(container, { ...options, signal })),
    getOperation: (id) => operations.get(id),
    cancelOperation: (id) => operations.cancel(id),
    getQuota: () => quota.view(),
    setQuota: (change) => quota.set(change),
    getWatch: (container) => watching.get(container),
    setWatch: (settings) => watching.set(settings),
    removeWatch: (container) => watching.remove(container),
  };
  return {
    useCases: byInstanceId(useCases, instanceIds),
    activities: createActivities({
      ...{ actors, listing, chunks, vision, results, manifests, events },
      ...{ index, milestones, quote, closing, watcher },
    }),
    ...{ reconcileRuns, expireRuns, operations, watches: watching },
  };
}

function quoteSettingsOf({ price, maxLostShare, approvalExpiresMs }: Config): QuoteSettings {
  return {
    ...{ price, maxLostShare, validMs: approvalExpiresMs, nowMs: systemClock.nowMs },
    hash: (text) => createHash('sha256').update(text).digest('hex'),
  };
}
