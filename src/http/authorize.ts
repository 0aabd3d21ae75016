import type { Request } from 'express';
import { DURABLE_TASK_BASE } from '../contract/durable-task';
import type { Endpoint, Role } from '../contract/endpoint';
import { type Decision, decide } from '../domain/access/decision';
import { principalName } from '../domain/access/principal';
import type { Recognition, Recognize } from '../domain/access/recognition';
import type { Caller } from '../domain/caller';
import { defined } from '../domain/defined';
import { APPROVAL_EVENT } from '../names';
import { letIn } from './access/callers';
import { concernedContainer, replacedContainer, isShownInPart, type Records } from './access/concerned-container';
import { type Listener, shownBy } from './access/shown';
import type { CallerLimit } from './caller-limit';
import type { LinkTokens, TokenVerdict } from './link-tokens';
import { parameter } from './query';
import { RequestError } from './request-error';

/**
 * The one door: called for every endpoint before its parameters and its body are understood.
 *
 * @throws RequestError when this caller may not ask this; AppError when it cannot be known who asks
 */
export type Authorize = (endpoint: Endpoint, req: Request) => Promise<Caller>;

export interface ClaimedCallersOptions {
  /** Absent: no code is asked for. */
  readonly tokens?: LinkTokens | undefined;
  /** Of one address, since nobody is known. Absent: none. */
  readonly limit?: CallerLimit | undefined;
}

/** Believes what a caller says of itself. The routes of Durable Functions ask for the code of a link as well. */
export function claimedCallers({ tokens, limit }: ClaimedCallersOptions = {}): Authorize {
  return async (endpoint, req) => {
    if (!isProbe(endpoint)) await limit?.(req.socket.remoteAddress ?? 'unknown');
    if (tokens && isDurable(endpoint)) refuseWithout(codeIn(endpoint, req, tokens));
    return letIn(req, { name: claimedName(req), how: 'claimed', roles: ['admin'] });
  };
}

export interface ProvenCallersOptions {
  readonly recognize: Recognize;
  readonly listener: Listener;
  readonly records: Records;
  /** Absent: no code opens anything. */
  readonly tokens?: LinkTokens | undefined;
  /** Of one principal; of one address where no principal is known. Absent: none. */
  readonly limit?: CallerLimit | undefined;
}

/**
 * Lets known callers in, for what their roles and containers allow.
 *
 * I1 The code of a link opens its one verb of its one run, below Durable Functions alone. `/api/v1` needs the role whatever
 *    code is shown.
 * I2 Nothing of the application is asked before the role is enough and the rate is kept. Probes have no rate.
 * I3 Whoever is limited to containers is let in to the lists over all of them, whose handlers show what is theirs.
 */
export function provenCallers(options: ProvenCallersOptions): Authorize {
  const { recognize, listener, tokens, limit } = options;
  return async (endpoint, req) => {
    const role = roleFor(endpoint, req);
    const shown = shownBy(req, listener);
    if (role === 'public') {
      if (!isProbe(endpoint)) await limit?.(shown.origin);
      return letIn(req, ANYBODY);
    }
    const recognition = await recognize(shown);
    if (recognition.kind === 'limited') throw tooManyAttempts(recognition.waitMs);
    const principal = recognition.kind === 'known' ? recognition.principal : undefined;
    await limit?.(principal ? `${principal.how} ${principal.name}` : shown.origin); // I2
    const decision = await decided(principal, role, endpoint, req, options);
    if (principal && decision.kind === 'allowed') return letIn(req, principal);
    const verdict = tokens && isDurable(endpoint) ? codeIn(endpoint, req, tokens) : 'none'; // I1
    if (verdict === 'ok') return letIn(req, { name: 'link', how: 'link', roles: [role] });
    if (verdict === 'other' && recognition.kind === 'absent') refuseWithout(verdict);
    throw refusalOf(decision, recognition);
  };
}

const ANYBODY: Caller = { name: 'anybody', how: 'claimed', roles: [] };

/** An approval spends money, by whatever way it comes. */
function roleFor({ id, access }: Endpoint, req: Request): Role {
  const { eventName } = req.params;
  const isApproval = id === 'raiseEvent' && typeof eventName === 'string' && eventName.toLowerCase() === APPROVAL_EVENT;
  return isApproval ? 'approver' : access;
}

async function decided(
  principal: Caller | undefined,
  role: Role,
  endpoint: Endpoint,
  req: Request,
  { records }: ProvenCallersOptions,
): Promise<Decision> {
  if (principal?.containers === undefined) return decide(principal, { role });
  const { containers: _, ...anywhere } = principal;
  const byRole = decide(anywhere, { role });
  if (byRole.kind !== 'allowed') return byRole; // I2
  const container = await concernedContainer(endpoint, req, records);
  if (container === undefined && isShownInPart(endpoint)) return byRole; // I3
  const decision = decide(principal, { role, ...defined({ container }) });
  if (decision.kind !== 'allowed') return decision;
  const replaced = await replacedContainer(endpoint, req, records);
  return replaced === undefined ? decision : decide(principal, { role, container: replaced });
}

function refusalOf(decision: Decision, recognition: Recognition): RequestError {
  if (decision.kind === 'forbidden') return new RequestError('forbidden', decision.reason);
  const isWrong = recognition.kind === 'refused';
  const challenge = `Bearer realm="contactsheet"${isWrong ? ', error="invalid_token"' : ''}`;
  const detail = isWrong ? recognition.reason : 'This needs to know who asks, and no key or token was sent.';
  return new RequestError('unauthorized', detail, { headers: { 'WWW-Authenticate': challenge } });
}

function tooManyAttempts(waitMs: number): RequestError {
  const seconds = Math.ceil(waitMs / 1_000);
  const headers = { 'Retry-After': String(seconds) };
  return new RequestError('too-many-attempts', `Wait for ${seconds} s.`, { headers });
}

function isProbe({ tags: [tag] }: Endpoint): boolean {
  return tag === 'Health';
}

function isDurable({ path }: Endpoint): boolean {
  return path.startsWith(DURABLE_TASK_BASE);
}

type Verdict = TokenVerdict | 'none';

function codeIn({ link }: Endpoint, req: Request, tokens: LinkTokens): Verdict {
  const { instanceId } = req.params;
  const runId = link !== undefined && typeof instanceId === 'string' ? instanceId : undefined;
  return tokens.check(parameter(req, 'code'), runId, link ?? 'operator');
}

/** @throws RequestError unauthorized, link-forbidden */
function refuseWithout(verdict: Verdict): void {
  if (verdict === 'wrong') throw new RequestError('unauthorized', 'The code is missing, wrong or expired.');
  if (verdict === 'other') throw new RequestError('link-forbidden', 'The code is for another run or another verb.');
}

const WHO_HEADER = 'x-contactsheet-user';
const WHO = /^[\x20-\x7e]{1,128}$/;

/** For the audit trail; nothing is decided by it. */
function claimedName(req: Request): string {
  const who = req.get(WHO_HEADER)?.trim();
  return who !== undefined && WHO.test(who) ? (principalName(who) ?? 'api') : 'api';
}
