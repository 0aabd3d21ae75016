import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * Stands before a server and misbehaves as told. The request's own answer is what a fault replaces, so "the answer is
 * lost" really has been executed by the server behind.
 */
export interface FaultProxy {
  readonly url: string;
  /** Where the server behind is, when that was not known at the start; also `POST /_forward` with the address. */
  forwardTo(target: string): void;
  /** Asked about every request that no armed fault takes: what becomes of it. */
  obey(rule: Rule): void;
  /** What was asked, in order: `POST /dbs/...`. */
  readonly requests: readonly string[];
  /** Armed faults are used up one request each; then everything passes again. */
  arm(...faults: readonly Fault[]): void;
  stop(): Promise<void>;
}

export type Rule = (request: string, headers: IncomingHttpHeaders) => Fault | Promise<Fault>;

export type Fault =
  /** Answered here: the server behind never hears of it. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Executed behind, then the connection breaks. */
  | 'lose-answer'
  /** Breaks before anything is executed. */
  | 'reset'
  /** Executed behind; half of the answer's body comes through, then the connection breaks. */
  | 'truncate'
  /** Passes so much later. */
  | { readonly holdMs: number }
  | 'pass';

export async function startFaultProxy(target = 'http://127.0.0.1:9'): Promise<FaultProxy> {
  let { hostname, port } = new URL(target);
  let rule: Rule = () => 'pass';
  const faults: Fault[] = [];
  const requests: string[] = [];

  const forward = (incoming: IncomingMessage, response: ServerResponse, loss?: 'lose-answer' | 'truncate') => {
    const { method, url, headers } = incoming;
    const outgoing = request({ hostname, port, method, path: url, headers }, (answer) => {
      if (loss === undefined) {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
        return;
      }
      const body: Buffer[] = [];
      answer.on('data', (piece: Buffer) => body.push(piece));
      answer.on('end', () => {
        if (loss === 'lose-answer') return incoming.socket.destroy();
        const whole = Buffer.concat(body);
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        response.write(whole.subarray(0, whole.length / 2), () => incoming.socket.destroy());
      });
    });
    outgoing.on('error', () => incoming.socket.destroy());
    incoming.pipe(outgoing);
  };

  const misbehave = (fault: Fault, incoming: IncomingMessage, response: ServerResponse) => {
    if (fault === 'reset') incoming.socket.destroy();
    else if (fault === 'pass') forward(incoming, response);
    else if (fault === 'lose-answer' || fault === 'truncate') forward(incoming, response, fault);
    else if ('holdMs' in fault) setTimeout(() => forward(incoming, response), fault.holdMs);
    else {
      incoming.resume();
      incoming.on('end', () => {
        response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
        response.end(fault.body ?? JSON.stringify({ code: String(fault.status), message: 'armed fault' }));
      });
    }
  };

  const forwardTo = (where: string) => {
    ({ hostname, port } = new URL(where));
  };

  const server = createServer(async (incoming, response) => {
    if (incoming.url === '/_forward') {
      forwardTo(await text(incoming));
      return response.end();
    }
    const line = `${incoming.method} ${incoming.url}`;
    requests.push(line);
    misbehave(faults.shift() ?? (await rule(line, incoming.headers)), incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    forwardTo,
    obey: (given) => {
      rule = given;
    },
    arm: (...armed) => void faults.push(...armed),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
