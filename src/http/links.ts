import type { Request } from 'express';
import { DURABLE_TASK_BASE } from '../contract/durable-task';
import type { LinkVerb } from '../contract/link-verb';
import { covers } from '../domain/access/role';
import { callerOf } from './access/callers';
import { roleOfLink } from './access/link-roles';
import type { LinkTokens } from './link-tokens';
import { HOST } from './host-guard';
import { RequestError } from './request-error';

/**
 * Builds every address in an answer.
 *
 * I1 Links are absolute and lead to the public listener, whichever listener was asked.
 * I2 A Host header is used only when it is a plain host and port: it stands in links and in Location.
 */

export interface LinkOptions {
  /**
   * Address under which callers reach the public listener, without a slash at the end. A function where it is known only
   * after listening. Absent: the Host header of each request.
   */
  readonly publicUrl?: string | (() => string);
  /** Believe `x-forwarded-proto` and `x-forwarded-host`: only behind a proxy that sets them. Default false. */
  readonly trustForwarded?: boolean;
  /** Absent: management links carry no code, and none is asked for. */
  readonly tokens?: LinkTokens;
  /** Callers are known: each is given codes only for what its role may do. Default: whoever asks is given all of them. */
  readonly knowsCallers?: boolean;
}

export interface LinkBuilder {
  for(req: Request): Links;
}

export interface Links {
  /** The request's own path and query at the public address. */
  self(): string;
  withQuery(path: string, query: URLSearchParams): string;
  run(id: string): string;
  runPart(id: string, part: RunPart): string;
  runs(container: string): string;
  container(name: string): string;
  images(container: string): string;
  image(container: string, blob: string): string;
  imageHistory(container: string, blob: string): string;
  operation(id: string): string;
  watch(container: string): string;
  activity(container: string): string;
  durableStatus(id: string): string;
  /** Every management link of a run, as the starter of Durable Functions answers them. */
  management(id: string): ManagementLinks;
}

/** What a run has of its own, each behind its own address. */
export type RunPart = 'images' | 'steps' | 'report' | 'receipt' | 'audit';

/** Field order and the placeholders `{eventName}` and `{text}` are part of the contract: clients replace them. */
export interface ManagementLinks {
  readonly id: string;
  readonly statusQueryGetUri: string;
  readonly sendEventPostUri: string;
  readonly terminatePostUri: string;
  readonly rewindPostUri: string;
  readonly purgeHistoryDeleteUri: string;
  readonly restartPostUri: string;
  readonly suspendPostUri: string;
  readonly resumePostUri: string;
}

/** The code of one verb of one run; undefined where there is none, or none for this caller. */
type CodeFor = (id: string, verb: LinkVerb) => string | undefined;

function managementLinks(base: string, id: string, codeFor: CodeFor): ManagementLinks {
  const at = (verb: LinkVerb, path = '', reason = '') => {
    const issued = codeFor(id, verb);
    const code = issued === undefined ? '' : `&code=${issued}`;
    return `${base}${DURABLE_TASK_BASE}/instances/${encodeURIComponent(id)}${path}?${reason}${HUB}${code}`;
  };
  const reason = 'reason={text}&';
  return {
    id,
    statusQueryGetUri: at('status'),
    sendEventPostUri: at('raiseEvent', '/raiseEvent/{eventName}'),
    terminatePostUri: at('terminate', '/terminate', reason),
    rewindPostUri: at('rewind', '/rewind', reason),
    purgeHistoryDeleteUri: at('purge'),
    restartPostUri: at('restart', '/restart'),
    suspendPostUri: at('suspend', '/suspend', reason),
    resumePostUri: at('resume', '/resume', reason),
  };
}

/** Clients put more parameters behind the ones of a link, so each link has some. Nothing is decided by these two. */
const HUB = 'taskHub=contactsheet&connection=Storage';

export function createLinks({
  publicUrl,
  trustForwarded = false,
  tokens,
  knowsCallers = false,
}: LinkOptions): LinkBuilder {
  return {
    for(req) {
      const base = baseOf(req, publicUrl, trustForwarded);
      const codeFor: CodeFor = (id, verb) => {
        const isGiven = !knowsCallers || covers(callerOf(req)?.roles ?? [], roleOfLink(verb));
        return isGiven ? tokens?.issue(id, verb) : undefined;
      };
      const container = (name: string) => `${base}/api/v1/containers/${encodeURIComponent(name)}`;
      return {
        self: () => `${base}${req.originalUrl}`,
        withQuery: (path, query) => `${base}${path}?${query.toString()}`,
        run: (id) => `${base}/api/v1/runs/${encodeURIComponent(id)}`,
        runPart: (id, part) => `${base}/api/v1/runs/${encodeURIComponent(id)}/${part}`,
        runs: (name) => `${base}/api/v1/runs?container=${encodeURIComponent(name)}`,
        container,
        images: (name) => `${container(name)}/images`,
        image: (name, blob) => `${container(name)}/images/${encodeURIComponent(blob)}`,
        imageHistory: (name, blob) => `${container(name)}/images/${encodeURIComponent(blob)}/history`,
        operation: (id) => `${base}/api/v1/operations/${encodeURIComponent(id)}`,
        watch: (name) => `${container(name)}/watch`,
        activity: (name) => `${container(name)}/activity`,
        durableStatus: (id) => {
          const path = `${base}${DURABLE_TASK_BASE}/instances/${encodeURIComponent(id)}`;
          const code = codeFor(id, 'status');
          return code === undefined ? path : `${path}?code=${code}`;
        },
        management: (id) => managementLinks(base, id, codeFor),
      };
    },
  };
}

function baseOf(req: Request, publicUrl: LinkOptions['publicUrl'], trustForwarded: boolean): string {
  if (publicUrl !== undefined) return (typeof publicUrl === 'function' ? publicUrl() : publicUrl).replace(/\/+$/, '');
  const forwarded = (name: string) => (trustForwarded ? req.get(name)?.split(',', 1)[0]?.trim() : undefined);
  const protocol = forwarded('x-forwarded-proto') === 'https' ? 'https' : req.protocol;
  return `${protocol}://${checkedHost(forwarded('x-forwarded-host') ?? req.get('host') ?? 'localhost')}`;
}

// I2
function checkedHost(host: string): string {
  if (!HOST.test(host)) throw new RequestError('invalid-request', 'The Host header is not a host name with a port.');
  return host;
}
