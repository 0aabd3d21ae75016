import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../../../packages/dev-stack/src/ports';

/** One delivery as the app's channel got it. */
export interface Heard {
  readonly route: string;
  readonly contentType: string;
  readonly event: CloudEvent;
}

export interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly topic?: string;
  readonly datacontenttype?: string;
  readonly data?: unknown;
  readonly data_base64?: string;
  readonly [attribute: string]: unknown;
}

export type Verdict = 'SUCCESS' | 'RETRY' | 'DROP' | 'fail';

export interface ListeningApp {
  readonly port: number;
  readonly heard: readonly Heard[];
  /** Deliveries on a route. */
  on(route: string): Heard[];
  stop(): Promise<void>;
}

/** An app of this process that subscribes over HTTP and answers as the test says. */
export async function startListeningApp(decide: (heard: Heard) => Verdict | Promise<Verdict>): Promise<ListeningApp> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void answer(Buffer.concat(chunks)));
    async function answer(body: Buffer): Promise<void> {
      const route = request.url ?? '';
      if (request.method === 'GET' || !route.startsWith('/on/')) return void response.writeHead(404).end();
      const event = JSON.parse(body.toString()) as CloudEvent;
      const delivery = { route: route.slice(4), contentType: request.headers['content-type'] ?? '', event };
      heard.push(delivery);
      const verdict = await decide(delivery);
      if (verdict === 'fail') response.writeHead(500).end();
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ status: verdict }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    on: (route) => heard.filter((each) => each.route === route),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
