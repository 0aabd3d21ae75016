import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The state and publish API of daprd 1.18.2 over state.azure.blobstorage v2, in memory: same routes, statuses and texts
 * (compared with the real one). `answerNext` puts another answer in front.
 */
export interface SidecarStandIn {
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  answerNext(answer: Answer): void;
  stop(): Promise<void>;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (response: ServerResponse) => void;

interface SaveRequest {
  readonly key: string;
  readonly value: unknown;
  readonly etag?: string;
  readonly options?: { readonly concurrency?: string };
}

const BLOB_EXISTS =
  'failed saving state in state store manifests: error uploading blob: PUT http://127.0.0.1/x\n' +
  '----\nRESPONSE 409: 409 The specified blob already exists.\nERROR CODE: BlobAlreadyExists\n----';

export async function startSidecarStandIn(): Promise<SidecarStandIn> {
  const stored = new Map<string, { text: string; etag: string }>();
  const requests: RecordedRequest[] = [];
  const answers: Answer[] = [];
  let writes = 0;

  const fail = (response: ServerResponse, status: number, errorCode: string, message: string) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ errorCode, message }));
  };
  const empty = (response: ServerResponse) => response.writeHead(204).end();

  const save = ({ key, value, etag, options }: SaveRequest, response: ServerResponse) => {
    const standing = stored.get(key);
    if (etag !== undefined && standing?.etag !== etag) {
      return fail(response, 409, 'ERR_STATE_SAVE', 'possible etag mismatch');
    }
    if (etag === undefined && options?.concurrency === 'first-write' && standing) {
      return fail(response, 500, 'ERR_STATE_SAVE', BLOB_EXISTS);
    }
    writes += 1;
    stored.set(key, { text: JSON.stringify(value), etag: `"0x${writes}"` });
    return empty(response);
  };
  const handle = ({ method, path, body }: RecordedRequest, response: ServerResponse) => {
    const answer = answers.shift();
    if (answer) return answer(response);
    if (path.startsWith('/v1.0/publish/') || path === '/v1.0/healthz/outbound') return empty(response);
    const [, key] = /^\/v1\.0\/state\/manifests(?:\/(.*))?$/.exec(path) ?? [];
    if (method === 'POST') return save((JSON.parse(body) as SaveRequest[])[0] as SaveRequest, response);
    const found = stored.get(decodeURIComponent(key ?? ''));
    if (method === 'DELETE') stored.delete(decodeURIComponent(key ?? ''));
    if (method !== 'GET' || !found) return empty(response);
    response.writeHead(200, { etag: found.etag, 'content-type': 'application/json' });
    return response.end(found.text);
  };

  const server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (piece: string) => {
      body += piece;
    });
    incoming.on('end', () => {
      const request = { method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers, body };
      requests.push(request);
      handle(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    answerNext: (answer) => void answers.push(answer),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function jsonAnswer(status: number, body: unknown): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}
