import type { Request, Response, Router } from 'express';
import { isFinal, RUN_STATUSES, type RunStatus, type RunView } from '../../domain/run/run';
import { everyPage } from '../../domain/page';
import type { Page, PageRequest } from '../../domain/page';
import type { RouteDeps } from '../route-deps';
import { DURABLE_TASK_BASE } from '../../contract/durable-task';
import { handle } from '../route';
import { RUNTIME_STATUS } from '../../domain/run/runtime-status';
import type { UseCases } from '../../use-cases/port';
import { listRequest, sendList } from './durable-list';
import { badParameter, checkCode, dateParameter, flag, parameter, parameters, withRun } from './durable-request';
import { durableStatus, historyEvents } from './durable-status';

/**
 * Instances of the Durable Functions contract: status, list, purge.
 *
 * Parameters are matched in any case, and unknown ones ignored.
 */
const INSTANCES = `${DURABLE_TASK_BASE}/instances`;
/** Seconds until asking again is worth it, as the extension says. */
const RETRY_AFTER_SECONDS = 5;

export function durableInstanceRoutes(router: Router, deps: RouteDeps): void {
  const { useCases, links } = deps;
  router.get(
    `${INSTANCES}/:id`,
    withRun(deps, 'status', async (req, res, run) => {
      const options = { showInput: flag(req, 'showInput', true), showOutput: flag(req, 'showHistoryOutput', false) };
      const events = flag(req, 'showHistory', false) && historyEvents(await useCases.getCourse(run.id), options);
      sendStatus(req, res, run, links.for(req).self(), events ? { historyEvents: events, history: events } : {});
    }),
  );
  router.delete(
    `${INSTANCES}/:id`,
    withRun(deps, 'purge', async (_req, res, run) => {
      if (await useCases.purgeRun(run.id)) res.json({ instancesDeleted: 1 });
      else res.status(404).end(); // only what has ended is history
    }),
  );
  router.get(
    INSTANCES,
    handle(async (req, res) => {
      checkCode(req, deps, undefined, 'operator');
      const scope = scopeOf(req);
      const page = await listed(req, useCases, listRequest(req, scope));
      const showInput = flag(req, 'showInput', true);
      sendList(res, scope, { ...page, value: page.value.map((run) => durableStatus(run, showInput)) });
    }),
  );
  router.delete(
    INSTANCES,
    handle(async (req, res) => {
      checkCode(req, deps, undefined, 'operator');
      if (dateParameter(req, 'createdTimeFrom') === undefined) {
        throw badParameter('createdTimeFrom', 'Say from when on: createdTimeFrom is required.');
      }
      const instancesDeleted = await purged(req, useCases);
      if (instancesDeleted > 0) res.json({ instancesDeleted });
      else res.status(404).end();
    }),
  );
}

/** The status and its code: 202 with where to ask again while it goes on. */
export function sendStatus(req: Request, res: Response, run: RunView, self: string, more: object = {}): void {
  const body = durableStatus(run, flag(req, 'showInput', true));
  const isFailed = body.runtimeStatus === 'Failed' && flag(req, 'returnInternalServerErrorOnFailure', false);
  if (isFinal(run.status)) res.status(isFailed ? 500 : 200);
  else res.status(202).set({ Location: self, 'Retry-After': String(RETRY_AFTER_SECONDS) });
  res.json({ ...body, ...more });
}

async function purged(req: Request, useCases: UseCases): Promise<number> {
  const found: string[] = [];
  for await (const { id, status } of everyPage((page) => listed(req, useCases, page))) {
    if (isFinal(status)) found.push(id);
  }
  let deleted = 0;
  for (const id of found) if (await useCases.purgeRun(id)) deleted += 1;
  return deleted;
}

async function listed(req: Request, useCases: UseCases, request: PageRequest): Promise<Page<RunView>> {
  const statuses = statusesOf(req);
  const from = dateParameter(req, 'createdTimeFrom') ?? Number.NEGATIVE_INFINITY;
  const to = dateParameter(req, 'createdTimeTo') ?? Number.POSITIVE_INFINITY;
  const prefix = parameter(req, 'instanceIdPrefix') ?? '';
  const page = await useCases.listRuns(statuses === undefined ? {} : { statuses }, request);
  const value = page.value.filter(({ id, startedAt }) => {
    const startedAtMs = Date.parse(startedAt);
    return id.startsWith(prefix) && startedAtMs >= from && startedAtMs <= to;
  });
  return { ...page, value };
}

/** A continuation holds for the statuses it was made with: only they are part of the query. */
function scopeOf(req: Request): string {
  return JSON.stringify(['instances', statusesOf(req) ?? []]);
}

/** undefined: any. A status that no run of ours can have filters everything out. */
function statusesOf(req: Request): RunStatus[] | undefined {
  const asked = parameters(req, 'runtimeStatus')
    .flatMap((value) => value.split(','))
    .map((value) => value.trim().toLowerCase())
    .filter((value) => value !== '');
  if (asked.length === 0) return undefined;
  return RUN_STATUSES.filter((status) => asked.includes(RUNTIME_STATUS[status].toLowerCase()));
}
