import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { AnalyzeCalls, send } from './analyze-calls';
import { CallBook } from './call-book';
import { createCallRate } from './call-rate';
import { FaultList } from './fault';
import { notFound } from './service-answer';
import { DevRoutes } from './dev-routes';

/**
 * A stand-in for Azure AI Vision behind its real HTTP contract, so that the product runs unchanged without an account.
 *
 * What it does: both analyze URLs, key check, limits, the service's own error bodies, a call rate with Retry-After, and
 * true facts measured from the pixels (size, format, colours, black and white, drawn or photographed, bright, dark,
 * blurry). What it never does: faces, objects, scenes, brands, landmarks, text, adult scores, other languages than
 * English, fetching by URL, multipart bodies, pictures whose decoding takes more than 800 MB at once.
 */
export interface LocalVisionOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly key: string;
  /** `10/s`, `20/min` or `unlimited`, the default. */
  readonly rate?: string;
  /** An answer takes at least so long. Default 0. */
  readonly latencyMs?: number;
  /** Certificate and its key, PEM: the server then speaks https, as a client of another machine asks for. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How long a caller may take to send the head of a request, and the whole of it. Defaults 15 s and 60 s. */
  readonly headersTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  /** Told of unexpected errors; nothing is said per call. */
  readonly log?: (line: string) => void;
}

export interface LocalVision {
  readonly endpoint: string;
  readonly port: number;
  /** Drops what is in flight. */
  close(): Promise<void>;
}

/** Above what clients keep idle sockets for, so that it is never the server that closes one just being used. */
const KEEP_ALIVE_MS = 120_000;

const HEADERS_TIMEOUT_MS = 15_000;
/** 20 MB at 3 Mbit/s. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Node looks every 30 s by itself, and a deadline of 15 s would be one of 45. */
const DEADLINE_CHECK_MS = 500;

/** Throws a RangeError for an unreadable rate; rejects when the port is taken. */
export async function startLocalVision(options: LocalVisionOptions): Promise<LocalVision> {
  const host = options.host ?? '127.0.0.1';
  const pace = { rate: createCallRate(options.rate ?? 'unlimited'), latencyMs: options.latencyMs ?? 0 };
  const book = new CallBook();
  const faults = new FaultList();
  const calls = new AnalyzeCalls(options.key, pace, book, faults);
  const devRoutes = new DevRoutes(pace, book, faults, host);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://local');
    if (await devRoutes.answer(request, response, url)) return;
    if (request.method === 'POST') return calls.answer(request, response, url);
    request.resume();
    send(response, notFound);
  }

  const serverOptions = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
    headersTimeout: options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS,
    requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: DEADLINE_CHECK_MS,
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response).catch((error: unknown) => {
      options.log?.(`local Vision failed to answer: ${error instanceof Error ? error.message : String(error)}`);
      if (response.headersSent) response.destroy();
      else
        send(response, { status: 500, body: { error: { code: 'InternalServerError', message: 'Internal error.' } } });
    });
  };
  const { tls } = options;
  const server = tls ? createTlsServer({ ...serverOptions, ...tls }, listener) : createServer(serverOptions, listener);
  const port = await listen(server, options.port, host);
  return {
    endpoint: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: ReturnType<typeof createServer>, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
