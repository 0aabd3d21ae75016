import type { Router } from 'express';
import { listActivity } from '../../contract/endpoints/containers';
import type { RouteDeps } from '../route-deps';
import { pageRequest, sendPage } from '../paging';
import { serve } from '../route';
import { parsePart } from '../validation';
import { containerParam } from './containers';

export function activityRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container/activity', {
    GET: async (req, res) => {
      const container = containerParam(req);
      const paging = parsePart(listActivity.query, 'query', req.query);
      const page = await useCases.listActivity(container, pageRequest(req, paging));
      sendPage(req, res, page, links.for(req), ({ id, type, subject, time, data }) => ({
        id,
        container,
        type,
        subject,
        time,
        data,
      }));
    },
  });
}
