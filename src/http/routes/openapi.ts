import type { Router } from 'express';
import { openApiDocument } from '../../contract/openapi';
import { serve } from '../route';

export function openApiRoutes(router: Router): void {
  let document: string | undefined;
  serve(router, '/openapi.json', {
    GET: (_req, res) => {
      document ??= JSON.stringify(openApiDocument());
      res.type('application/json').send(document);
    },
  });
}
