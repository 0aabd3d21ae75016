import type { Router } from 'express';
import { adviceFor, adviceOn } from '../../domain/image/advice';
import type { Attempt, ImageDocument } from '../../domain/image/image';
import type { RouteDeps } from '../route-deps';
import type { Links } from '../links';
import { pathParam, serve } from '../route';
import type { ImageHistoryBody } from '../../contract/schemas/image-history';
import { noQuery, parsePart } from '../validation';
import { containerParam } from './containers';
import { BlobPath } from './images';

export function imageHistoryRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container/images/:blob/history', {
    GET: async (req, res) => {
      const container = containerParam(req);
      const { blob } = parsePart(BlobPath, 'path', { blob: pathParam(req, 'blob') });
      noQuery(req.query);
      res.json(historyBody(await useCases.getImage(container, blob), links.for(req)));
    },
  });
}

function historyBody(image: ImageDocument, links: Links): ImageHistoryBody {
  const { container, blob, status, reason, error, source, runId, analyzedAt, attempts } = image;
  const advice = adviceFor(image);
  return {
    container,
    blob,
    status,
    ...(reason !== undefined && { reason }),
    ...(error !== undefined && { error }),
    ...(source !== undefined && { source }),
    runId,
    analyzedAt,
    ...(advice !== undefined && { advice }),
    attempts: attempts.map((attempt) => attemptBody(attempt, links)),
    links: { image: links.image(container, blob), run: links.run(runId) },
  };
}

function attemptBody(attempt: Attempt, links: Links): ImageHistoryBody['attempts'][number] {
  const { code, retryable, runId } = attempt;
  const advice = code === undefined ? {} : { advice: adviceOn(code, retryable) };
  return { ...attempt, ...advice, links: { run: links.run(runId) } };
}
