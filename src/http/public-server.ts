import type { Express, Router } from 'express';
import { type ApiDeps, createApiRouter } from './api';
import { createApp } from './base-app';
import { createLinks } from './links';
import { problemHandler, routeNotFound } from './problem-response';
import { requestContext } from './request-context';
import { healthRoutes, isProbe } from './routes/health';
import { securityHeaders } from './security-headers';

export interface PublicAppDeps extends ApiDeps {
  /** True from the moment the process has been told to stop: probes then send traffic elsewhere. */
  readonly isDraining?: () => boolean;
  /** Routes besides the API, such as pages; they come after it and before the 404. */
  readonly routers?: readonly Router[];
}

/** The public listener: probes, the API, 404. Builds the app only; `listen` opens the port. */
export function createPublicApp(deps: PublicAppDeps): Express {
  const { useCases, log, isDraining = () => false, routers = [] } = deps;
  const app = createApp();
  app.use(requestContext({ log, listener: 'public', isQuiet: isProbe }));
  app.use(securityHeaders);
  healthRoutes(app, { useCases, isDraining });
  app.use(createApiRouter(deps));
  for (const router of routers) app.use(router);
  app.use(routeNotFound);
  app.use(problemHandler(log, createLinks(deps)));
  return app;
}
