import { type Caller, spokenBy } from '../../domain/caller';
import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import { readApprovalAnswer } from '../../domain/run/approval';
import { FINAL_STATUSES, isFinal, type RunStatus } from '../../domain/run/run';
import { RUNTIME_STATUS } from '../../domain/run/runtime-status';
import { APPROVAL_EVENT } from '../../names';
import type { ControlCommand, RunUseCases } from '../../use-cases/runs/port';
import type { Handler } from '../bind';
import { badRequest } from '../request-error';
import { findRun, withRun } from './durable-run';
import { startedAnswer, waitOf } from './durable-wait';

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
const TAKEN = { status: 202 } as const;
const GONE = { status: 410 } as const;

export function controlInstance(
  verb: Exclude<ControlCommand['verb'], 'decline'>,
  ask: Pick<RunUseCases, 'getRun' | 'controlRun'>,
): Handler<'terminateInstance' | 'suspendInstance' | 'resumeInstance'> {
  return ({ params: { instanceId }, query, caller }) =>
    withRun(ask, instanceId, async ({ id, status }) => {
      if (isFinal(status)) return GONE;
      try {
        await ask.controlRun({ id, verb, ...saidBy(caller, query) });
        return TAKEN;
      } catch (error) {
        // It ended, or began to, between our look and our word.
        if (!(error instanceof AppError && error.code === 'command-refused')) throw error;
        return GONE;
      }
    });
}

type Approving = Pick<RunUseCases, 'getRun' | 'approveRun' | 'controlRun'>;

export function raiseEvent(ask: Approving): Handler<'raiseEvent'> {
  return ({ params: { instanceId, eventName }, body, caller }) =>
    withRun(ask, instanceId, async ({ id, status }) => {
      if (isFinal(status)) return GONE;
      if (eventName.toLowerCase() !== APPROVAL_EVENT) return TAKEN; // I2
      try {
        await approvalSaid(ask, id, caller, body);
        return TAKEN;
      } catch (error) {
        // It ended between our look and our word.
        const { runStatus } = error instanceof AppError ? error.context : {};
        if (!FINAL_STATUSES.some((final) => final === runStatus)) throw error;
        return GONE;
      }
    });
}

const ANSWER = 'The body is {"approved": true, "planHash": "...", "maxTransactions": 500}, the last one optional.';

async function approvalSaid(ask: Approving, id: string, caller: Caller, body: unknown): Promise<void> {
  const answer = readApprovalAnswer(body);
  if (!answer) throw badRequest('/body', ANSWER);
  const { approved, planHash = '', maxTransactions, reason } = answer;
  if (approved) await ask.approveRun({ id, ...spokenBy(caller), planHash, ...defined({ maxTransactions }) });
  else await ask.controlRun({ id, ...spokenBy(caller), verb: 'decline', ...defined({ reason }) });
}

export function rewindInstance(ask: Pick<RunUseCases, 'getRun' | 'retryRun'>): Handler<'rewindInstance'> {
  return ({ params: { instanceId }, query, caller }) =>
    withRun(ask, instanceId, async ({ id, status }) => {
      if (status !== 'Failed' && status !== 'CompletedWithErrors') {
        const body = notRewindable(status);
        return isFinal(status) ? ({ status: 410, body } as const) : ({ status: 412, body } as const); // I1
      }
      try {
        await ask.retryRun({ id, filter: {}, ...saidBy(caller, query) });
        return TAKEN;
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'nothing-to-retry')) throw error;
        return { status: 410, body: error.message } as const;
      }
    });
}

function notRewindable(status: RunStatus): string {
  const inTheirWords = RUNTIME_STATUS[status];
  const shown = status === inTheirWords ? status : `${status} (${inTheirWords})`;
  return `This run is ${shown}; only runs that are Failed or CompletedWithErrors can be rewound.`;
}

export function restartInstance(ask: Pick<RunUseCases, 'getRun' | 'restartRun'>): Handler<'restartInstance'> {
  return async ({ params: { instanceId }, query, caller, links }) => {
    if (!(await findRun(ask, instanceId))) throw badRequest('/path/id', 'No run has this id.');
    const wait = waitOf(query);
    const sameId = !query.restartWithNewInstanceId;
    const { id } = await ask.restartRun({ id: instanceId, sameId, ...spokenBy(caller) }); // I3
    return startedAnswer(ask, { id, wait, options: query, links });
  };
}

const MAX_REASON = 500;

function saidBy(caller: Caller, query: { readonly reason?: string | undefined }) {
  const reason = query.reason?.slice(0, MAX_REASON).replace(/\p{Surrogate}/gu, '');
  return { ...spokenBy(caller), ...(reason && { reason }) };
}
