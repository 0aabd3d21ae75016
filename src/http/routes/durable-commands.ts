import type { Request, Response, Router } from 'express';
import { readApprovalAnswer } from '../../domain/approval';
import { AppError } from '../../domain/errors';
import { isFinal } from '../../domain/run';
import { APPROVAL_EVENT } from '../../names';
import type { RouteDeps } from '../api';
import { jsonBody } from '../json-body';
import { DURABLE_TASK_BASE } from '../links';
import { RequestError } from '../request-error';
import { handle, pathParam } from '../route';
import type { ControlCommand, UseCases } from '../use-cases';
import { checkCode, findRun, flag, parameter, withRun } from './durable-request';
import { whoOf } from './run-commands';
import { sendCheckStatus } from './starter';

/**
 * Commands of the Durable Functions contract. 202 and an empty body when taken; 410 when the run has ended or is ending.
 *
 * `rewind` tries again what failed, as a run of its own: `retryOf` and `retriedBy` link the two.
 */
const INSTANCE = `${DURABLE_TASK_BASE}/instances/:id`;
const MAX_REASON = 500;

const CONTROLS = { terminate: 'cancel', suspend: 'pause', resume: 'resume' } as const;

export function durableCommandRoutes(router: Router, deps: RouteDeps): void {
  const { useCases, links } = deps;
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
      else await taken(res, () => raised(req, useCases, run.id));
    }),
  );
  router.post(
    `${INSTANCE}/rewind`,
    withRun(deps, 'rewind', async (req, res, run) => {
      const isRewindable = run.status === 'Failed' || run.status === 'CompletedWithErrors';
      if (isFinal(run.status) && !isRewindable) {
        res.status(410).end();
        return;
      }
      await useCases.retryRun({ id: run.id, filter: {}, ...saidBy(req) });
      res.status(202).end();
    }),
  );
  router.post(
    `${INSTANCE}/restart`,
    handle(async (req, res) => {
      const id = pathParam(req, 'id');
      checkCode(req, deps, id, 'restart');
      const run = await findRun(useCases, id);
      if (!run) throw new RequestError('invalid-request', 'No run has this id.');
      if (!flag(req, 'restartWithNewInstanceId', true)) {
        throw new RequestError('invalid-request', 'The id of a run is used once: restart with a new instance id.');
      }
      const next = await useCases.startRun({ container: run.container, prefix: run.prefix });
      sendCheckStatus(res, links.for(req).management(next.id));
    }),
  );
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

/** The one event a run listens to. @throws RequestError for any other: a word nobody hears is not accepted */
async function raised(req: Request, useCases: UseCases, id: string): Promise<void> {
  const answer = readApprovalAnswer(jsonBody(req));
  if (pathParam(req, 'event').toLowerCase() !== APPROVAL_EVENT) {
    throw new RequestError('invalid-request', `A run listens to the event '${APPROVAL_EVENT}' only.`);
  }
  if (!answer) throw new RequestError('invalid-request', 'The body is {"approved": true, "planHash": "..."}.');
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
