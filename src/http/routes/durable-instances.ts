import type { Request, Response, Router } from 'express';
import { isFinal, RUN_STATUSES, type RunStatus, type RunView } from '../../domain/run';
import type { RouteDeps } from '../api';
import { openContinuation, sealContinuation } from '../continuation';
import { DURABLE_TASK_BASE } from '../links';
import { handle } from '../route';
import { RUNTIME_STATUS, type UseCases } from '../use-cases';
import { badParameter, checkCode, dateParameter, flag, parameter, parameters, withRun } from './durable-request';
import { durableStatus, historyEvents } from './durable-status';

/**
 * Instances of the Durable Functions contract: status, list, purge.
 *
 * I1 Parameters are matched in any case, and unknown ones ignored.
 * I2 A list that is not over says so in the header `x-ms-continuation-token`; a page may hold fewer than `top`.
 */
const INSTANCES = `${DURABLE_TASK_BASE}/instances`;
const CONTINUATION = 'x-ms-continuation-token';
/** Seconds until asking again is worth it, as the extension says. */
const RETRY_AFTER_SECONDS = 5;
const MAX_TOP = 100;

export function durableInstanceRoutes(router: Router, deps: RouteDeps): void {
  const { useCases, links } = deps;
  router.get(
    `${INSTANCES}/:id`,
    withRun(deps, 'status', async (req, res, run) => {
      const options = { showInput: flag(req, 'showInput', true), showOutput: flag(req, 'showHistoryOutput', false) };
      const history = flag(req, 'showHistory', false)
        ? { historyEvents: historyEvents(await useCases.getCourse(run.id), options) }
        : {};
      sendStatus(req, res, run, links.for(req).self(), history);
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
      const { runs, continuation } = await listed(req, useCases, topOf(req), req.get(CONTINUATION));
      if (continuation !== undefined) res.set(CONTINUATION, continuation); // I2
      const showInput = flag(req, 'showInput', true);
      res.json(runs.map((run) => durableStatus(run, showInput)));
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
  const found: RunView[] = [];
  let continuation: string | undefined;
  do {
    const page = await listed(req, useCases, MAX_TOP, continuation);
    found.push(...page.runs.filter(({ status }) => isFinal(status)));
    continuation = page.continuation;
  } while (continuation !== undefined);
  let deleted = 0;
  for (const { id } of found) if (await useCases.purgeRun(id)) deleted += 1;
  return deleted;
}

async function listed(req: Request, useCases: UseCases, size: number, sealed: string | undefined) {
  const statuses = statusesOf(req);
  const from = dateParameter(req, 'createdTimeFrom') ?? Number.NEGATIVE_INFINITY;
  const to = dateParameter(req, 'createdTimeTo') ?? Number.POSITIVE_INFINITY;
  const prefix = parameter(req, 'instanceIdPrefix') ?? '';
  const scope = JSON.stringify(['instances', statuses ?? []]);
  const continuation = sealed ? { continuation: openContinuation(sealed, scope) } : {};
  const page = await useCases.listRuns(statuses === undefined ? {} : { statuses }, { size, ...continuation });
  const runs = page.value.filter(({ id, startedAt }) => {
    const startedAtMs = Date.parse(startedAt);
    return id.startsWith(prefix) && startedAtMs >= from && startedAtMs <= to;
  });
  const next = page.continuation;
  return next === undefined ? { runs } : { runs, continuation: sealContinuation(next, scope) };
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

function topOf(req: Request): number {
  const top = parameter(req, 'top');
  if (top === undefined || top === '') return MAX_TOP;
  if (!/^\d{1,9}$/.test(top) || Number(top) < 1) throw badParameter('top', 'A whole number from 1.');
  return Math.min(Number(top), MAX_TOP);
}
