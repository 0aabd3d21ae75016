import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import type { Actors } from '../actors';
import type { Config } from '../config';
import { resourceOf } from '../gateways/vision';
import { systemClock } from '../pipeline/clock';
import { ContainerIndex } from '../use-cases/containers/container-index';
import { ContainerQueries } from '../use-cases/containers/container-queries';
import { createHistory } from '../use-cases/history';
import { Operations } from '../use-cases/operations/operations';
import type { UseCases } from '../use-cases/port';
import { QuotaControl } from '../use-cases/quota/quota-control';
import type { QuoteSettings } from '../use-cases/quotes/price-plan';
import { QuoteService, sampleTask } from '../use-cases/quotes/quote-service';
import { RunClosing } from '../use-cases/runs/run-closing';
import { RunCommands } from '../use-cases/runs/run-commands';
import { createExpireRuns, type ExpireRuns } from '../use-cases/runs/expire-runs';
import { RunRecords } from '../use-cases/runs/run-records';
import { RunService } from '../use-cases/runs/run-service';
import { ContainerWatcher } from '../use-cases/watches/container-watcher';
import { WatchService } from '../use-cases/watches/watch-service';
import { type Activity, createActivities } from '../workflows/activities';
import type { Gateways } from './gateways';
import type { Pipeline } from './pipeline';

/** Everything that can be asked, but for the health of what serves it. */
export type Questions = Omit<UseCases, 'health'>;

export interface Application {
  readonly useCases: Questions;
  readonly activities: readonly Activity[];
  /** What the jobs call. */
  readonly runs: Pick<RunService, 'reconcile'>;
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
  const { nowMs, sleep, random01 } = systemClock;
  const { approval, maxLostShare } = config;
  const quote = quoteSettingsOf(config);

  const containerIndex = new ContainerIndex({ actors, containers, nowMs });
  const closing = new RunClosing({ actors, listing, manifests, runs, results, vision, containerIndex });
  const service = new RunService({
    ...{ actors, blobs, runs, containerIndex, closing, workflows, approval, vision, nowMs, log },
    newRunId: () => uuidv7().replaceAll('-', ''),
  });
  const analyzer = () => vision.analyzer;
  const commands = new RunCommands({ actors, runs, results, workflows, service, analyzer, approval, sleep });
  const records = new RunRecords({ actors, runs, manifests, workflows, service, sleep });
  const quotes = new QuoteService({
    blobs,
    listing,
    sampling,
    runs,
    actors,
    vision,
    approval,
    settings: quote,
    random01,
  });
  const queries = new ContainerQueries(actors, blobs, results, containers);
  const quota = new QuotaControl(actors, resourceOf(config.vision.endpoint));
  const watching = new WatchService({ watches, workflows, blobs, nowMs, log });
  const watcher = new ContainerWatcher({ watches, listing, actors, runs: service, nowMs });
  const operations = new Operations({ manifests, known: gateways.operations, nowMs, newId: uuidv4 });
  const getRun: UseCases['getRun'] = (id) => service.get(id);
  const history = createHistory(
    { getRun, actors, containerIndex, blobs, manifests, results, vision, maxLostShare, nowMs },
    operations,
  );

  return {
    useCases: {
      ...history,
      startRun: (command) => service.start(command),
      getRun,
      listRuns: (filter, page) => service.list(filter, page),
      controlRun: (command) => commands.control(command),
      approveRun: (command) => commands.approve(command),
      getAudit: (id) => commands.audit(id),
      forecastRetry: (command) => commands.forecast(command),
      retryRun: (command) => commands.retry(command),
      restartRun: (command) => commands.restart(command),
      getCourse: (id) => records.course(id),
      purgeRun: (id) => records.purge(id),
      quote: (command) => quotes.quote(command),
      sampleQuote: (command) => operations.run(sampleTask(command), () => quotes.sampled(command)),
      listContainers: (page) => containers.list(page),
      getContainer: (container) => queries.summary(container),
      listImages: (container, filter, page) => queries.images(container, filter, page),
      getImage: (container, blob) => queries.image(container, blob),
      listActivity: (container, page) => activityLog.list(container, page),
      getQuota: () => quota.view(),
      setQuota: (change) => quota.set(change),
      getWatch: (container) => watching.get(container),
      setWatch: (settings) => watching.set(settings),
      removeWatch: (container) => watching.remove(container),
    },
    activities: createActivities({
      ...{ actors, listing, chunks, vision, results, manifests, runs, events },
      ...{ containerIndex, quote, closing, watcher },
    }),
    ...{ runs: service, watches: watching, operations },
    expireRuns: createExpireRuns({ runs, records, log }),
  };
}

function quoteSettingsOf({ price, maxLostShare, approvalExpiresMs }: Config): QuoteSettings {
  return {
    ...{ price, maxLostShare, validMs: approvalExpiresMs, nowMs: systemClock.nowMs },
    hash: (text) => createHash('sha256').update(text).digest('hex'),
  };
}
