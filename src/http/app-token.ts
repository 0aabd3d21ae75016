import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { RequestError } from './request-error';

/**
 * The sidecar proves itself with header `dapr-api-token` (its APP_API_TOKEN). The JavaScript SDK does not check it, so
 * this stands before every route of the app channel; only the probe `GET /healthz` is open.
 */
export function checkAppToken(token: string): RequestHandler {
  const expected = digest(token);
  return (req, _res, next) => {
    if (req.method === 'GET' && req.path === '/healthz') next();
    else if (timingSafeEqual(digest(req.get('dapr-api-token') ?? ''), expected)) next();
    else next(new RequestError('unauthorized', 'Header dapr-api-token is missing or wrong.'));
  };
}

/** Equal lengths for timingSafeEqual, so that not even the length of the token shows. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
