import { randomBytes } from 'node:crypto';
import { type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import { DURABLE_TASK_BASE } from '../contract/durable-task';
import type { UseCases } from '../use-cases/port';
import { type Authorize, claimedCallers } from './authorize';
import { bind, type Handlers, type Shell } from './bind';
import type { CallerLimit } from './caller-limit';
import { type Continuations, createContinuations } from './continuation';
import { readBody } from './json-body';
import { createLinks, type LinkOptions } from './links';
import { problemHandler, routeNotFound } from './problem-response';
import * as containers from './routes/containers';
import * as description from './routes/description';
import * as durableCommands from './routes/durable-commands';
import * as entities from './routes/durable-entities';
import * as instances from './routes/durable-instances';
import * as orchestrators from './routes/durable-orchestrators';
import * as images from './routes/images';
import * as operations from './routes/operations';
import * as quota from './routes/quota';
import * as quotes from './routes/quotes';
import * as runCommands from './routes/run-commands';
import * as runRecords from './routes/run-records';
import * as runReport from './routes/run-report';
import * as runs from './routes/runs';
import * as starter from './routes/starter';
import * as watches from './routes/watches';

export interface ApiDeps extends Omit<LinkOptions, 'knowsCallers'> {
  readonly useCases: UseCases;
  readonly log: Logger;
  /** Who may ask what. Default: everybody, under the name that they claim. */
  readonly authorize?: Authorize;
  /** Of those who claim a name only; `authorize` has its own. Default: none. */
  readonly limit?: CallerLimit;
  /** How lists go on. Default: with a key of this process alone. */
  readonly continuations?: Continuations;
  /** Features that Vision offers here, for /openapi.json. Default: those of every version. */
  readonly features?: readonly string[];
}

/** What every endpoint is served with. */
export function shellOf({ authorize, continuations, ...options }: Omit<ApiDeps, 'useCases' | 'log'>): Shell {
  return {
    authorize: authorize ?? claimedCallers(options),
    links: createLinks({ ...options, knowsCallers: authorize !== undefined }),
    continuations: continuations ?? createContinuations(randomBytes(32).toString('hex')),
  };
}

/**
 * The whole API as one router, mounted on both listeners: callers reach it directly, or through the sidecar as
 * `/v1.0/invoke/contactsheet/method/api/...`.
 *
 * I1 Self-contained: its limits, its 404 and its error bodies do not depend on the app it is mounted on.
 * I2 It touches only its own paths: other bodies of the app channel are left unread.
 * I3 The app it is mounted on uses the simple query parser: a parameter is a string or a list of strings.
 * I4 Paths are matched as they are written, but those of Durable Functions in any case, as its host does.
 */
export function createApiRouter({ useCases, log, features, ...options }: ApiDeps): Router {
  const shell = shellOf(options);
  const router = Router();
  router.use(['/api', DURABLE_TASK_BASE], readBody); // I2
  router.use(durableFunctionsRouter(useCases, shell));
  router.use(ownRouter(useCases, features, shell));
  router.use('/api', routeNotFound);
  router.use(problemHandler(log, shell.links)); // I1
  return router;
}

// I4
function durableFunctionsRouter(useCases: UseCases, shell: Shell): Router {
  const router = Router({ caseSensitive: false });
  bind(router, durableFunctions(useCases), shell);
  router.use(DURABLE_TASK_BASE, nothingHere); // in this router: Express answers OPTIONS at the end of each
  return router;
}

function ownRouter(useCases: UseCases, features: ApiDeps['features'], shell: Shell): Router {
  const router = Router({ caseSensitive: true });
  bind(router, ownApi(useCases, features), shell);
  return router;
}

/** What is unknown in the contract of Durable Functions, path or verb: it knows no 405. */
const nothingHere: RequestHandler = (_req, res) => {
  res.status(404).end();
};

// Each handler takes the use cases that its signature names. A new endpoint does not compile without a handler here.

type Probe = 'livez' | 'readyz' | 'healthz';
type OfDurableFunctions = keyof ReturnType<typeof durableFunctions>;

function durableFunctions(ask: UseCases) {
  return {
    startByTutorialGet: starter.startByTutorial(ask),
    startByTutorialPost: starter.startByTutorial(ask),
    startNewInstance: orchestrators.startNewInstance(ask),
    startInstance: orchestrators.startInstance(ask),
    getInstance: instances.getInstance(ask),
    purgeInstance: instances.purgeInstance(ask),
    listInstances: instances.listInstances(ask),
    purgeInstances: instances.purgeInstances(ask),
    raiseEvent: durableCommands.raiseEvent(ask),
    terminateInstance: durableCommands.controlInstance('cancel', ask),
    suspendInstance: durableCommands.controlInstance('pause', ask),
    resumeInstance: durableCommands.controlInstance('resume', ask),
    rewindInstance: durableCommands.rewindInstance(ask),
    restartInstance: durableCommands.restartInstance(ask),
    listEntities: entities.listEntities(ask),
    listEntitiesByName: entities.listEntitiesByName(ask),
    readEntity: entities.readEntity(ask),
    signalEntity: entities.signalEntity(ask),
    deleteEntity: entities.deleteEntity,
  } satisfies Partial<Handlers>;
}

function ownApi(ask: UseCases, features: ApiDeps['features']): Omit<Handlers, Probe | OfDurableFunctions> {
  return {
    startRun: runs.startRun(ask),
    getRun: runs.getRun(ask),
    listRuns: runs.listRuns(ask),
    pauseRun: runCommands.controlRun('pause', ask),
    resumeRun: runCommands.controlRun('resume', ask),
    cancelRun: runCommands.controlRun('cancel', ask),
    declineRun: runCommands.controlRun('decline', ask),
    approveRun: runCommands.approveRun(ask),
    retryRun: runCommands.retryRun(ask),
    getAudit: runRecords.getAudit(ask),
    listRunImages: runRecords.listRunImages(ask),
    listRunSteps: runRecords.listRunSteps(ask),
    getRunReport: runReport.getRunReport(ask),
    getReceipt: runReport.getReceipt(ask),
    quote: quotes.quote(ask),
    listContainers: containers.listContainers(ask),
    getContainer: containers.getContainer(ask),
    listImages: images.listImages(ask),
    getImage: images.getImage(ask),
    getImageHistory: images.getImageHistory(ask),
    listActivity: containers.listActivity(ask),
    verifyContainer: operations.verifyContainer(ask),
    repairContainer: operations.repairContainer(ask),
    getOperation: operations.getOperation(ask),
    cancelOperation: operations.cancelOperation(ask),
    getWatch: watches.getWatch(ask),
    setWatch: watches.setWatch(ask),
    removeWatch: watches.removeWatch(ask),
    getQuota: quota.getQuota(ask),
    setQuota: quota.setQuota(ask),
    getOpenApi: description.getOpenApi(features),
    getErrorPage: description.getErrorPage(),
  };
}
