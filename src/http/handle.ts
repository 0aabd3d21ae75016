import type { Request, RequestHandler, Response } from 'express';
import { toAppError } from '../domain/errors';

/** An async handler as Express takes it; what it throws goes to the error handler. */
export function handle(handler: (req: Request, res: Response) => Promise<void> | void): RequestHandler {
  return (req, res, next) => {
    void Promise.resolve()
      .then(() => handler(req, res))
      // next(undefined) and next('route') mean "go on": only an Error surely means failure.
      .catch((thrown: unknown) => next(thrown instanceof Error ? thrown : toAppError(thrown)));
  };
}
