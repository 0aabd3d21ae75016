import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { defined } from '../domain/defined';

/**
 * Identity of a request and its one line in the log.
 *
 * I1 Ids from outside are echoed only when they are short and printable: they stand in headers and logs.
 * I2 The log names the route by its pattern, never by its URL: a query may carry a token, a path a private name.
 */

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;
const CLIENT_REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

export interface RequestContextOptions {
  readonly log: Logger;
  /** Which listener: `public` or `app-channel`. */
  readonly listener: string;
  /** Routes whose line is worth `debug` only: probes and the traffic of the engine. */
  readonly isQuiet: (path: string) => boolean;
}

export function requestContext({ log, listener, isQuiet }: RequestContextOptions): RequestHandler {
  return (req, res, next) => {
    const startedAt = process.hrtime.bigint();
    const requestId = acceptedId(req.get('x-request-id'), REQUEST_ID) ?? randomUUID();
    res.locals.requestId = requestId;
    res.set('x-request-id', requestId);
    const clientRequestId = acceptedId(req.get('x-ms-client-request-id'), CLIENT_REQUEST_ID);
    if (clientRequestId !== undefined) res.set('x-ms-client-request-id', clientRequestId);
    const level = isQuiet(req.path) ? 'debug' : 'info';
    res.once('close', () => {
      const ms = Number((process.hrtime.bigint() - startedAt) / 1_000n) / 1_000;
      log[level](
        {
          event: 'http.request',
          listener,
          requestId,
          ...defined({ clientRequestId }),
          method: req.method,
          route: routeOf(req),
          status: res.statusCode,
          ms,
          ...(!res.writableFinished && { aborted: true }),
        },
        'request',
      );
    });
    next();
  };
}

/** `unknown` when the app was mounted without requestContext. */
export function requestIdOf(res: Response): string {
  return typeof res.locals.requestId === 'string' ? res.locals.requestId : 'unknown';
}

function acceptedId(value: string | undefined, pattern: RegExp): string | undefined {
  return value !== undefined && pattern.test(value) ? value : undefined;
}

// I2
function routeOf(req: Request): string {
  const path: unknown = req.route?.path;
  return typeof path === 'string' ? path : '(none)';
}
