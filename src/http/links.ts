import type { Request } from 'express';
import type { Endpoint } from '../contract/endpoint';
import { ENDPOINTS } from '../contract/endpoints';
import type { LinkVerb } from '../contract/link-verb';
import { pathOf, templateOf, UnaskableName } from '../contract/path';
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
 * I3 An image whose name no URL can carry (`..`) is linked by the list that it stands in.
 */

export interface LinkOptions {
  /**
   * Address under which callers reach the public listener, without a slash at the end. A function where it is known only
   * after listening. Absent: the Host header of each request.
   */
  readonly publicUrl?: string | (() => string);
  /** Absent: management links carry no code, and none is asked for. */
  readonly tokens?: LinkTokens;
  /** Callers are known: each gets codes only for what its role may do. Default: everybody gets all of them. */
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
  const to = (endpoint: Endpoint, reason = '') => {
    const code = codeFor(id, endpoint.link ?? 'operator');
    return `${base}${templateOf(endpoint, { instanceId: id })}?${reason}${HUB}${code === undefined ? '' : `&code=${code}`}`;
  };
  const reason = 'reason={text}&';
  return {
    id,
    statusQueryGetUri: to(ENDPOINTS.getInstance),
    sendEventPostUri: to(ENDPOINTS.raiseEvent),
    terminatePostUri: to(ENDPOINTS.terminateInstance, reason),
    rewindPostUri: to(ENDPOINTS.rewindInstance, reason),
    purgeHistoryDeleteUri: to(ENDPOINTS.purgeInstance),
    restartPostUri: to(ENDPOINTS.restartInstance),
    suspendPostUri: to(ENDPOINTS.suspendInstance, reason),
    resumePostUri: to(ENDPOINTS.resumeInstance, reason),
  };
}

/** Clients put more parameters behind the ones of a link, so each link has some. Nothing is decided by these two. */
const HUB = 'taskHub=contactsheet&connection=Storage';

export function createLinks({ publicUrl, tokens, knowsCallers = false }: LinkOptions): LinkBuilder {
  return {
    for(req) {
      const base = baseOf(req, publicUrl);
      const codeFor: CodeFor = (id, verb) => {
        const isGiven = !knowsCallers || covers(callerOf(req)?.roles ?? [], roleOfLink(verb));
        return isGiven ? tokens?.issue(id, verb) : undefined;
      };
      const to = (endpoint: Endpoint, params = {}) => `${base}${pathOf(endpoint, params)}`;
      return {
        self: () => `${base}${req.originalUrl}`,
        withQuery: (path, query) => `${base}${path}?${query.toString()}`,
        run: (id) => to(ENDPOINTS.getRun, { id }),
        runPart: (id, part) => to(RUN_PARTS[part], { id }),
        runs: (container) => `${to(ENDPOINTS.listRuns)}?${new URLSearchParams({ container })}`,
        container: (container) => to(ENDPOINTS.getContainer, { container }),
        images: (container) => to(ENDPOINTS.listImages, { container }),
        image: (container, blob) => toBlob(to, ENDPOINTS.getImage, { container, blob }),
        imageHistory: (container, blob) => toBlob(to, ENDPOINTS.getImageHistory, { container, blob }),
        operation: (id) => to(ENDPOINTS.getOperation, { id }),
        watch: (container) => to(ENDPOINTS.getWatch, { container }),
        activity: (container) => to(ENDPOINTS.listActivity, { container }),
        durableStatus: (instanceId) => {
          const code = codeFor(instanceId, 'status');
          return `${to(ENDPOINTS.getInstance, { instanceId })}${code === undefined ? '' : `?code=${code}`}`;
        },
        management: (id) => managementLinks(base, id, codeFor),
      };
    },
  };
}

const RUN_PARTS = {
  images: ENDPOINTS.listRunImages,
  steps: ENDPOINTS.listRunSteps,
  report: ENDPOINTS.getRunReport,
  receipt: ENDPOINTS.getReceipt,
  audit: ENDPOINTS.getAudit,
} as const satisfies Record<RunPart, Endpoint>;

// I3
function toBlob(
  to: (endpoint: Endpoint, params: object) => string,
  endpoint: Endpoint,
  params: { readonly container: string; readonly blob: string },
): string {
  try {
    return to(endpoint, params);
  } catch (error) {
    if (!(error instanceof UnaskableName)) throw error;
    return to(ENDPOINTS.listImages, params);
  }
}

function baseOf(req: Request, publicUrl: LinkOptions['publicUrl']): string {
  if (publicUrl !== undefined) return (typeof publicUrl === 'function' ? publicUrl() : publicUrl).replace(/\/+$/, '');
  return `${req.protocol}://${checkedHost(req.get('host') ?? 'localhost')}`;
}

// I2
function checkedHost(host: string): string {
  if (!HOST.test(host)) throw new RequestError('invalid-request', 'The Host header is not a host name with a port.');
  return host;
}
