import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the token endpoint answers: a status and a body. */
export type Answer = readonly [status: number, body: object];

export const pending: Answer = [400, { error: 'authorization_pending' }];

export function tokens(name: string, more: object = {}): Answer {
  return [
    200,
    { access_token: name, token_type: 'Bearer', expires_in: 3600, refresh_token: `refresh-${name}`, ...more },
  ];
}

/** A provider and an API in one: it answers as it is told, and keeps what it was asked. */
export async function aDeviceProvider() {
  const answers: Answer[] = [];
  const asked: Record<string, string>[] = [];
  const bearers: (string | undefined)[] = [];
  let device: object = { interval: 5 };
  let metadata: object = {};
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const said = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    const [status, body] = answerTo(new URL(request.url ?? '/', issuer).pathname, said, request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  function answerTo(path: string, said: Record<string, string>, request: IncomingMessage): Answer {
    switch (path) {
      case '/.well-known/openid-configuration':
        return [
          200,
          { issuer, token_endpoint: `${issuer}/token`, device_authorization_endpoint: `${issuer}/device`, ...metadata },
        ];
      case '/device':
        asked.push(said);
        return [
          200,
          {
            ...{ device_code: 'secret-device', user_code: 'WDJB-MJHT', verification_uri: `${issuer}/activate` },
            ...{ expires_in: 600, ...device },
          },
        ];
      case '/token':
        asked.push(said);
        return answers.shift() ?? [400, { error: 'invalid_request', error_description: 'nothing was to be asked' }];
      default:
        bearers.push(request.headers.authorization);
        return [200, { value: [] }];
    }
  }

  return {
    issuer,
    asked,
    bearers,
    answers: (...next: Answer[]) => answers.push(...next),
    says(next: { readonly device?: object; readonly metadata?: object }) {
      device = next.device ?? device;
      metadata = next.metadata ?? metadata;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
