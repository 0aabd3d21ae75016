import { Router } from 'express';
import type { Logger } from 'pino';
import { DURABLE_TASK_BASE } from '../contract/durable-task';
import type { UseCases } from '../use-cases/port';
import { createGuard } from './access/guard';
import { type Authorize, claimedCallers } from './authorize';
import { bind, type Handlers, type Shell } from './bind';
import { readBody } from './json-body';
import { createLinks, type LinkOptions } from './links';
import { problemHandler, routeNotFound } from './problem-response';
import { refuseCrossSite } from './route';
import type { RouteDeps } from './route-deps';
import { activityRoutes } from './routes/activity';
import { containerListRoutes } from './routes/container-list';
import { containerRoutes } from './routes/containers';
import { durableCommandRoutes } from './routes/durable-commands';
import { durableEntityRoutes } from './routes/durable-entities';
import { durableInstanceRoutes } from './routes/durable-instances';
import { durableOrchestratorRoutes } from './routes/durable-orchestrators';
import { errorPageRoutes } from './routes/error-page';
import { imageHistoryRoutes } from './routes/image-history';
import { imageRoutes } from './routes/images';
import { openApiRoutes } from './routes/openapi';
import { quotaRoutes } from './routes/quota';
import { quoteRoutes } from './routes/quotes';
import { runCommandRoutes } from './routes/run-commands';
import { runImageRoutes } from './routes/run-images';
import { runReportRoutes } from './routes/run-report';
import { runStepRoutes } from './routes/run-steps';
import * as runs from './routes/runs';
import { starterRoutes } from './routes/starter';
import { verifyRoutes } from './routes/verify';
import { watchRoutes } from './routes/watch';

export interface ApiDeps extends Omit<LinkOptions, 'knowsCallers'> {
  readonly useCases: UseCases;
  readonly log: Logger;
  /** Who may ask what. Default: everybody, under the name that they claim. */
  readonly authorize?: Authorize;
  /** Features that Vision offers here, for /openapi.json. Default: those of every version. */
  readonly features?: readonly string[];
}

/**
 * The whole API as one router, mounted on both listeners: callers reach it directly, or through the sidecar as
 * `/v1.0/invoke/contactsheet/method/api/...`.
 *
 * I1 Self-contained: its limits, its 404 and its error bodies do not depend on the app it is mounted on.
 * I2 It touches only its own paths: other bodies of the app channel are left unread.
 * I3 The app it is mounted on uses the simple query parser: a parameter is a string or a list of strings.
 */
export function createApiRouter({ useCases, log, authorize: own, features, ...linkOptions }: ApiDeps): Router {
  const links = createLinks({ ...linkOptions, knowsCallers: own !== undefined });
  const { tokens } = linkOptions;
  const authorize = own ?? claimedCallers(tokens);
  const hasCodes = tokens !== undefined && !own; // else the guard has looked at them
  const deps: RouteDeps = { useCases, links, ...(hasCodes && { tokens }) };
  const router = Router();
  const api = Router({ caseSensitive: true });
  const shell: Shell = { authorize, links };
  router.use(['/api', DURABLE_TASK_BASE], readBody); // I2
  if (own) router.use(createGuard(own));
  starterRoutes(router, deps);
  bind(api, handlers(useCases), shell);
  runCommandRoutes(router, deps); // before `/runs/:id`, which their paths would fit too
  router.use(api);
  quoteRoutes(router, deps);
  quotaRoutes(router, deps);
  watchRoutes(router, deps);
  runImageRoutes(router, deps);
  runReportRoutes(router, deps);
  runStepRoutes(router, deps);
  verifyRoutes(router, deps); // before `/containers/:container`
  containerListRoutes(router, deps);
  containerRoutes(router, deps);
  imageRoutes(router, deps);
  imageHistoryRoutes(router, deps);
  activityRoutes(router, deps);
  durableRoutes(router, deps);
  openApiRoutes(router, features);
  errorPageRoutes(router);
  router.use('/api', routeNotFound);
  router.use(problemHandler(log, links)); // I1
  return router;
}

function handlers(useCases: UseCases): Partial<Handlers> {
  return {
    startRun: runs.startRun(useCases),
    getRun: runs.getRun(useCases),
    listRuns: runs.listRuns(useCases),
  };
}

/** The Durable Functions contract. What is unknown there, path or verb, answers 404: it knows no 405. */
function durableRoutes(router: Router, deps: RouteDeps): void {
  router.post(`${DURABLE_TASK_BASE}/*rest`, refuseCrossSite);
  router.delete(`${DURABLE_TASK_BASE}/*rest`, refuseCrossSite);
  durableInstanceRoutes(router, deps);
  durableCommandRoutes(router, deps);
  durableOrchestratorRoutes(router, deps);
  durableEntityRoutes(router, deps);
  router.use(DURABLE_TASK_BASE, (_req, res) => {
    res.status(404).end();
  });
}
