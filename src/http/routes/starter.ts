import type { Request, Response, Router } from 'express';
import { checkContainerName } from '../../domain/container/container-name';
import type { RouteDeps } from '../route-deps';
import { badRequest } from '../request-error';
import { serve } from '../route';
import type { CheckStatusBody } from '../../contract/schemas/durable';

/**
 * The starter of the tutorial: `GET|POST /api/AnalysisFunctionStarter?container=NAME`. Other parameters are ignored, as
 * Azure Functions ignored them (`code`).
 */
export function starterRoutes(router: Router, { useCases, links }: RouteDeps): void {
  const start = async (req: Request, res: Response) => {
    const container = containerOf(req);
    checkContainerName(container, POINTER);
    const run = await useCases.startRun({ container });
    sendCheckStatus(res, links.for(req).management(run.id));
  };
  // GET starts a run here, so HEAD must not be answered by it.
  serve(router, '/api/AnalysisFunctionStarter', { GET: start, POST: start }, { getHasEffect: true });
}

/** The check-status response: where to ask, and every link to command the run. */
export function sendCheckStatus(res: Response, body: CheckStatusBody): void {
  res.status(202).set({ Location: body.statusQueryGetUri, 'Retry-After': '10' }).json(body);
}

const POINTER = '/query/container';

/** The key in any case, as .NET compared it. */
function containerOf(req: Request): string {
  const values = Object.entries(req.query)
    .filter(([key]) => key.toLowerCase() === 'container')
    .flatMap(([, value]) => value);
  const [name] = values;
  if (values.length > 1) throw badRequest(POINTER, 'Name one container only.');
  if (typeof name !== 'string' || name === '') throw badRequest(POINTER, 'Please provide the name of the container');
  return name;
}
