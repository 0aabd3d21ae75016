import type { Request, Router } from 'express';
import { checkContainerName } from '../../domain/container/container-name';
import type { RouteDeps } from '../route-deps';
import type { Links } from '../links';
import { pathParam, serve } from '../route';
import { type ContainerBody, ContainerSchema } from '../../contract/schemas/container';
import { onlyFields } from '../field-order';
import type { ContainerSummary } from '../../domain/container/container-summary';
import { noQuery } from '../validation';

export function containerRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container', {
    GET: async (req, res) => {
      const container = containerParam(req);
      noQuery(req.query);
      res.json(containerBody(await useCases.getContainer(container), links.for(req)));
    },
  });
}

/** @throws AppError invalid-container-name, system-container */
export function containerParam(req: Request): string {
  const container = pathParam(req, 'container');
  checkContainerName(container, '/path/container');
  return container;
}

function containerBody(summary: ContainerSummary, links: Links): ContainerBody {
  const { container, activeRun, lastRun } = summary;
  return {
    ...onlyFields(summary, ContainerSchema),
    links: {
      self: links.container(container),
      images: links.images(container),
      runs: links.runs(container),
      activity: links.activity(container),
      ...(activeRun !== undefined && { activeRun: links.run(activeRun) }),
      ...(lastRun !== undefined && { lastRun: links.run(lastRun) }),
    },
  };
}
