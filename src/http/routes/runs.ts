import type { Request, Router } from 'express';
import { z } from 'zod';
import { checkContainerName } from '../../domain/container-name';
import { AppError } from '../../domain/errors';
import { isRunId } from '../../domain/ids';
import { isFinal, RUN_STATUSES, type RunView } from '../../domain/run';
import type { RouteDeps } from '../api';
import { jsonBody } from '../json-body';
import type { Links } from '../links';
import { pageRequest, sendPage } from '../paging';
import { pathParam, serve } from '../route';
import { pageQuery } from '../schemas/paging';
import { type RunBody, RunSchema } from '../schemas/run';
import { blobText, onlyFields } from '../schemas/values';
import { noQuery, parsePart } from '../validation';
import { containerParam } from './containers';

/** Seconds until a run that is going on is worth another look. */
const RETRY_AFTER = { 'Retry-After': '5' } as const;

export const StartRunBody = z
  .strictObject({ prefix: blobText.optional().meta({ description: 'Only blobs whose names start with it.' }) })
  .meta({ id: 'StartRun' });

export const StartRunQuery = z.strictObject({
  confirmShrink: z.enum(['true', 'false']).optional().meta({
    description: 'Let a listing that lost many known images remove their results.',
  }),
});

export const RunsQuery = z.strictObject({
  container: z.string().optional(),
  status: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [value].flat().flatMap((part) => part.split(',')))
    .pipe(z.array(z.enum(RUN_STATUSES)).max(100))
    .optional()
    .meta({
      type: 'array',
      items: { type: 'string', enum: [...RUN_STATUSES] },
      description: 'Repeated or separated by commas.',
    }),
  ...pageQuery,
});

export function runRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container/runs', {
    POST: async (req, res) => {
      const container = containerParam(req);
      const { confirmShrink } = parsePart(StartRunQuery, 'query', req.query);
      const { prefix } = parsePart(StartRunBody, 'body', jsonBody(req) ?? {});
      const run = await useCases.startRun({
        container,
        ...(prefix !== undefined && { prefix }),
        ...(confirmShrink !== undefined && { confirmShrink: confirmShrink === 'true' }),
      });
      const body = runBody(run, links.for(req));
      res
        .status(202)
        .set({ Location: body.links.self, 'Operation-Location': body.links.self, ...RETRY_AFTER })
        .json(body);
    },
  });
  serve(router, '/api/v1/runs/:id', {
    GET: async (req, res) => {
      const id = runIdParam(req);
      noQuery(req.query);
      const run = await useCases.getRun(id);
      if (!isFinal(run.status)) res.set(RETRY_AFTER);
      res.json(runBody(run, links.for(req)));
    },
  });
  serve(router, '/api/v1/runs', {
    GET: async (req, res) => {
      const { container, status, ...paging } = parsePart(RunsQuery, 'query', req.query);
      if (container !== undefined) checkContainerName(container);
      const filter = {
        ...(container !== undefined && { container }),
        ...(status !== undefined && { statuses: status }),
      };
      const page = await useCases.listRuns(filter, pageRequest(req, paging));
      const to = links.for(req);
      sendPage(req, res, page, to, (run) => runBody(run, to));
    },
  });
}

function runBody(run: RunView, links: Links): RunBody {
  return {
    ...onlyFields(run, RunSchema),
    links: {
      self: links.run(run.id),
      container: links.container(run.container),
      images: links.images(run.container),
      status: links.durableStatus(run.id),
    },
  };
}

function runIdParam(req: Request): string {
  const id = pathParam(req, 'id');
  if (!isRunId(id))
    throw new AppError('run-not-found', 'No run has this id: it has 32 hexadecimal digits in lower case.');
  return id;
}
