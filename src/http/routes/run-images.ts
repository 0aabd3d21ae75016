import type { Router } from 'express';
import { listRunImages } from '../../contract/endpoints/run-records';
import { adviceOn } from '../../domain/image/advice';
import type { ImageOutcome } from '../../domain/run/report';
import type { RouteDeps } from '../route-deps';
import { pageRequest, sendPage } from '../paging';
import { serve } from '../route';
import { type ReportLine, ReportLineSchema } from '../../contract/schemas/run-image';
import { onlyFields } from '../field-order';
import { parsePart } from '../validation';
import { runIdParam } from './runs';

/** What the run did with each image: of chunks that are finished, while it goes on. */
export function runImageRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/runs/:id/images', {
    GET: async (req, res) => {
      const id = runIdParam(req);
      const { status, reason, prefix, ...paging } = parsePart(listRunImages.query, 'query', req.query);
      const filter = {
        ...(status !== undefined && { status }),
        ...(reason !== undefined && { reason }),
        ...(prefix !== undefined && { prefix }),
      };
      const [page, { container }] = await Promise.all([
        useCases.listRunImages(id, filter, pageRequest(req, paging)),
        useCases.getRun(id),
      ]);
      const to = links.for(req);
      sendPage(req, res, page, to, (outcome) => ({
        ...reportLine(outcome),
        links: { image: to.image(container, outcome.blob), history: to.imageHistory(container, outcome.blob) },
      }));
    },
  });
}

export function reportLine(outcome: ImageOutcome): ReportLine {
  const { status, reason, code, retryable } = outcome;
  const cause = status === 'succeeded' || status === 'unchanged' ? undefined : (reason ?? code);
  return {
    ...onlyFields(outcome, ReportLineSchema),
    ...(cause === undefined ? {} : { advice: adviceOn(cause, retryable) }),
  };
}
