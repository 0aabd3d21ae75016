/** Requests signed by hand, in the exact shape another client sends them. */
import { decodeKey, sign } from '../../../packages/dev-cosmos/src/authorization';
import { KEY } from './server-under-test';

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as it is, in place of a body. */
  readonly text?: string;
  readonly key?: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export async function send(endpoint: string, request: WireRequest): Promise<WireAnswer> {
  const date = new Date().toUTCString();
  const segments = request.path.split('/').filter((segment) => segment !== '');
  const isFeed = segments.length % 2 === 1;
  const type = segments[isFeed ? segments.length - 1 : segments.length - 2] ?? '';
  const link = (isFeed ? segments.slice(0, -1) : segments).map(decodeURIComponent).join('/');
  const signature = sign(decodeKey(request.key ?? KEY), request.method, type, link, date);
  const response = await fetch(endpoint + request.path, {
    method: request.method,
    headers: {
      authorization: encodeURIComponent(`type=master&ver=1.0&sig=${signature}`),
      'x-ms-date': date,
      'x-ms-version': '2020-11-05',
      ...request.headers,
    },
    ...(request.body === undefined && request.text === undefined
      ? {}
      : { body: request.text ?? JSON.stringify(request.body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}
