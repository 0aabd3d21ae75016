import type { Request, RequestHandler, Response } from 'express';
import { toAppError } from '../domain/errors';
import { RequestError } from './request-error';

/** An async handler as Express takes it; what it throws goes to the error handler. */
export function handle(handler: (req: Request, res: Response) => Promise<void> | void): RequestHandler {
  return (req, res, next) => {
    void Promise.resolve()
      .then(() => handler(req, res))
      // next(undefined) and next('route') mean "go on": only an Error surely means failure.
      .catch((thrown: unknown) => next(thrown instanceof Error ? thrown : toAppError(thrown)));
  };
}

/**
 * What has an effect is refused when the browser says that another site asked: a page somewhere must not be able to start
 * work on a service that listens on the reader's own machine. Programs do not send the header.
 */
export const refuseCrossSite: RequestHandler = (req, _res, next) => {
  if (req.get('sec-fetch-site') !== 'cross-site') next();
  else next(new RequestError('cross-site', 'This request comes from another site.'));
};
