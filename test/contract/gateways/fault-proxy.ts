import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Stands before a server and misbehaves as told. The request's own answer is what a fault replaces, so "the answer is
 * lost" really has been executed by the server behind.
 */
export interface FaultProxy {
  readonly url: string;
  /** What was asked, in order: `POST /dbs/...`. */
  readonly requests: readonly string[];
  /** Armed faults are used up one request each; then everything passes again. */
  arm(...faults: readonly Fault[]): void;
  stop(): Promise<void>;
}

export type Fault =
  /** Answered here: the server behind never hears of it. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Executed behind, then the connection breaks. */
  | 'lose-answer'
  /** Breaks before anything is executed. */
  | 'reset'
  | 'pass';

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const faults: Fault[] = [];
  const requests: string[] = [];

  const forward = (incoming: IncomingMessage, response: ServerResponse, isLost: boolean) => {
    const { method, url, headers } = incoming;
    const outgoing = request({ hostname, port, method, path: url, headers }, (answer) => {
      if (isLost) {
        answer.resume();
        answer.on('end', () => incoming.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => incoming.socket.destroy());
    incoming.pipe(outgoing);
  };

  const server = createServer((incoming, response) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    const fault = faults.shift() ?? 'pass';
    if (fault === 'reset') incoming.socket.destroy();
    else if (fault === 'pass' || fault === 'lose-answer') forward(incoming, response, fault === 'lose-answer');
    else {
      incoming.resume();
      incoming.on('end', () => {
        response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
        response.end(fault.body ?? JSON.stringify({ code: String(fault.status), message: 'armed fault' }));
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    arm: (...armed) => void faults.push(...armed),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
