import type { Router } from 'express';
import { listImages } from '../../contract/endpoints/containers';
import { BlobName } from '../../contract/schemas/names';
import { z } from 'zod';
import type { ImageDocument } from '../../domain/image/image';
import type { RouteDeps } from '../route-deps';
import { pageRequest, sendPage } from '../paging';
import { pathParam, serve } from '../route';
import { ImageSchema } from '../../contract/schemas/image';
import { onlyFields } from '../field-order';
import { noQuery, parsePart } from '../validation';
import { containerParam } from './containers';

export const BlobPath = z.object({ blob: BlobName });

export function imageRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container/images', {
    GET: async (req, res) => {
      const container = containerParam(req);
      const { status, tag, ...paging } = parsePart(listImages.query, 'query', req.query);
      const filter = { ...(status !== undefined && { status }), ...(tag !== undefined && { tag: tag.toLowerCase() }) };
      const page = await useCases.listImages(container, filter, pageRequest(req, paging));
      sendPage(req, res, page, links.for(req), imageBody);
    },
  });
  serve(router, '/api/v1/containers/:container/images/:blob', {
    GET: async (req, res) => {
      const container = containerParam(req);
      const { blob } = parsePart(BlobPath, 'path', { blob: pathParam(req, 'blob') });
      noQuery(req.query);
      res.json(imageBody(await useCases.getImage(container, blob)));
    },
  });
}

function imageBody(image: ImageDocument): ImageDocument {
  return onlyFields(image, ImageSchema);
}
