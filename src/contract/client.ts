import type { AskOf, Endpoint, HeardHeaders, HeardOf } from './endpoint';
import { ENDPOINTS, type Endpoints } from './endpoints';
import { pathOf } from './path';
import type { ProblemBody } from './schemas/problem';

/**
 * The API as an object: one method for each operation, named by its id.
 *
 *     const { status, body } = await client.startRun({ params: { container } });
 *
 * I1 It has no path, verb or shape of its own: it reads all of them from the endpoints.
 * I2 What is answered is not checked again. A field that this version does not know is there all the same.
 * I3 A link of an answer is followed at the address of this client: the server may know itself under another name.
 */
export type Client<Call = undefined> = Methods<Call> & Paging<Call>;

/** `Call`: what the transport wants to know of a single request, such as how long it may take. */
type Methods<Call> = { readonly [Id in keyof Endpoints]: Method<Endpoints[Id], Call> };

/**
 * One operation: says what the endpoint takes, hears one of its answers.
 * @throws Refusal for a refusal that the endpoint does not declare
 */
export type Method<E extends Endpoint, Call = undefined> = (
  ...said: Said<AskOf<E> & Accepting, Call>
) => Promise<HeardOf<E>>;

type Said<Ask, Call> = undefined extends Call
  ? Readonly<Record<never, never>> extends Ask
    ? [ask?: Ask, call?: Call]
    : [ask: Ask, call?: Call]
  : [ask: Ask, call: Call];

/** Which media type of a stream is wanted. Default: the first that it has. */
export interface Accepting {
  readonly accept?: string;
}

/** A list in pages. */
export interface Page<Item = unknown> {
  readonly value: readonly Item[];
  readonly nextLink?: string | undefined;
}

/** Lists: what answers 200 with a page. */
export type ListId = {
  [Id in keyof Endpoints]: BodyOf<Endpoints[Id]> extends Page ? Id : never;
}[keyof Endpoints];

/** The body of the answer 200. */
export type BodyOf<E extends Endpoint> = Extract<HeardOf<E>, { readonly status: 200 }>['body'];

/** Ways through lists and links. */
export interface Paging<Call> {
  /** Page by page, as nextLink leads. @throws Refusal */
  pages<Id extends ListId>(
    id: Id,
    ...said: Said<AskOf<Endpoints[Id]>, Call>
  ): AsyncGenerator<BodyOf<Endpoints[Id]>, void, undefined>;
  /** Asks again where an answer pointed to: `Operation-Location`, `nextLink`, a link. */
  follow<Id extends keyof Endpoints>(
    id: Id,
    link: string,
    ...call: undefined extends Call ? [call?: Call] : [call: Call]
  ): Promise<HeardOf<Endpoints[Id]>>;
}

/** A request on its way to the transport. */
export interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The answer is read piece by piece. */
  readonly isStream: boolean;
}

/** As much of a `Response` of fetch as is read. */
export interface Incoming {
  readonly status: number;
  readonly headers: HeardHeaders;
  json(): Promise<unknown>;
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** `fetch` is one. */
export type Transport<Call = undefined> = (url: string, outgoing: Outgoing, call: Call) => Promise<Incoming>;

/** Where the API is, and how it is reached. */
export interface ClientOptions<Call> {
  /** `http://localhost:8080`, without a slash at the end. */
  readonly address: string;
  readonly transport: Transport<Call>;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface Asking extends Accepting {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** A client of the API. Without a transport it uses `fetch`. Nothing is sent before a method is called. */
export function createClient(
  options: Omit<ClientOptions<undefined>, 'transport'> & Partial<ClientOptions<undefined>>,
): Client;
export function createClient<Call>(options: ClientOptions<Call>): Client<Call>;
export function createClient<Call>({
  address,
  transport = (url, outgoing) => fetch(url, outgoing),
  headers = {},
}: Omit<ClientOptions<Call>, 'transport'> & Partial<ClientOptions<Call>>): Client<Call> {
  const send = async (one: Endpoint, place: string, { body, accept }: Asking, call: Call) => {
    const isStream = isStreamed(one);
    const outgoing: Outgoing = {
      method: one.method,
      headers: {
        ...headers,
        accept: accept ?? mediaTypeOf(one),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      isStream,
    };
    return heard(one, await transport(`${address}${place}`, outgoing, call));
  };
  const ask = (one: Endpoint, asking: Asking = {}, call: Call) =>
    send(one, `${pathOf(one, asking.params)}${searchOf(asking.query)}`, asking, call);
  const follow = (id: keyof Endpoints, link: string, call: Call) => send(ENDPOINTS[id], placeOf(link), {}, call);

  async function* pages(id: keyof Endpoints, asking: Asking | undefined, call: Call) {
    let page = taken(await ask(ENDPOINTS[id], asking, call)) as Page;
    yield page;
    while (page.nextLink !== undefined) {
      page = taken(await follow(id, page.nextLink, call)) as Page; // it carries every parameter
      yield page;
    }
  }

  const methods = Object.entries(ENDPOINTS).map(([id, one]) => [
    id,
    (asking: Asking | undefined, call: Call) => ask(one, asking, call),
  ]);
  return { ...Object.fromEntries(methods), pages, follow } as Client<Call>;
}

/** Path and query of a link, without what stands before the API in it. */
export function placeOf(link: string): string {
  const { pathname, search } = new URL(link, 'http://localhost');
  return `${pathname.slice(Math.max(0, pathname.indexOf('/api/')))}${search}`;
}

/** Says no: what a server answered instead of what was asked for. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** Absent where somebody else answered, such as a proxy. */
  readonly problem: ProblemBody | undefined;

  constructor(status: number, body: unknown) {
    const problem = isProblem(body) ? body : undefined;
    super(problem ? `${status} ${problem.code}: ${problem.detail}` : `The server answered ${status}.`);
    this.status = status;
    this.problem = problem;
  }
}

/** The body of an answer that is not a refusal. @throws Refusal */
export function taken<H extends { readonly status: number; readonly body: unknown }>({ status, body }: H): TakenOf<H> {
  if (status >= 400) throw new Refusal(status, body);
  return body as TakenOf<H>;
}

/** The body of an answer that is not a refusal. */
export type TakenOf<H extends { readonly status: number; readonly body: unknown }> = Extract<
  H,
  { readonly status: 200 | 202 | 204 }
>['body'];

/** JSON lines, one value each, as they arrive. The last one may lack its line end. */
export async function* jsonLines<T = unknown>(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<T, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as T;
  }
  rest += decoder.decode();
  if (rest !== '') yield JSON.parse(rest) as T;
}

/** @throws Refusal for a refusal that the endpoint does not declare; a newer server may have more ways to say yes */
async function heard(
  { answers }: Endpoint,
  answer: Incoming,
): Promise<{ status: number; headers: HeardHeaders; body: unknown }> {
  const { status, headers } = answer;
  const declared = answers[status];
  if (declared?.kind === 'stream' && !isJson(headers)) return { status, headers, body: answer.body ?? nothing() };
  const body = declared?.kind !== 'empty' && isJson(headers) ? await answer.json() : undefined;
  if (declared === undefined && (status < 200 || status >= 300)) throw new Refusal(status, body);
  return { status, headers, body };
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

function isJson(headers: HeardHeaders): boolean {
  return /^application\/([\w.-]+\+)?json\b/.test(headers.get('content-type') ?? '');
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}

function isStreamed({ answers }: Endpoint): boolean {
  return Object.values(answers).some((answer) => answer.kind === 'stream' && !('application/json' in answer.types));
}

/** What an answer is asked for as. */
function mediaTypeOf({ answers }: Endpoint): string {
  const streams = Object.values(answers).flatMap((answer) =>
    answer.kind === 'stream' ? Object.keys(answer.types) : [],
  );
  return streams[0] ?? 'application/json';
}

function searchOf(query: Asking['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [key, String(one)]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}
