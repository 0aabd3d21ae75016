import type { Request, Response } from 'express';
import { type RunBody, RunSchema } from '../../contract/schemas/run';
import { AppError } from '../../domain/errors';
import { isRunId } from '../../domain/ids';
import { adviceOn } from '../../domain/image/advice';
import { isFinal, type RunView } from '../../domain/run/run';
import type { UseCases } from '../../use-cases/port';
import type { Handler } from '../bind';
import { onlyFields } from '../field-order';
import { given } from '../given';
import type { Links } from '../links';
import { pathParam } from '../route';

/** Seconds until a run that is going on is worth another look. */
const RETRY_AFTER = { 'Retry-After': '5' } as const;

export function startRun(ask: Pick<UseCases, 'startRun'>): Handler<'startRun'> {
  return async ({ params: { container }, query, body, links }) => {
    const run = await ask.startRun({ container, ...given({ ...body, ...query }) });
    return accepted(runBody(run, links));
  };
}

export function getRun(ask: Pick<UseCases, 'getRun'>): Handler<'getRun'> {
  return async ({ params: { id }, links }) => {
    const run = await ask.getRun(id);
    return { status: 200, ...(!isFinal(run.status) && { headers: RETRY_AFTER }), body: runBody(run, links) };
  };
}

export function listRuns(ask: Pick<UseCases, 'listRuns'>): Handler<'listRuns'> {
  return async ({ query: { container, status, ...page }, links, pages }) => {
    const runs = await ask.listRuns(given({ container, statuses: status }), pages.asked(page));
    return { status: 200, body: pages.shown(runs, (run) => runBody(run, links)) };
  };
}

/** 202 with the run and where to ask for it. */
export function accepted(body: RunBody) {
  const { self } = body.links;
  return { status: 202, headers: { Location: self, 'Operation-Location': self, ...RETRY_AFTER }, body } as const;
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
