import { request } from 'node:http';
import { connect } from 'node:net';
import { PROBLEM_CODES } from '../../../src/contract/problems';
import { DurableErrorSchema } from '../../../src/contract/schemas/durable';
import { ProblemSchema } from '../../../src/contract/schemas/problem';
import type { Sent } from './requests';

/** Asks over bare HTTP, so that no client library between tidies the path, and holds what every answer must hold. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const DURABLE = /^\/runtime\/webhooks\/durabletask(?![^/?])/i;
const TIMEOUT_MS = 30_000;

export function ask(port: number, { method, path, headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(body);
    const all = { ...headers, ...(length > 0 && { 'content-length': String(length) }) };
    const sent = request({ port, method, path, headers: all, agent: false, timeout: TIMEOUT_MS }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() }),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    sent.on('error', reject).end(body);
  });
}

/** Never 5xx, a refusal is a problem document (with fields of its own under Durable Functions), nothing of ours shows, and nothing of theirs becomes a header. */
export function hold({ method, path }: Sent, { status, headers, text }: Answer): void {
  expect(status).toBeLessThan(500);
  expect(headers).not.toHaveProperty('x-injected');
  expect(text).not.toMatch(/node_modules|\.[jt]s:\d|\bat \w+ \(|AccountKey=/);
  if (status < 400 || method === 'HEAD') return;
  // Durable Functions says that there is nothing by a status alone.
  const isDurable = DURABLE.test(path) && status !== 431; // the parser refuses before any path is looked at
  if (text === '' && isDurable && (status === 404 || status === 410)) return;
  if (isDurable && (status === 410 || status === 412)) {
    expect(typeof JSON.parse(text)).toBe('string'); // why a run is not rewound
    return;
  }
  const [type, schema] = isDurable ? ['json', DurableErrorSchema] : ['problem+json', ProblemSchema];
  expect(String(headers['content-type']).split(';', 1)[0]).toBe(`application/${type}`);
  const problem = schema.strict().parse(JSON.parse(text));
  expect(PROBLEM_CODES).toContain(problem.code);
  expect(headers['x-ms-error-code']).toBe(problem.code);
}

/** Sends bytes as they are and returns the status of the answer; undefined when the connection was closed without. */
export function sendBytes(port: number, bytes: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    const end = () => {
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1];
      resolve(status === undefined ? undefined : Number(status));
    };
    socket.setTimeout(TIMEOUT_MS, () => reject(new Error(`neither answered nor closed within ${TIMEOUT_MS} ms`)));
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (/^HTTP\/1\.1 \d{3}/.test(heard)) end();
    });
    socket.on('error', end).on('close', end);
    socket.end(bytes);
  });
}
