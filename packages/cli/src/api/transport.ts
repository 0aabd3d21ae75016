import type { Readable } from 'node:stream';
import axios, { type AxiosInstance, type AxiosResponse, isAxiosError, isCancel } from 'axios';
import { defined, type Incoming, type Outgoing } from 'contactsheet/contract';
import { EXIT } from '../exit-codes';
import { Failure, Interrupted } from '../failure';
import { isRecord } from '../text/plain';
import { Refused, refusalOf, Unreachable } from './failures';

/**
 * Requests over HTTP, for the client of the contract.
 *
 * I1 What may have had an effect is never sent twice: a POST is tried again only when the connection was refused.
 * I2 Every request ends: in time, by Ctrl-C, or with a Failure that has an exit code.
 * I3 Ctrl-C does not cut a request that has an effect: its answer says what became of it.
 * I4 What comes back is an answer: a refusal is thrown as a sentence, and what is no JSON object is not ours.
 */
export interface TransportOptions {
  /** `http://localhost:8080` */
  readonly address: string;
  readonly userAgent: string;
  /** Who stands in the audit trail; nothing is decided by it. */
  readonly user?: string | undefined;
  /** A key or a token that proves who asks, now: a token ends. It goes to this address alone. */
  key(): Promise<string | undefined>;
  readonly interrupted: AbortSignal;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What is said of a single request. */
export interface Call {
  /** What is asked for, in words, for a server that does not know it. */
  readonly what: string;
  /** Default 30 s. */
  readonly timeoutMs?: number;
  /** How often it is tried again. Default 2. */
  readonly retries?: number;
  /** Statuses besides 2xx that are an answer. */
  readonly accept?: readonly number[];
  /** Everybody may ask it: no key is shown, and a login that has ended does not matter. */
  readonly isPublic?: boolean;
}

const TIMEOUT_MS = 30_000;
/** An answer larger than this is no answer of the API. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const PAUSES_MS = [250, 1_000];

export type Send = (url: string, outgoing: Outgoing, call: Call) => Promise<Incoming>;

export function createTransport(options: TransportOptions): Send {
  const http = createHttp(options);
  return async (url, outgoing, call) => {
    const { retries = PAUSES_MS.length } = call;
    for (let attempt = 0; ; attempt++) {
      try {
        return incoming(await sendOnce(http, url, outgoing, call, options), outgoing, options.address);
      } catch (error) {
        if (attempt >= retries || !mayTryAgain(error, outgoing)) throw error;
      }
      await options.sleep(PAUSES_MS[attempt] ?? 1_000, options.interrupted);
      if (options.interrupted.aborted) throw new Interrupted();
    }
  };
}

/** What the API takes as a name. */
const USER = /^[\x20-\x7e]{1,128}$/;

function createHttp({ address, userAgent, user }: TransportOptions): AxiosInstance {
  const { hostname } = new URL(address);
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return axios.create({
    headers: {
      'User-Agent': userAgent,
      ...(user !== undefined && USER.test(user) && { 'X-Contactsheet-User': user }),
    },
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
  url: string,
  { method, headers, body, isStream }: Outgoing,
  { timeoutMs = TIMEOUT_MS, what, accept = [], isPublic = false }: Call,
  { address, interrupted, key: currentKey }: TransportOptions,
): Promise<AxiosResponse<unknown>> {
  const key = isPublic ? undefined : await currentKey();
  const response = await http
    .request<unknown>({
      url,
      method,
      headers: { ...headers, ...(key !== undefined && { Authorization: `Bearer ${key}` }) },
      ...defined({ data: body }),
      timeout: timeoutMs,
      responseType: isStream ? 'stream' : 'text',
      ...(method === 'GET' && { signal: interrupted }), // I3
    })
    .catch((error: unknown) => {
      throw unreachable(error, address, timeoutMs);
    });
  if ((response.status >= 200 && response.status < 300) || accept.includes(response.status)) return response;
  const text = isStream ? await textOf(response.data as Readable) : response.data;
  throw refusalOf(response.status, parsed(text), what, headerOf(response, 'retry-after')); // I4
}

/** I4 @throws Failure when it is none of ours */
function incoming(response: AxiosResponse<unknown>, { isStream }: Outgoing, address: string): Incoming {
  const { status, data } = response;
  const headers = { get: (name: string) => headerOf(response, name) ?? null };
  if (isStream) return { status, headers, json: () => Promise.reject(strange(address)), body: data as Readable };
  const body = parsed(data);
  if (!isRecord(body) && status !== 204) throw strange(address);
  return { status, headers, json: () => Promise.resolve(body), body: null };
}

// I1
function mayTryAgain(error: unknown, { method }: Outgoing): boolean {
  if (error instanceof Unreachable) return error.isBeforeSend || method === 'GET';
  return error instanceof Refused && method === 'GET' && [502, 503, 504].includes(error.status);
}

// I2
function unreachable(error: unknown, address: string, timeoutMs: number): Failure {
  if (isCancel(error)) return new Interrupted();
  const code = isAxiosError(error) ? (error.code ?? codeOf(error.cause)) : codeOf(error);
  const cure = 'cure: Start it with `npm start`, or set its address with --address or CONTACTSHEET_ADDRESS.';
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

/** What answers at the address is something else. */
export function strange(address: string): Failure {
  return new Failure(EXIT.unexpected, `${address} does not answer like a Contactsheet server`, [
    'cure: Check the address. Set it with --address or CONTACTSHEET_ADDRESS.',
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
