import type { Router } from 'express';
import { z } from 'zod';
import { MAX_SAMPLE } from '../../domain/money/sample';
import type { RouteDeps } from '../route-deps';
import { jsonBody } from '../json-body';
import { serve } from '../route';
import { ContainerQuoteSchema } from '../schemas/run';
import { blobText, onlyFields } from '../schemas/values';
import { parsePart } from '../validation';
import { containerParam } from './containers';
import { FeaturesSchema } from './runs';
import { sendWaited } from './verify';

export const QuoteBody = z
  .strictObject({
    prefix: blobText.optional().meta({ description: 'Only blobs whose names start with it.' }),
    features: FeaturesSchema.optional(),
  })
  .meta({ id: 'AskQuote' });

export const QuoteQuery = z.strictObject({
  sample: z
    .string()
    .regex(/^\d{1,3}$/, `A whole number from 1 to ${MAX_SAMPLE}.`)
    .transform(Number)
    .pipe(z.number().min(1).max(MAX_SAMPLE))
    .optional()
    .meta({
      type: 'integer',
      minimum: 1,
      maximum: MAX_SAMPLE,
      description: 'Analyse so many images at random first, and measure. This calls Vision and costs what it costs.',
    }),
});

export function quoteRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container/quotes', {
    POST: async (req, res) => {
      const container = containerParam(req);
      const { sample } = parsePart(QuoteQuery, 'query', req.query);
      const { prefix, features } = parsePart(QuoteBody, 'body', jsonBody(req) ?? {});
      const command = {
        container,
        ...(prefix !== undefined && { prefix }),
        ...(features !== undefined && { features }),
      };
      if (sample !== undefined) {
        sendWaited(res, await useCases.sampleQuote({ ...command, sample }), links.for(req));
        return;
      }
      res.json(onlyFields(await useCases.quote(command), ContainerQuoteSchema));
    },
  });
}
