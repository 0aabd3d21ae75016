import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ConnectionLimits, limitConnections } from './connections';
import { OpenAnswers } from './open-answers';
import { cutUnread } from './unread-answers';
import { answerUnreadable, refuseUnreadable } from './unreadable-request';

/**
 * One HTTP listener with every timeout set.
 *
 * I1 `close` answers what is in flight, takes nothing new, and never lasts longer than its grace.
 */
export interface ListenOptions {
  /** Address to bind: `127.0.0.1` for what only this machine may reach. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Which listener this is, for messages: `public API`. */
  readonly name: string;
  /** The setting that changes the port, for messages: `PORT`. */
  readonly setting?: string;
  /** Default: CONNECTIONS. */
  readonly connections?: ConnectionLimits;
  /** After how long an answer is given up of which nothing is read. Default: UNREAD_MS. */
  readonly unreadMs?: number;
}

export interface Listener {
  /** `http://127.0.0.1:8080`; an address that means "every interface" is shown as loopback. */
  readonly url: string;
  readonly port: number;
  /** Idempotent. Connections that are still busy after `graceMs` are cut. */
  close(graceMs: number): Promise<void>;
}

/** Why a listener could not start. `code` is the system's: `EADDRINUSE`. */
export class ListenError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ListenError';
    this.code = code;
  }
}

const TIMEOUTS = {
  /** A request of at most 64 KB that takes longer to arrive is not a caller but an attack. */
  requestTimeout: 30_000,
  headersTimeout: 15_000,
  /** Longer than the 90 s for which Go clients such as daprd keep an idle connection: the client closes first. */
  keepAliveTimeout: 120_000,
  /** How often Node looks: by default every 30 s, which would make 15 s up to 45. */
  connectionsCheckingInterval: 1_000,
} as const;
/** Without progress; a slow reader makes some. */
const UNREAD_MS = 30_000;
const CONNECTIONS = { total: 2_000, perAddress: 1_500 } as const;
/** While draining, how often connections that have become idle are closed. */
const DRAIN_TICK_MS = 50;

/** @throws ListenError naming the port and the setting to change */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listener> {
  // Node would refuse a request without Host by a status line alone.
  const server = createServer({ ...TIMEOUTS, requireHostHeader: false }, refuseUnreadable(app));
  // Node would leave out what comes behind the 2,000th header, the second of two that count perhaps. 16 KB bound them.
  server.maxHeadersCount = 0;
  limitConnections(server, options.connections ?? CONNECTIONS);
  const answers = new OpenAnswers(server);
  cutUnread(server, answers, options.unreadMs ?? UNREAD_MS);
  answerUnreadable(server, answers);
  await bind(server, options);
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${reachable(options.host)}:${port}`,
    port,
    close: (graceMs) => {
      closing ??= drain(server, graceMs);
      return closing;
    },
  };
}

function bind(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(explained(error, options));
    server.once('error', onError);
    server.listen(options.port, options.host, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

// I1
function drain(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), DRAIN_TICK_MS);
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function explained(error: NodeJS.ErrnoException, { host, port, name, setting }: ListenOptions): ListenError {
  const code = error.code ?? 'unknown';
  const change = setting ? `set ${setting} to another port` : `give the ${name} another port in the configuration`;
  switch (code) {
    case 'EADDRINUSE':
      return new ListenError(code, `Port ${port} (${name}) is taken: stop what uses it, or ${change}.`, error);
    case 'EACCES':
      return new ListenError(code, `Port ${port} (${name}) needs rights this user lacks: ${change}.`, error);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ListenError(code, `${host} (${name}) is not an address of this machine: correct the host.`, error);
    default:
      return new ListenError(code, `The ${name} cannot listen on ${host}:${port}: ${error.message}`, error);
  }
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::' || host === '') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
