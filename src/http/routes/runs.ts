import { type RunBody, RunSchema } from '../../contract/schemas/run';
import { defined } from '../../domain/defined';
import { adviceOn } from '../../domain/image/advice';
import { pageOfShown } from '../../domain/page';
import { isFinal, type RunView } from '../../domain/run/run';
import type { UseCases } from '../../use-cases/port';
import { cureOfFailure } from '../../use-cases/runs/failure-reason';
import type { Handler } from '../bind';
import { onlyFields } from '../field-order';
import type { Links } from '../links';

/** Seconds until a run that is going on is worth another look. */
const RETRY_AFTER = { 'Retry-After': '5' } as const;

export function startRun(ask: Pick<UseCases, 'startRun'>): Handler<'startRun'> {
  return async ({ params: { container }, query, body, links }) => {
    const run = await ask.startRun({ container, ...defined({ ...body, ...query }) });
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
  return async ({ query: { container, status, ...page }, links, pages, isShown }) => {
    const filter = defined({ container, statuses: status });
    const runs = await pageOfShown((some) => ask.listRuns(filter, some), isShown, await pages.asked(page));
    return { status: 200, body: await pages.shown(runs, (run) => runBody(run, links)) };
  };
}

/** 202 with the run and where to ask for it. */
export function accepted(body: RunBody) {
  const { self } = body.links;
  return { status: 202, headers: { Location: self, 'Operation-Location': self, ...RETRY_AFTER }, body } as const;
}

export function runBody(run: RunView, links: Links): RunBody {
  const body = onlyFields(run, RunSchema);
  return {
    ...body,
    failureGroups: body.failureGroups.map((group) => ({ ...group, advice: adviceOn(group.reason, group.retryable) })),
    ...defined({ cure: run.status === 'Failed' ? cureOfFailure(run.reason ?? '') : undefined }),
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
