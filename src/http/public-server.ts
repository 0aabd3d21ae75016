import type { Express, Request } from 'express';
import { type ApiDeps, createApiRouter, shellOf } from './api';
import { createApp } from './base-app';
import { bind } from './bind';
import { guardBrowser } from './browser-guard';
import { guardHost, type HostNames, LOOPBACK_ONLY } from './host-guard';
import { problemHandler, routeNotFound } from './problem-response';
import { requestContext } from './request-context';
import { healthz, isProbe, livez, readyz } from './routes/health';
import { securityHeaders } from './security-headers';

export interface PublicAppDeps extends ApiDeps {
  /** True from the moment the process has been told to stop: probes then send traffic elsewhere. */
  readonly isDraining?: () => boolean;
  /** Under which names it answers. Default: LOOPBACK_ONLY. */
  readonly hosts?: HostNames;
}

export interface PublicApp {
  readonly app: Express;
  /** Adds 404 and error handlers. Call it once, after the last route. */
  finish(): void;
}

/** The public listener: guards, probes, the API. Builds the app only; `listen` opens the port. */
export function createPublicApp(deps: PublicAppDeps): PublicApp {
  const { useCases, log, isDraining = () => false, hosts = LOOPBACK_ONLY } = deps;
  const shell = shellOf(deps);
  const app = createApp();
  app.use(requestContext({ log, listener: 'public', isQuiet: isProbe }));
  app.use(securityHeaders);
  app.use(guardHost({ hosts, isOpen: isPlainProbe }));
  bind(app, { livez, readyz: readyz(useCases, isDraining), healthz: healthz(isDraining) }, shell);
  app.use(guardBrowser(deps));
  app.use(createApiRouter(deps));
  return {
    app,
    finish() {
      app.use(routeNotFound);
      app.use(problemHandler(log, shell.links));
    },
  };
}

/** An orchestrator asks by address, and an answer of one word is nobody's secret. What `?verbose` tells is for our names. */
function isPlainProbe({ path, query }: Request): boolean {
  return isProbe(path) && !('verbose' in query);
}
