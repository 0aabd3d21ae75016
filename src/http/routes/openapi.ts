import type { Router } from 'express';
import { openApiDocument } from '../../contract/openapi';
import { serve } from '../route';

/** `features`: what Vision offers here. */
export function openApiRoutes(router: Router, features: readonly string[] | undefined): void {
  let document: string | undefined;
  serve(router, '/openapi.json', {
    GET: (_req, res) => {
      document ??= JSON.stringify(openApiDocument(features));
      res.type('application/json').send(document);
    },
  });
}
