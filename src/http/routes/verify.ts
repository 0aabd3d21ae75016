import type { Request, Response, Router } from 'express';
import { repairContainer } from '../../contract/endpoints/containers';
import { type OperationBody, OperationSchema } from '../../contract/schemas/verification';
import type { Operation } from '../../domain/operation';
import type { WaitedFor } from '../../use-cases/operations/port';
import { onlyFields } from '../field-order';
import type { Links } from '../links';
import { pathParam, serve } from '../route';
import type { RouteDeps } from '../route-deps';
import { noQuery, parsePart } from '../validation';
import { containerParam } from './containers';

/** Seconds until an operation is worth another look. */
const RETRY_AFTER = { 'Retry-After': '5' } as const;

/** To be registered before `/containers/:container`, which would take the name and the verb for a name. */
export function verifyRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container\\:verify', {
    POST: async (req, res) => {
      const container = containerParam(req);
      noQuery(req.query);
      sendWaited(res, await useCases.verifyContainer(container), links.for(req));
    },
  });
  serve(router, '/api/v1/containers/:container\\:repair', {
    POST: async (req, res) => {
      const container = containerParam(req);
      const { confirmShrink = false } = parsePart(repairContainer.query, 'query', req.query);
      const waited = await useCases.repairContainer(container, { confirmShrink });
      sendWaited(res, waited, links.for(req));
    },
  });
  serve(router, '/api/v1/operations/:id', {
    GET: async (req: Request, res: Response) => {
      noQuery(req.query);
      const operation = await useCases.getOperation(pathParam(req, 'id'));
      if (operation.status === 'Running') res.set(RETRY_AFTER);
      res.json(operationBody(operation, links.for(req)));
    },
  });
}

/** The result, or 202 and where to ask for it. */
export function sendWaited(res: Response, waited: WaitedFor<unknown>, links: Links): void {
  if (waited.done) {
    res.json(waited.result);
    return;
  }
  const body = operationBody(waited.operation, links);
  res
    .status(202)
    .set({ 'Operation-Location': body.links.self, ...RETRY_AFTER })
    .json(body);
}

function operationBody(operation: Operation, links: Links): OperationBody {
  return {
    ...onlyFields(operation, OperationSchema),
    links: { self: links.operation(operation.id), container: links.container(operation.container) },
  };
}
