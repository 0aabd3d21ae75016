import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Pace, send } from './analyze-calls';
import type { CallBook } from './call-book';
import { createCallRate } from './call-rate';
import { type FaultList, faultsSchema } from './fault';
import { refusalOfNeighbour } from './neighbour-guard';
import { ALGORITHM, PROVIDER } from './provider';
import { readRequestBody } from './request-body';
import { notFound } from './service-answer';

/**
 * The routes a developer and a test need and no real service has: counts, faults, pace. Without a key, for callers on
 * this machine alone, and for no web page (neighbour-guard).
 *
 * I1 A change needs JSON or a DELETE, which a web page of another origin cannot send without asking first.
 */
export class DevRoutes {
  constructor(
    private readonly pace: Pace,
    private readonly book: CallBook,
    private readonly faults: FaultList,
    /** The address that the service listens on. */
    private readonly host: string,
  ) {}

  /** Returns false for a path that is none of its own. */
  async answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean> {
    const route = this.routes[url.pathname];
    if (route === undefined) return false;
    const isNear = isFromThisMachine(request);
    const refused = isNear ? refusalOfNeighbour(request, this.host) : undefined;
    if (refused !== undefined) {
      request.resume();
      send(response, { status: refused.status, body: { problem: refused.problem } });
      return true;
    }
    const handler = isNear ? route[request.method ?? ''] : undefined;
    if (handler === undefined) {
      request.resume();
      send(response, notFound);
      return true;
    }
    const answer = await handler(request, url);
    send(response, 'problem' in answer ? { status: 400, body: answer } : { status: 200, body: answer });
    return true;
  }

  private readonly routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
    '/stats': {
      GET: (_request, url) => this.stats(url.searchParams.get('detail')),
      DELETE: () => {
        this.book.reset();
        return this.stats(null);
      },
    },
    '/_dev/about': { GET: () => this.about() },
    '/_dev/faults': {
      GET: () => ({ faults: this.faults.list() }),
      POST: async (request) => {
        const faults = await readJson(request, faultsSchema);
        if ('problem' in faults) return faults;
        this.faults.arm(faults.value, Date.now());
        return { faults: this.faults.list() };
      },
      DELETE: () => {
        this.faults.clear();
        return { faults: [] };
      },
    },
    '/_dev/pace': { POST: (request) => this.setPace(request) },
  };

  private about(): object {
    return { provider: PROVIDER, algorithm: ALGORITHM, rate: this.pace.rate.text, latencyMs: this.pace.latencyMs };
  }

  private stats(detail: string | null): object {
    if (detail === null) return this.book.totals();
    if (detail === 'hashes') return { ...this.book.totals(), byHash: this.book.byHash() };
    if (detail === 'times') return { ...this.book.totals(), times: this.book.recentTimes() };
    return { problem: 'detail is hashes or times' };
  }

  private async setPace(request: IncomingMessage): Promise<object> {
    const wanted = await readJson(request, paceSchema);
    if ('problem' in wanted) return wanted;
    try {
      if (wanted.value.rate !== undefined) this.pace.rate = createCallRate(wanted.value.rate);
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) };
    }
    this.pace.latencyMs = wanted.value.latencyMs ?? this.pace.latencyMs;
    return this.about();
  }
}

type Handler = (request: IncomingMessage, url: URL) => object | Promise<object>;

const MAX_JSON_BYTES = 1024 * 1024;

const paceSchema = z.strictObject({
  rate: z.string().optional(),
  latencyMs: z.number().min(0).max(600_000).optional(),
});

const isFromThisMachine = ({ socket }: IncomingMessage): boolean =>
  /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(socket.remoteAddress ?? '');

async function readJson<T>(
  request: IncomingMessage,
  schema: z.ZodType<T>,
): Promise<{ readonly value: T } | { readonly problem: string }> {
  const body = await readRequestBody(request, MAX_JSON_BYTES);
  if (!(request.headers['content-type'] ?? '').startsWith('application/json')) {
    return { problem: 'send application/json' }; // I1
  }
  try {
    const parsed = schema.safeParse(JSON.parse(String(body)));
    return parsed.success ? { value: parsed.data } : { problem: z.prettifyError(parsed.error) };
  } catch {
    return { problem: 'the body is not JSON' };
  }
}
