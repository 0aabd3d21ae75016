import type { Router } from 'express';
import { z } from 'zod';
import type { RouteDeps } from '../route-deps';
import { pageRequest, sendPage } from '../paging';
import { serve } from '../route';
import { pageQuery } from '../schemas/paging';
import { parsePart } from '../validation';
import { runIdParam } from './runs';

export const RunStepsQuery = z.strictObject(pageQuery);

/** The workflow as it happened. A page holds so many pages of the listing, and the phases around them. */
export function runStepRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/runs/:id/steps', {
    GET: async (req, res) => {
      const id = runIdParam(req);
      const paging = parsePart(RunStepsQuery, 'query', req.query);
      const page = await useCases.listRunSteps(id, pageRequest(req, paging));
      sendPage(req, res, page, links.for(req), (step) => step);
    },
  });
}
