/**
 * The Cosmos development server: the REST protocol of Azure Cosmos DB for NoSQL over one SQLite file.
 *
 * It owns the listener, the order of checks (health, administration, throttling, key, route) and the form of every answer.
 * It is not Cosmos DB: see `banner` and docs/cosmos-development-server.md.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { authorize, decodeKey } from './authorization';
import { BatchBook } from './batch-book';
import { guardControl } from './control-guard';
import { Faults, type ThrottleFault } from './faults';
import { CosmosError, HEADERS } from './protocol';
import { CosmosRequest, parseBody, readBody } from './request';
import { type Answer, route } from './routes';
import { isObject } from './sql/values';
import { Store } from './store';

export interface CosmosServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 = a free one. */
  readonly port: number;
  /** Path of the SQLite file; created with its folder when missing. */
  readonly file: string;
  /** Master key, base64. */
  readonly key: string;
  readonly log?: (line: string) => void;
  /** Certificate and its key, PEM: the server then speaks https, as a client of another machine asks for. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Refuses the first requests with 429, as `POST /_dev/faults` does later. */
  readonly throttle?: ThrottleFault;
  readonly deadlines?: Deadlines;
  /** RU/s that all databases and containers may have together, as an account of the free tier has 1,000. Default: any. */
  readonly throughputLimit?: number | undefined;
}

/** How long a client may take over its request, in milliseconds; later it is answered 408 and its connection closes. */
export interface Deadlines {
  /** Until the last header. */
  readonly headersMs: number;
  /** Until the end of the body. */
  readonly requestMs: number;
}

const DEADLINES: Deadlines = { headersMs: 15_000, requestMs: 30_000 };
/** How late a passed deadline may be seen: Node looks every 30 s by itself. */
const DEADLINE_CHECK_MS = 500;

export interface CosmosServer {
  readonly endpoint: string;
  readonly port: number;
  /** Finishes what is being written, closes every connection and the file. */
  close(): Promise<void>;
}

/** Expired documents are invisible at once; their rows go within this time. */
const PURGE_INTERVAL_MS = 30_000;

export const banner: readonly string[] = [
  'Cosmos development server: speaks the Cosmos DB REST protocol over one SQLite file, for development and tests.',
  'It is not Azure Cosmos DB: no replication, no request units, no real partitions, a subset of queries; a power cut may lose the last writes.',
  'Anything outside the subset is refused with 400 and its name. Never expose it to a network.',
];

/** @throws Error when the key is no base64, the port is taken or the file cannot be opened. */
export async function startCosmosServer(options: CosmosServerOptions): Promise<CosmosServer> {
  const key = decodeKey(options.key);
  const host = options.host ?? '127.0.0.1';
  const log = options.log ?? (() => {});
  const store = new Store(options.file);
  const faults = new Faults();
  const batches = new BatchBook();
  if (options.throttle !== undefined) faults.arm(options.throttle);
  const { throughputLimit } = options;
  const sockets = new Set<Socket>();

  const { headersMs, requestMs } = options.deadlines ?? DEADLINES;
  const timing = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(DEADLINE_CHECK_MS, headersMs),
  };
  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    void answer({ store, faults, batches, key, log, throughputLimit }, message, response);
  };
  const { tls } = options;
  const server = tls ? createTlsServer({ ...timing, ...tls }, listener) : createServer(timing, listener);
  // Idle connections of a client's pool are kept: the Go client reuses them for minutes.
  server.keepAliveTimeout = 300_000;
  server.on('connection', (socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, host, () => resolve());
    });
  } catch (error) {
    store.close();
    throw error;
  }
  const purge = setInterval(() => {
    store.purgeExpired(Date.now()).catch((error: unknown) => log(`purge failed: ${String(error)}`));
  }, PURGE_INTERVAL_MS);
  purge.unref();

  for (const line of banner) log(line);
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    endpoint: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: () => {
      closing ??= new Promise<void>((resolve) => {
        clearInterval(purge);
        server.close(() => resolve());
        store.close();
        for (const socket of sockets) socket.destroy();
      });
      return closing;
    },
  };
}

interface Context {
  readonly store: Store;
  readonly faults: Faults;
  readonly batches: BatchBook;
  readonly throughputLimit: number | undefined;
  readonly key: Buffer;
  readonly log: (line: string) => void;
}

async function answer(context: Context, message: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const reply = await handle(context, message);
    send(response, context.store, reply);
  } catch (error) {
    if (response.destroyed) return;
    send(response, context.store, refusal(context, error));
  }
}

async function handle(context: Context, message: IncomingMessage): Promise<Answer> {
  const path = (message.url ?? '/').split('?', 1)[0] ?? '/';
  if (path.startsWith('/_dev/')) return administer(context, message, path);
  const request = new CosmosRequest(message, await readBody(message));
  authorize(
    context.key,
    {
      method: request.method,
      date: request.header('x-ms-date') ?? request.header('date') ?? '',
      authorization: request.header('authorization'),
    },
    request.signed,
  );
  if (request.link.segments.length > 0) context.faults.check();
  return route(context.store, request, context);
}

/**
 * From this machine only (control-guard.ts), without a key: `GET /_dev/health`, `POST /_dev/faults {"count": 2,
 * "retryAfterMs": 50}`, and `GET /_dev/stats` for the transactional batches since the start.
 */
async function administer(
  { store, faults, batches }: Context,
  message: IncomingMessage,
  path: string,
): Promise<Answer> {
  guardControl(message);
  const body = await readBody(message);
  if (path === '/_dev/health') {
    await store.probe(); // Ready means that writes are taken: a file that cannot be written answers 503 (refusal).
    return { status: 200, text: '{"status":"ok"}' };
  }
  if (path === '/_dev/stats' && message.method === 'GET') return { status: 200, text: JSON.stringify(batches.state) };
  if (path !== '/_dev/faults') throw new CosmosError(404, `There is no ${path}.`);
  if (message.method === 'POST') {
    const fault = parseBody(body);
    const { count, retryAfterMs } = isObject(fault) ? fault : {};
    if (!isWhole(count) || !isWhole(retryAfterMs)) {
      throw new CosmosError(400, 'Send {"count": requests to refuse, "retryAfterMs": milliseconds}.');
    }
    faults.arm({ count, retryAfterMs });
  }
  return { status: 200, text: JSON.stringify(faults.state) };
}

const isWhole = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function refusal(context: Context, error: unknown): Answer {
  if (error instanceof CosmosError) {
    return {
      status: error.status,
      text: JSON.stringify({ code: error.code, message: error.message }),
      headers: error.headers,
    };
  }
  const shortage = shortageOf(error);
  if (shortage !== undefined) {
    const cure = shortage.startsWith('SQLITE_BUSY') ? 'another process holds it' : 'make room on its disk';
    const message = `The development server cannot write its file (${shortage}): ${cure}.`;
    context.log(message);
    return { status: 503, text: JSON.stringify({ code: 'ServiceUnavailable', message }) };
  }
  context.log(`request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return {
    status: 500,
    text: JSON.stringify({ code: 'InternalServerError', message: 'The server failed; its log says why.' }),
  };
}

/** SQLite's code for a file that cannot be written: a full disk, a quota, a read-only folder, another process that holds it. */
function shortageOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^SQLITE_(FULL|IOERR|READONLY|BUSY|LOCKED|CORRUPT|NOTADB|CANTOPEN)/.test(code)
    ? code
    : undefined;
}

function send(response: ServerResponse, store: Store, reply: Answer): void {
  const text = reply.text ?? '';
  const hasBody = reply.status !== 204 && reply.status !== 304;
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    ...(hasBody ? { 'content-length': String(Buffer.byteLength(text)) } : {}),
    [HEADERS.activityId]: randomUUID(),
    [HEADERS.requestCharge]: '1',
    [HEADERS.sessionToken]: `0:-1#${store.writes}`,
    ...reply.headers,
  });
  response.end(hasBody ? text : undefined);
}
