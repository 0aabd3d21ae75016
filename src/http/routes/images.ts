import type { Router } from 'express';
import { z } from 'zod';
import type { ImageDocument } from '../../domain/image/image';
import type { RouteDeps } from '../route-deps';
import { pageRequest, sendPage } from '../paging';
import { pathParam, serve } from '../route';
import { ImageSchema, ImageStatusSchema } from '../schemas/image';
import { pageQuery } from '../schemas/paging';
import { blobText, onlyFields } from '../schemas/values';
import { noQuery, parsePart } from '../validation';
import { containerParam } from './containers';

export const ImagesQuery = z.strictObject({
  status: ImageStatusSchema.optional(),
  tag: z.string().min(1).max(256).optional().meta({ description: 'In any case; tags are lower case.' }),
  ...pageQuery,
});

/** The name of a blob as one segment of the path, percent-encoded whole: `a%2Fb.jpg`. */
export const BlobPath = z.object({ blob: blobText.min(1) });

export function imageRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container/images', {
    GET: async (req, res) => {
      const container = containerParam(req);
      const { status, tag, ...paging } = parsePart(ImagesQuery, 'query', req.query);
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
