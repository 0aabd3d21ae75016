import type { Router } from 'express';
import { listContainers } from '../../contract/endpoints/containers';
import type { ContainerEntry } from '../../domain/container/container-entry';
import type { RouteDeps } from '../route-deps';
import type { Links } from '../links';
import { pageRequest, sendPage } from '../paging';
import { serve } from '../route';
import { type ContainerEntryBody, ContainerEntrySchema } from '../../contract/schemas/container';
import { onlyFields } from '../field-order';
import { parsePart } from '../validation';

export function containerListRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers', {
    GET: async (req, res) => {
      const page = await useCases.listContainers(pageRequest(req, parsePart(listContainers.query, 'query', req.query)));
      const to = links.for(req);
      sendPage(req, res, page, to, (entry) => entryBody(entry, to));
    },
  });
}

function entryBody(entry: ContainerEntry, links: Links): ContainerEntryBody {
  const { container, activeRun, lastRun } = entry;
  return {
    ...onlyFields(entry, ContainerEntrySchema),
    links: {
      self: links.container(container),
      images: links.images(container),
      runs: links.runs(container),
      ...(activeRun !== undefined && { activeRun: links.run(activeRun) }),
      ...(lastRun !== undefined && { lastRun: links.run(lastRun) }),
    },
  };
}
