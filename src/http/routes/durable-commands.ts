import type { Request, Response, Router } from 'express';
import { readApprovalAnswer } from '../../domain/run/approval';
import { AppError } from '../../domain/errors';
import { FINAL_STATUSES, isFinal, type RunStatus } from '../../domain/run/run';
import { APPROVAL_EVENT } from '../../names';
import type { RouteDeps } from '../route-deps';
import { DURABLE_TASK_BASE } from '../../contract/durable-task';
import { badRequest } from '../request-error';
import { handle, pathParam } from '../route';
import { RUNTIME_STATUS } from '../../domain/run/runtime-status';
import type { ControlCommand } from '../../use-cases/runs/port';
import type { UseCases } from '../../use-cases/port';
import { badParameter, badPath, checkCode, durableBody, findRun, flag, parameter, withRun } from './durable-request';
import { sendStarted, waitOf } from './durable-wait';
import { whoOf } from './run-commands';

/**
 * Commands of the Durable Functions contract. 202 and an empty body when taken; 410 when the run has ended or is ending.
 *
 * I1 `rewind` tries again what failed, as a run of its own: `retryOf` and `retriedBy` link the two. What goes on is refused
 *    with 412, which is how the client knows "only what failed"; the reason is a bare JSON string, which it shows. A run of
 *    which nothing is left to try again has ended without failures: 410.
 * I2 An event that no run listens to is taken and changes nothing, as in Durable Functions. An approval that cannot be
 *    taken is refused: money waits for it.
 * I3 `restart` keeps what the run was started with: its features, its cap, the images of a retry, and that it had to be approved.
 */
const INSTANCE = `${DURABLE_TASK_BASE}/instances/:id`;
const MAX_REASON = 500;

const CONTROLS = { terminate: 'cancel', suspend: 'pause', resume: 'resume' } as const;

export function durableCommandRoutes(router: Router, deps: RouteDeps): void {
  const { useCases } = deps;
  for (const [name, verb] of Object.entries(CONTROLS) as [keyof typeof CONTROLS, ControlCommand['verb']][]) {
    router.post(
      `${INSTANCE}/${name}`,
      withRun(deps, name, async (req, res, run) => {
        if (isFinal(run.status)) res.status(410).end();
        else await taken(res, () => useCases.controlRun({ id: run.id, verb, ...saidBy(req) }));
      }),
    );
  }
  router.post(
    `${INSTANCE}/raiseEvent/:event`,
    withRun(deps, 'raiseEvent', async (req, res, run) => {
      if (isFinal(run.status)) res.status(410).end();
      else await raised(req, res, useCases, run.id);
    }),
  );
  router.post(
    `${INSTANCE}/rewind`,
    withRun(deps, 'rewind', async (req, res, run) => {
      if (run.status === 'Failed' || run.status === 'CompletedWithErrors') {
        await rewound(res, () => useCases.retryRun({ id: run.id, filter: {}, ...saidBy(req) }));
      } else res.status(isFinal(run.status) ? 410 : 412).json(notRewindable(run.status)); // I1
    }),
  );
  router.post(
    `${INSTANCE}/restart`,
    handle(async (req, res) => {
      const id = pathParam(req, 'id');
      checkCode(req, deps, id, 'restart');
      const run = await findRun(useCases, id);
      if (!run) throw badPath('id', 'No run has this id.');
      if (!flag(req, 'restartWithNewInstanceId', true)) {
        throw badParameter('restartWithNewInstanceId', 'The id of a run is used once: restart with a new one.');
      }
      const wait = waitOf(req);
      const next = await useCases.restartRun({ id, who: whoOf(req) }); // I3
      await sendStarted(req, res, deps, next.id, wait);
    }),
  );
}

// I1
async function rewound(res: Response, retry: () => Promise<unknown>): Promise<void> {
  try {
    await retry();
    res.status(202).end();
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'nothing-to-retry')) throw error;
    res.status(410).json(error.message);
  }
}

function notRewindable(status: RunStatus): string {
  const inTheirWords = RUNTIME_STATUS[status];
  const shown = status === inTheirWords ? status : `${status} (${inTheirWords})`;
  return `This run is ${shown}; only runs that are Failed or CompletedWithErrors can be rewound.`;
}

async function taken(res: Response, command: () => Promise<unknown>): Promise<void> {
  try {
    await command();
    res.status(202).end();
  } catch (error) {
    // It ended, or began to, between our look and our word.
    if (!(error instanceof AppError && error.code === 'command-refused')) throw error;
    res.status(410).end();
  }
}

// I2
async function raised(req: Request, res: Response, useCases: UseCases, id: string): Promise<void> {
  const data = durableBody(req);
  if (pathParam(req, 'event').toLowerCase() !== APPROVAL_EVENT) {
    res.status(202).end();
    return;
  }
  try {
    await answered(req, useCases, id, data);
    res.status(202).end();
  } catch (error) {
    // It ended between our look and our word.
    const { runStatus } = error instanceof AppError ? error.context : {};
    if (!FINAL_STATUSES.some((status) => status === runStatus)) throw error;
    res.status(410).end();
  }
}

const ANSWER = 'The body is {"approved": true, "planHash": "...", "maxTransactions": 500}, the last one optional.';

async function answered(req: Request, useCases: UseCases, id: string, data: unknown): Promise<void> {
  const answer = readApprovalAnswer(data);
  if (!answer) throw badRequest('/body', ANSWER);
  const { approved, planHash = '', maxTransactions, reason } = answer;
  const said = { id, who: whoOf(req) };
  const cap = maxTransactions === undefined ? {} : { maxTransactions };
  if (approved) await useCases.approveRun({ ...said, planHash, ...cap });
  else await useCases.controlRun({ ...said, verb: 'decline', ...(reason !== undefined && { reason }) });
}

function saidBy(req: Request): { readonly who: string; readonly reason?: string } {
  const reason = parameter(req, 'reason')
    ?.replace(/\p{Surrogate}/gu, '')
    .slice(0, MAX_REASON);
  return { who: whoOf(req), ...(reason ? { reason } : {}) };
}
