import type { Router } from 'express';
import { z } from 'zod';
import { adviceOn } from '../../domain/image/advice';
import type { ImageOutcome } from '../../domain/run/report';
import type { RouteDeps } from '../route-deps';
import { pageRequest, sendPage } from '../paging';
import { serve } from '../route';
import { pageQuery } from '../schemas/paging';
import { OutcomeStatusSchema, type ReportLine, ReportLineSchema } from '../schemas/run-image';
import { blobText, onlyFields } from '../schemas/values';
import { parsePart } from '../validation';
import { runIdParam } from './runs';

export const RunImagesQuery = z.strictObject({
  status: OutcomeStatusSchema.optional(),
  reason: z.string().min(1).max(64).optional(),
  prefix: blobText.optional().meta({ description: 'Only blobs whose names start with it.' }),
  ...pageQuery,
});

/** What the run did with each image: of chunks that are finished, while it goes on. */
export function runImageRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/runs/:id/images', {
    GET: async (req, res) => {
      const id = runIdParam(req);
      const { status, reason, prefix, ...paging } = parsePart(RunImagesQuery, 'query', req.query);
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
