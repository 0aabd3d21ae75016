import type { Request, Response, Router } from 'express';
import { adviceOn } from '../../domain/image/advice';
import { AppError } from '../../domain/errors';
import { isRunId } from '../../domain/ids';
import { isFinal, type RunView } from '../../domain/run/run';
import { listRuns, startRun, StartRunBody } from '../../contract/endpoints/runs';
import type { RouteDeps } from '../route-deps';
import { bodyOrEmpty } from '../json-body';
import type { Links } from '../links';
import { pageRequest, sendPage } from '../paging';
import { pathParam, serve } from '../route';
import { type RunBody, RunSchema } from '../../contract/schemas/run';
import { onlyFields } from '../field-order';
import { noQuery, parsePart } from '../validation';
import { containerParam } from './containers';

/** Seconds until a run that is going on is worth another look. */
const RETRY_AFTER = { 'Retry-After': '5' } as const;

export function runRoutes(router: Router, { useCases, links }: RouteDeps): void {
  serve(router, '/api/v1/containers/:container/runs', {
    POST: async (req, res) => {
      const container = containerParam(req);
      const { confirmShrink } = parsePart(startRun.query, 'query', req.query);
      const { prefix, features, approval, maxTransactions, retry } = parsePart(StartRunBody, 'body', bodyOrEmpty(req));
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
      const { container, status, ...paging } = parsePart(listRuns.query, 'query', req.query);
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
