import type { Router } from 'express';
import { z } from 'zod';
import type { RouteDeps } from '../api';
import { jsonBody } from '../json-body';
import { serve } from '../route';
import { ContainerQuoteSchema } from '../schemas/run';
import { blobText, onlyFields } from '../schemas/values';
import { noQuery, parsePart } from '../validation';
import { containerParam } from './containers';
import { FeaturesSchema } from './runs';

export const QuoteBody = z
  .strictObject({
    prefix: blobText.optional().meta({ description: 'Only blobs whose names start with it.' }),
    features: FeaturesSchema.optional(),
  })
  .meta({ id: 'AskQuote' });

export function quoteRoutes(router: Router, { useCases }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container/quotes', {
    POST: async (req, res) => {
      const container = containerParam(req);
      noQuery(req.query);
      const { prefix, features } = parsePart(QuoteBody, 'body', jsonBody(req) ?? {});
      const quote = await useCases.quote({
        container,
        ...(prefix !== undefined && { prefix }),
        ...(features !== undefined && { features }),
      });
      res.json(onlyFields(quote, ContainerQuoteSchema));
    },
  });
}
