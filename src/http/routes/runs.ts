import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import { adviceOn } from '../../domain/image/advice';
import { checkContainerName } from '../../domain/container/container-name';
import { AppError } from '../../domain/errors';
import { isRunId } from '../../domain/ids';
import { isFinal, RUN_STATUSES, type RunView } from '../../domain/run/run';
import { FEATURES_32 } from '../../gateways/vision/features';
import type { RouteDeps } from '../route-deps';
import { jsonBody } from '../json-body';
import type { Links } from '../links';
import { pageRequest, sendPage } from '../paging';
import { pathParam, serve } from '../route';
import { pageQuery } from '../schemas/paging';
import { RetryScopeSchema, type RunBody, RunSchema } from '../schemas/run';
import { blobText, onlyFields } from '../schemas/values';
import { noQuery, parsePart } from '../validation';
import { containerParam } from './containers';

/** Seconds until a run that is going on is worth another look. */
const RETRY_AFTER = { 'Retry-After': '5' } as const;

const amount = z.number().nonnegative().max(1_000_000_000);

export const ApprovalSchema = z
  .union([z.enum(['auto', 'always']), z.strictObject({ above: amount })], '"auto", "always", or {"above": AMOUNT}.')
  .meta({
    description: 'When to ask before money is spent: never, always, or above an amount. Default: as configured.',
  });

export const MaxTransactionsSchema = z
  .number()
  .int()
  .nonnegative()
  .max(1_000_000_000)
  .meta({ description: 'Stop before the run spends more.' });

export const FeaturesSchema = z
  .array(z.string().trim().min(1).max(40))
  .min(1)
  .max(20)
  .readonly()
  .meta({
    description:
      `What Vision is asked for, in any case and each once: ${FEATURES_32.join(', ')}. Default: as configured. ` +
      'Only what the stored analysis of an image lacks is paid for.',
  });

export const StartRunBody = z
  .strictObject({
    prefix: blobText.optional().meta({ description: 'Only blobs whose names start with it.' }),
    features: FeaturesSchema.optional(),
    approval: ApprovalSchema.optional(),
    maxTransactions: MaxTransactionsSchema.optional(),
    retry: RetryScopeSchema.optional().meta({ description: 'Only images that an earlier run left so. Absent: all.' }),
  })
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
      const { prefix, features, approval, maxTransactions, retry } = parsePart(
        StartRunBody,
        'body',
        jsonBody(req) ?? {},
      );
      const run = await useCases.startRun({
        container,
        ...(prefix !== undefined && { prefix }),
        ...(features !== undefined && { features }),
        ...(approval !== undefined && { approval }),
        ...(maxTransactions !== undefined && { maxTransactions }),
        ...(retry !== undefined && { retry }),
        ...(confirmShrink !== undefined && { confirmShrink: confirmShrink === 'true' }),
      });
      sendAccepted(res, runBody(run, links.for(req)));
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
      if (container !== undefined) checkContainerName(container, '/query/container');
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

/** 202 with the run and where to ask for it. */
export function sendAccepted(res: Response, body: RunBody): void {
  res
    .status(202)
    .set({ Location: body.links.self, 'Operation-Location': body.links.self, ...RETRY_AFTER })
    .json(body);
}

export function runBody(run: RunView, links: Links): RunBody {
  const body = onlyFields(run, RunSchema);
  return {
    ...body,
    failureGroups: body.failureGroups.map((group) => ({ ...group, advice: adviceOn(group.reason, group.retryable) })),
    links: {
      self: links.run(run.id),
      container: links.container(run.container),
      images: links.images(run.container),
      runImages: links.runPart(run.id, 'images'),
      steps: links.runPart(run.id, 'steps'),
      report: links.runPart(run.id, 'report'),
      receipt: links.runPart(run.id, 'receipt'),
      audit: links.runPart(run.id, 'audit'),
      ...(run.retryOf !== undefined && { retryOf: links.run(run.retryOf) }),
      ...(run.retriedBy !== undefined && { retriedBy: links.run(run.retriedBy) }),
      status: links.durableStatus(run.id),
    },
  };
}

export function runIdParam(req: Request): string {
  const id = pathParam(req, 'id');
  if (!isRunId(id))
    throw new AppError('run-not-found', 'No run has this id: it has 32 hexadecimal digits in lower case.');
  return id;
}
