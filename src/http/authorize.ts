import type { Request } from 'express';
import { DURABLE_TASK_BASE } from '../contract/durable-task';
import type { Endpoint } from '../contract/endpoint';
import type { Caller } from '../domain/caller';
import type { LinkTokens } from './link-tokens';
import { parameter } from './query';
import { RequestError } from './request-error';

/**
 * The one door: called for every endpoint before anything of the request is read but its path.
 *
 * @throws RequestError when this caller may not ask this
 */
export type Authorize = (endpoint: Endpoint, req: Request) => Promise<Caller>;

/**
 * Believes what a caller says of itself. The routes of Durable Functions ask for the code of a link as well.
 *
 * @param tokens absent: no code is asked for
 */
export function claimedCallers(tokens?: LinkTokens): Authorize {
  return async (endpoint, req) => {
    if (tokens && endpoint.path.startsWith(DURABLE_TASK_BASE)) checkCode(endpoint, req, tokens);
    return { name: claimedName(req), how: 'claimed' };
  };
}

/** @throws RequestError unauthorized, link-forbidden */
function checkCode({ link }: Endpoint, req: Request, tokens: LinkTokens): void {
  const { instanceId } = req.params;
  const runId = link !== undefined && typeof instanceId === 'string' ? instanceId : undefined;
  const verdict = tokens.check(parameter(req, 'code'), runId, link ?? 'operator');
  if (verdict === 'wrong') throw new RequestError('unauthorized', 'The code is missing, wrong or expired.');
  if (verdict === 'other') throw new RequestError('link-forbidden', 'The code is for another run or another verb.');
}

const WHO_HEADER = 'x-contactsheet-user';
const WHO = /^[\x20-\x7e]{1,128}$/;

/** For the audit trail; nothing is decided by it. */
function claimedName(req: Request): string {
  const who = req.get(WHO_HEADER)?.trim();
  return who !== undefined && WHO.test(who) ? who : 'api';
}
