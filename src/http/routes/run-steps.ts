import type { Router } from 'express';
import { listRunSteps } from '../../contract/endpoints/run-records';
import type { RouteDeps } from '../route-deps';
import { pageRequest, sendPage } from '../paging';
import { serve } from '../route';
import { parsePart } from '../validation';
import { runIdParam } from './runs';

/** The workflow as it happened. A page holds so many pages of the listing, and the phases around them. */
export function runStepRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/runs/:id/steps', {
    GET: async (req, res) => {
      const id = runIdParam(req);
      const paging = parsePart(listRunSteps.query, 'query', req.query);
      const page = await useCases.listRunSteps(id, pageRequest(req, paging));
      sendPage(req, res, page, links.for(req), (step) => step);
    },
  });
}
