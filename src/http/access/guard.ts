import { type RequestHandler, Router } from 'express';
import type { Endpoint, Method } from '../../contract/endpoint';
import { ENDPOINTS } from '../../contract/endpoints';
import { deleteEntity } from '../../contract/endpoints/durable';
import type { Authorize } from '../authorize';

/**
 * Stands before every route of the API, however it is registered, and asks whether the caller may.
 *
 * I1 It matches paths as Express does, because Express does it, and in any case of their letters, as the most forgiving of
 *    the routes behind it.
 * I2 A path that ends in a verb comes first: `/runs/{id}` would take `7:pause` for an id.
 */
export function createGuard(authorize: Authorize): RequestHandler {
  const router = Router();
  const endpoints: Endpoint[] = [...Object.values(ENDPOINTS), deleteEntity];
  const hasVerb = ({ path }: Endpoint) => Number(path.includes(':'));
  for (const endpoint of endpoints.sort((a, b) => hasVerb(b) - hasVerb(a))) {
    const verb = endpoint.method.toLowerCase() as Lowercase<Method>;
    router[verb](endpoint.path.replaceAll(':', '\\:').replace(/\{(\w+)\}/g, ':$1'), (req, _res, next) => {
      authorize(endpoint, req).then(
        () => next('router'),
        (refused: unknown) => next(refused),
      );
    });
  }
  return router;
}
