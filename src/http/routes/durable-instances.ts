import type { Request, Response, Router } from 'express';
import { AppError } from '../../domain/errors';
import { isRunId } from '../../domain/ids';
import { isFinal, type RunView } from '../../domain/run';
import type { TUTORIAL_ALIASES } from '../../names';
import type { RouteDeps } from '../api';
import { DURABLE_TASK_BASE } from '../links';
import { handle, pathParam } from '../route';
import type { DurableStatusBody } from '../schemas/durable';
import { RUNTIME_STATUS, type UseCases } from '../use-cases';

/**
 * The management API of Durable Functions, as far as it works.
 *
 * I1 What is unknown, path, verb or instance, answers 404 with an empty body; there is no 405 here.
 * I2 Parameters are matched in any case, and unknown ones ignored.
 *
 * Source: HttpApiHandler of the Durable Task extension 2.13 (routes, codes, field order, time format).
 */

/** Under which name the run was started: readers of the tutorial look for this one. */
const ORCHESTRATOR = 'O_ProccessImage' satisfies keyof typeof TUTORIAL_ALIASES;
/** Seconds until asking again is worth it, as the extension says. */
const RETRY_AFTER_SECONDS = 5;

export function durableInstanceRoutes(router: Router, { useCases, links }: RouteDeps): void {
  router.get(
    `${DURABLE_TASK_BASE}/instances/:id`,
    handle(async (req, res) => {
      const run = await findRun(useCases, pathParam(req, 'id'));
      if (!run) res.status(404).end();
      else sendStatus(req, res, run, links.for(req).self());
    }),
  );
  router.use(DURABLE_TASK_BASE, (_req, res) => {
    res.status(404).end(); // I1
  });
}

function sendStatus(req: Request, res: Response, run: RunView, self: string): void {
  const body = durableStatus(run, flag(req, 'showInput', true));
  const isFailed = body.runtimeStatus === 'Failed' && flag(req, 'returnInternalServerErrorOnFailure', false);
  if (isFinal(run.status)) res.status(isFailed ? 500 : 200);
  else res.status(202).set({ Location: self, 'Retry-After': String(RETRY_AFTER_SECONDS) });
  res.json(body);
}

/** undefined when no run has the id, or none could have it. */
async function findRun(useCases: UseCases, id: string): Promise<RunView | undefined> {
  if (!isRunId(id)) return undefined;
  try {
    return await useCases.getRun(id);
  } catch (error) {
    if (error instanceof AppError && error.code === 'run-not-found') return undefined;
    throw error;
  }
}

/** The order of the fields is part of the contract. */
export function durableStatus(run: RunView, showInput: boolean): DurableStatusBody {
  const { status, phase, counts, calls, transactions, cacheHits, removed, failureGroups, reason } = run;
  const progress = { status, counts, calls, transactions, cacheHits };
  return {
    name: ORCHESTRATOR,
    instanceId: run.id,
    runtimeStatus: RUNTIME_STATUS[status],
    input: showInput ? run.container : null,
    customStatus: { phase, ...progress },
    output: isFinal(status) ? { ...progress, removed, failureGroups, reason: reason ?? null } : null,
    createdTime: wholeSeconds(run.startedAt),
    lastUpdatedTime: wholeSeconds(run.updatedAt),
  };
}

function wholeSeconds(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

// I2
function flag(req: Request, name: string, otherwise: boolean): boolean {
  const entry = Object.entries(req.query).find(([key]) => key.toLowerCase() === name.toLowerCase());
  const value = [entry?.[1]].flat()[0];
  return typeof value === 'string' && /^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : otherwise;
}
