import type { Router } from 'express';
import { quote } from '../../contract/endpoints/containers';
import type { RouteDeps } from '../route-deps';
import { bodyOrEmpty } from '../json-body';
import { serve } from '../route';
import { ContainerQuoteSchema } from '../../contract/schemas/run';
import { onlyFields } from '../field-order';
import { parsePart } from '../validation';
import { containerParam } from './containers';
import { sendWaited } from './verify';

export function quoteRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container/quotes', {
    POST: async (req, res) => {
      const container = containerParam(req);
      const { sample } = parsePart(quote.query, 'query', req.query);
      const { prefix, features } = parsePart(quote.body, 'body', bodyOrEmpty(req));
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
