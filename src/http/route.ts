import type { Request, RequestHandler, Response, Router } from 'express';
import { RequestError } from './request-error';

export type Handler = (req: Request, res: Response) => Promise<void> | void;

export interface RouteHandlers {
  readonly GET?: Handler;
  readonly POST?: Handler;
}

export interface RouteOptions {
  /** Express answers HEAD with the GET handler. False where GET has an effect: HEAD is then refused. Default true. */
  readonly head?: boolean;
}

/** Registers one path. Every other verb answers 405 with Allow. */
export function serve(router: Router, path: string, handlers: RouteHandlers, { head = true }: RouteOptions = {}): void {
  const verbs = Object.keys(handlers);
  const allow = [...verbs, ...(handlers.GET && head ? ['HEAD'] : [])].join(', ');
  const refuse: RequestHandler = (req, _res, next) => {
    next(
      new RequestError('method-not-allowed', `${req.method} is not one of ${allow}.`, { headers: { Allow: allow } }),
    );
  };
  const route = router.route(path);
  if (!head) route.head(refuse);
  if (handlers.GET) route.get(handle(handlers.GET));
  if (handlers.POST) route.post(handle(handlers.POST));
  route.all(refuse);
}

/** An async handler as Express takes it; what it throws goes to the error handler. */
export function handle(handler: Handler): RequestHandler {
  return (req, res, next) => {
    void Promise.resolve()
      .then(() => handler(req, res))
      .catch(next);
  };
}

/** A parameter of the path, percent-decoded once. */
export function pathParam(req: Request, name: string): string {
  const value: unknown = req.params[name];
  return typeof value === 'string' ? value : '';
}
