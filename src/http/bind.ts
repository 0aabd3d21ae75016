import type { IRouter, Request, RequestHandler, Response } from 'express';
import { DURABLE_TASK_BASE } from '../contract/durable-task';
import { type AnswerOf, type Asked, type Endpoint, hasEffect, type Method } from '../contract/endpoint';
import { ENDPOINTS } from '../contract/endpoints';
import { deleteEntity } from '../contract/endpoints/durable';
import { isWithin } from '../domain/access/decision';
import type { Caller } from '../domain/caller';
import type { Authorize } from './authorize';
import type { Continuations } from './continuation';
import { bodyOrEmpty, bodyOrNothing } from './json-body';
import type { LinkBuilder, Links } from './links';
import { type Pages, pagesFor } from './paging';
import { forgivingQuery } from './query';
import { RequestError } from './request-error';
import { handle } from './handle';
import { sendStream } from './stream';
import { noQuery, parsePart } from './validation';

/**
 * Endpoints of the contract as routes of Express.
 *
 * I1 In this order: may the caller ask, then path, query and body as their schemas read them, then the handler.
 * I2 Every other verb of a path answers 405 with Allow. Below DURABLE_TASK_BASE it goes on to the 404 of that contract.
 * I3 A GET with an effect is never answered to HEAD.
 * I4 A path that ends in a verb comes first: `/runs/{id}` would take `7:pause` for an id.
 */

/** Everything that is served. `deleteEntity` is always refused, so that no description tells of it. */
const SERVED = { ...ENDPOINTS, deleteEntity } as const;
type Served = typeof SERVED;

/** Answers one endpoint. The compiler refuses a status or a shape that the endpoint does not have. */
export type Handler<Id extends keyof Served> = (
  asked: Asked<Served[Id]> & Around,
) => AnswerOf<Served[Id]> | Promise<AnswerOf<Served[Id]>>;

export type Handlers = { readonly [Id in keyof Served]: Handler<Id> };

/** What a handler knows besides the request's own parts. */
export interface Around {
  readonly caller: Caller;
  /** Addresses for the answer. Take it before the work: reading it refuses a Host header that is none. */
  readonly links: Links;
  readonly pages: Pages;
  readonly continuations: Continuations;
  /** May this caller see what concerns the container? */
  isShown(of: { readonly container: string }): boolean;
  header(name: string): string | undefined;
  /** The one of these media types that the caller likes best. */
  accepts(types: readonly string[]): string | undefined;
}

export interface Shell {
  readonly authorize: Authorize;
  readonly links: LinkBuilder;
  readonly continuations: Continuations;
}

/** Registers the endpoints that have a handler here, whatever their order. */
export function bind(router: Pick<IRouter, 'route'>, handlers: Partial<Handlers>, shell: Shell): void {
  const bound = Object.entries(handlers).map(([id, handler]): Bound => {
    const endpoint: Endpoint = SERVED[id as keyof Served];
    return { endpoint, answer: answering(endpoint, handler as unknown as AnyHandler, shell) };
  });
  const paths = [...new Set(bound.map(({ endpoint }) => endpoint.path))];
  const hasVerb = (path: string) => Number(path.includes(':'));
  for (const path of paths.sort((a, b) => hasVerb(b) - hasVerb(a))) {
    register(
      router,
      path,
      bound.filter(({ endpoint }) => endpoint.path === path),
    );
  }
}

interface Bound {
  readonly endpoint: Endpoint;
  readonly answer: RequestHandler;
}

/** In the order in which Allow names them. */
const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'DELETE'];

function register(router: Pick<IRouter, 'route'>, path: string, bound: readonly Bound[]): void {
  const byMethod = new Map(bound.map((one) => [one.endpoint.method, one]));
  const isSafe = (method: Method) => {
    const endpoint = byMethod.get(method)?.endpoint;
    return endpoint !== undefined && !hasEffect(endpoint);
  };
  const methods = METHODS.filter((method) => byMethod.has(method));
  const refuse = refuseVerb([...methods, ...(methods.some(isSafe) ? ['HEAD'] : [])].join(', '));
  const route = router.route(inExpress(path));
  if (methods.includes('GET') && !isSafe('GET')) route.head(refuse); // I3: Express would answer it with GET
  for (const { endpoint, answer } of bound) {
    const verb = endpoint.method.toLowerCase() as Lowercase<Method>;
    route[verb](answer);
  }
  if (!path.startsWith(DURABLE_TASK_BASE)) route.all(refuse); // I2
}

function refuseVerb(allow: string): RequestHandler {
  return (req, _res, next) => {
    const detail = `${req.method} is not one of ${allow}.`;
    next(new RequestError('method-not-allowed', detail, { headers: { Allow: allow } }));
  };
}

function inExpress(path: string): string {
  return path.replaceAll(':', '\\:').replace(/\{(\w+)\}/g, ':$1');
}

interface AnyAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly mediaType?: string;
  readonly pieces?: AsyncIterable<string>;
}
type AnyHandler = (asked: Around & { readonly [Part in keyof Asked<Endpoint>]: unknown }) => Promise<AnyAnswer>;

function answering(
  endpoint: Endpoint,
  handler: AnyHandler,
  { authorize, links, continuations }: Shell,
): RequestHandler {
  return handle(async (req, res) => {
    const caller = await authorize(endpoint, req); // I1
    const params = endpoint.params ? parsePart(endpoint.params, 'path', req.params) : {};
    const query = queryOf(endpoint, req);
    const body = bodyOf(endpoint, req);
    const answer = await handler({
      ...{ params, query, body, caller, continuations, pages: pagesFor(req, links, continuations) },
      isShown: ({ container }) => isWithin(caller, container),
      get links() {
        return links.for(req);
      },
      header: (name) => req.get(name),
      accepts: (types) => req.accepts([...types]) || undefined,
    });
    await send(req, res, answer);
  });
}

function queryOf({ query, tags: [tag] }: Endpoint, req: Request): unknown {
  if (!query) return noQuery(req.query);
  return parsePart(query, 'query', tag === 'Durable Functions' ? forgivingQuery(req, query) : req.query);
}

function bodyOf({ body, path }: Endpoint, req: Request): unknown {
  if (!body) return {};
  return parsePart(body, 'body', path.startsWith(DURABLE_TASK_BASE) ? bodyOrNothing(req) : bodyOrEmpty(req));
}

async function send(req: Request, res: Response, answer: AnyAnswer): Promise<void> {
  const { status, headers = {}, body, mediaType, pieces } = answer;
  res.status(status).set(headers);
  if (mediaType !== undefined && pieces) await sendStream(req, res.type(mediaType), pieces);
  else if (body === undefined) res.end();
  else res.json(body);
}
