import type { Readable } from 'node:stream';
import axios, { type AxiosInstance, type AxiosResponse, isAxiosError, isCancel } from 'axios';
import { EXIT } from '../exit-codes';
import { Failure, Interrupted } from '../failure';
import { isRecord } from '../text/plain';
import { Refused, refusalOf, Unreachable } from './failures';
import type { Page } from './shapes';

/**
 * The API over HTTP.
 *
 * I1 What may have had an effect is never sent twice: a POST is tried again only when the connection was refused.
 * I2 Every request ends: in time, by Ctrl-C, or with a Failure that has an exit code.
 * I3 Ctrl-C does not cut a request that has an effect: its answer says what became of it.
 */
export interface ApiClientOptions {
  /** `http://localhost:8080` */
  readonly address: string;
  readonly userAgent: string;
  /** Who stands in the audit trail; nothing is decided by it. */
  readonly user?: string | undefined;
  readonly interrupted: AbortSignal;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly body?: unknown;
  readonly timeoutMs?: number;
  /** What is asked for, in words, for a server that does not know it. */
  readonly what: string;
  /** How often it is tried again. Default 2. */
  readonly retries?: number;
  /** Statuses besides 2xx that are an answer. */
  readonly accept?: readonly number[];
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  header(name: string): string | undefined;
}

export interface ApiClient {
  readonly address: string;
  ask<T>(path: string, ask: Ask): Promise<Answer<T>>;
  /** The body of the answer alone. */
  get<T>(path: string, ask: Ask): Promise<T>;
  /** Page by page, as nextLink leads. */
  pages<T>(path: string, ask: Ask): AsyncGenerator<Page<T>>;
  stream(path: string, ask: Ask & { readonly mediaType: string }): Promise<Readable>;
}

const TIMEOUT_MS = 30_000;
/** An answer larger than this is no answer of the API. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const PAUSES_MS = [250, 1_000];

export function createApiClient(options: ApiClientOptions): ApiClient {
  const http = createHttp(options);

  async function send(path: string, ask: Ask, more: Sending): Promise<AxiosResponse<unknown>> {
    const { retries = PAUSES_MS.length } = ask;
    for (let attempt = 0; ; attempt++) {
      try {
        return await sendOnce(http, path, ask, more, options);
      } catch (error) {
        if (attempt >= retries || !mayTryAgain(error, ask)) throw error;
      }
      await options.sleep(PAUSES_MS[attempt] ?? 1_000, options.interrupted);
      if (options.interrupted.aborted) throw new Interrupted();
    }
  }

  const client: ApiClient = {
    address: options.address,
    async ask<T>(path: string, ask: Ask) {
      const response = await send(path, ask, { mediaType: 'application/json' });
      const body = parsed(response.data);
      if (!isRecord(body) && response.status !== 204) throw strange(options.address);
      return { status: response.status, body: body as T, header: (name: string) => headerOf(response, name) };
    },
    async get<T>(path: string, ask: Ask) {
      return (await client.ask<T>(path, ask)).body;
    },
    async *pages<T>(path: string, ask: Ask) {
      for (let next: string | undefined = path, asked = ask; next !== undefined; ) {
        const page: Page<T> = await client.get<Page<T>>(next, asked);
        if (!Array.isArray(page.value)) throw strange(options.address);
        yield page;
        next = page.nextLink === undefined ? undefined : pathOf(page.nextLink);
        asked = { ...ask, query: {} }; // nextLink carries every parameter
      }
    },
    async stream(path, ask) {
      const response = await send(path, ask, { mediaType: ask.mediaType, isStream: true });
      return response.data as Readable;
    },
  };
  return client;
}

/** Where nextLink leads, at the address that is known to be reachable: the server may know itself under another name. */
export function pathOf(link: string): string {
  const { pathname, search } = new URL(link, 'http://localhost');
  return `${pathname.slice(Math.max(0, pathname.indexOf('/api/')))}${search}`;
}

interface Sending {
  readonly mediaType: string;
  readonly isStream?: boolean;
}

/** What the API takes as a name. */
const USER = /^[\x20-\x7e]{1,128}$/;

function createHttp({ address, userAgent, user }: ApiClientOptions): AxiosInstance {
  const { hostname } = new URL(address);
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return axios.create({
    baseURL: address,
    headers: { 'User-Agent': userAgent, ...(user !== undefined && USER.test(user) && { 'X-Contactsheet-User': user }) },
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER_BYTES,
    validateStatus: () => true,
    transformResponse: (data: unknown) => data,
    // A proxy of the environment has no business with this very machine.
    ...(isLoopback && { proxy: false as const }),
  });
}

async function sendOnce(
  http: AxiosInstance,
  path: string,
  ask: Ask,
  { mediaType, isStream = false }: Sending,
  { address, interrupted }: ApiClientOptions,
): Promise<AxiosResponse<unknown>> {
  const { method = 'GET', query = {}, body, timeoutMs = TIMEOUT_MS, what, accept = [] } = ask;
  const response = await http
    .request<unknown>({
      url: path,
      method,
      params: parametersOf(query),
      ...(body !== undefined && { data: JSON.stringify(body) }),
      headers: { Accept: mediaType, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      timeout: timeoutMs,
      responseType: isStream ? 'stream' : 'text',
      ...(method === 'GET' && { signal: interrupted }), // I3
    })
    .catch((error: unknown) => {
      throw unreachable(error, address, timeoutMs);
    });
  if ((response.status >= 200 && response.status < 300) || accept.includes(response.status)) return response;
  const text = isStream ? await textOf(response.data as Readable) : response.data;
  throw refusalOf(response.status, parsed(text), what, headerOf(response, 'retry-after'));
}

function parametersOf(query: NonNullable<Ask['query']>): URLSearchParams {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [key, String(one)]),
  );
  return new URLSearchParams(pairs);
}

// I1
function mayTryAgain(error: unknown, { method = 'GET' }: Ask): boolean {
  if (error instanceof Unreachable) return error.isBeforeSend || method === 'GET';
  return error instanceof Refused && method === 'GET' && [502, 503, 504].includes(error.status);
}

// I2
function unreachable(error: unknown, address: string, timeoutMs: number): Failure {
  if (isCancel(error)) return new Interrupted();
  const code = isAxiosError(error) ? (error.code ?? codeOf(error.cause)) : codeOf(error);
  const cure = 'cure: Start it with `npm start`, or name its address with --address or CONTACTSHEET_ADDRESS.';
  switch (code) {
    case 'ECONNABORTED':
    case 'ETIMEDOUT':
      return new Unreachable(`${address} did not answer within ${timeoutMs / 1000} s`, [], false, error);
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Unreachable(`nothing answers at ${address} (${code})`, [cure], true, error);
    default:
      return new Unreachable(`the connection to ${address} broke (${code ?? String(error)})`, [], false, error);
  }
}

function codeOf(error: unknown): string | undefined {
  return isRecord(error) && typeof error.code === 'string' ? error.code : undefined;
}

function strange(address: string): Failure {
  return new Failure(EXIT.unexpected, `${address} does not answer as Contactsheet does`, [
    'cure: Is it the right address? Name it with --address or CONTACTSHEET_ADDRESS.',
  ]);
}

function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString();
}

function headerOf(response: AxiosResponse<unknown>, name: string): string | undefined {
  const value: unknown = response.headers[name.toLowerCase()];
  return typeof value === 'string' ? value : undefined;
}
