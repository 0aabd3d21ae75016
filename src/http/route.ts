import type { Request, RequestHandler, Response, Router } from 'express';
import { toAppError } from '../domain/errors';
import { RequestError } from './request-error';

export type Handler = (req: Request, res: Response) => Promise<void> | void;

export interface RouteHandlers {
  readonly GET?: Handler;
  readonly POST?: Handler;
  readonly PUT?: Handler;
  readonly DELETE?: Handler;
}

export interface RouteOptions {
  /** GET starts something: HEAD is then refused, which Express would answer with the GET handler. Default false. */
  readonly getHasEffect?: boolean;
}

/**
 * Registers one path.
 *
 * I1 Every other verb answers 405 with Allow.
 * I2 What has an effect is refused when the browser says that another site asked: a page somewhere must not be able to
 *    start work on a service that listens on the reader's own machine. Programs do not send the header.
 */
export function serve(
  router: Router,
  path: string,
  handlers: RouteHandlers,
  { getHasEffect = false }: RouteOptions = {},
): void {
  const verbs = Object.keys(handlers);
  const allow = [...verbs, ...(handlers.GET && !getHasEffect ? ['HEAD'] : [])].join(', ');
  const refuse: RequestHandler = (req, _res, next) => {
    next(
      new RequestError('method-not-allowed', `${req.method} is not one of ${allow}.`, { headers: { Allow: allow } }),
    );
  };
  const route = router.route(path);
  if (getHasEffect) route.head(refuse).get(refuseCrossSite);
  if (handlers.GET) route.get(handle(handlers.GET));
  if (handlers.POST) route.post(refuseCrossSite, handle(handlers.POST));
  if (handlers.PUT) route.put(refuseCrossSite, handle(handlers.PUT));
  if (handlers.DELETE) route.delete(refuseCrossSite, handle(handlers.DELETE));
  route.all(refuse); // I1
}

/** I2 */
export const refuseCrossSite: RequestHandler = (req, _res, next) => {
  if (req.get('sec-fetch-site') !== 'cross-site') next();
  else next(new RequestError('cross-site', 'This request comes from another site.'));
};

/** An async handler as Express takes it; what it throws goes to the error handler. */
export function handle(handler: Handler): RequestHandler {
  return (req, res, next) => {
    void Promise.resolve()
      .then(() => handler(req, res))
      // next(undefined) and next('route') mean "go on": only an Error surely means failure.
      .catch((thrown: unknown) => next(thrown instanceof Error ? thrown : toAppError(thrown)));
  };
}

/** A parameter of the path, percent-decoded once. */
export function pathParam(req: Request, name: string): string {
  const value: unknown = req.params[name];
  return typeof value === 'string' ? value : '';
}
