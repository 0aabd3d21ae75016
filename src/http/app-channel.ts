import type { Express, RequestHandler } from 'express';
import { ENDPOINTS } from '../contract/endpoints';
import { patternOf } from '../contract/path';
import { type ApiDeps, createApiRouter, shellOf } from './api';
import { checkAppToken } from './app-token';
import { createApp } from './base-app';
import { bind } from './bind';
import { guardBrowser } from './browser-guard';
import { problemHandler, routeNotFound } from './problem-response';
import { requestContext } from './request-context';
import { type BlobEventHandlers, blobEventRoutes } from './routes/blob-events';
import { healthz } from './routes/health';
import { type RunEventHandlers, subscriptionRoutes } from './subscriptions';

/**
 * The app that only the sidecar reaches: actors, subscriptions, invoked methods.
 *
 * I1 The token is checked before anything else, the probe `GET /healthz` excepted.
 * I2 The app has our routes before DaprServer of @dapr/dapr 3.18 gets it. That adds body parsers of 4 MB to the whole app
 *    and a `/healthz` of its own, and whatever parses a body first decides its limits.
 * I3 404 and error handlers come last, in `finish`: DaprServer adds routes as late as in its `start()`, and a 404 before
 *    them would swallow them.
 * I4 The sidecar (1.18.2) hands on a path that it has decoded once. So `a%2Fb.jpg` arrives as `a/b.jpg` and is understood;
 *    it refuses what holds `#`, `?` or a control character then, and takes one of two slashes away. A name that is
 *    encoded twice by its caller always arrives, also one that ends in `/history`.
 * I5 The sidecar hands on the headers of an invoked method, so what a browser says of its page counts here too. The Host
 *    does not: it names this listener, whoever asked.
 */
export interface AppChannelDeps extends ApiDeps {
  /** Required here: the Host header of an invoked method names this loopback listener, which callers cannot reach. */
  readonly publicUrl: string | (() => string);
  /** What daprd sends as `dapr-api-token`; absent: not checked. */
  readonly appApiToken?: string;
  readonly isDraining: () => boolean;
  readonly events: RunEventHandlers;
  readonly blobEvents: BlobEventHandlers;
}

export interface AppChannel {
  /** With our routes: hand it to DaprServer as `serverHttp` (I2). */
  readonly app: Express;
  /** Adds 404 and error handlers. Call it once, when the SDK has added its last route. */
  finish(): void;
}

export function createAppChannel(deps: AppChannelDeps): AppChannel {
  const { log, isDraining, events, blobEvents, appApiToken } = deps;
  const shell = shellOf(deps);
  const onProblem = problemHandler(log, shell.links);
  const app = createApp();
  app.use(requestContext({ log, listener: 'app-channel', isQuiet: (path) => !path.startsWith('/api/') }));
  if (appApiToken !== undefined) app.use(checkAppToken(appApiToken), onProblem); // I1
  bind(app, { healthz: healthz(isDraining) }, shell);
  app.use(guardBrowser(deps), onProblem); // I5
  app.use(wholeBlobName); // I4
  app.use(createApiRouter(deps)); // I2
  subscriptionRoutes(app, { events, log });
  blobEventRoutes(app, { blobEvents, log });
  return {
    app,
    finish() {
      app.use(routeNotFound, onProblem); // I3
    },
  };
}

/** The name of a blob is the rest of its path, but for the route below it. */
const wholeBlobName: RequestHandler = (req, _res, next) => {
  req.url = req.url.replace(
    IMAGE,
    (_, route: string, name: string, below = '') => route + name.replaceAll('/', '%2F') + below,
  );
  next();
};

const HISTORY = ENDPOINTS.getImageHistory.path.slice(ENDPOINTS.getImage.path.length);
/** What comes before the name, the name, and what may come after it. */
const IMAGE = new RegExp(`^(${patternOf(ENDPOINTS.listImages, '[^/?]+')}/)([^?]+?)(${HISTORY})?(?=\\?|$)`);
