import { request as send } from 'node:http';
import fc from 'fast-check';
import { type Listener, listen } from '../../src/http/listener';
import { PROBLEM_CODES } from '../../src/http/problems';
import { ProblemSchema } from '../../src/http/schemas/problem';
import { anImage, runId } from './fake-use-cases';
import { aPublicApp } from './listening';

/**
 * Whatever is sent, the answer is never 5xx, and a refusal is always a problem document: over bare HTTP, so that no client
 * library between tidies the path. A failing case prints its seed.
 */

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const shell = aPublicApp();
let listener: Listener;

beforeAll(async () => {
  shell.useCases.images.push(anImage('a.jpg'), anImage('b/c.jpg'));
  listener = await listen(shell.app, { host: '127.0.0.1', port: 0, name: 'public API' });
});
afterAll(() => listener.close(0));

function ask({ method, path, headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(body);
    const all = { ...headers, ...(length > 0 && { 'Content-Length': String(length) }) };
    const req = send({ port: listener.port, method, path, headers: all, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => {
        const type = String(res.headers['content-type'] ?? '').split(';', 1)[0] ?? '';
        resolve({ status: res.statusCode ?? 0, type, text: Buffer.concat(chunks).toString() });
      });
    });
    req.on('error', reject).end(body);
  });
}

async function holds(sent: Sent): Promise<void> {
  const { status, type, text } = await ask(sent);
  expect(status).toBeLessThan(500);
  if (status < 400 || sent.method === 'HEAD') return;
  if (/^\/runtime\/webhooks\/durabletask/i.test(sent.path) && (status === 404 || status === 410)) {
    expect(text).toBe('');
    return;
  }
  expect(type).toBe('application/problem+json');
  const problem = ProblemSchema.strict().parse(JSON.parse(text));
  expect(PROBLEM_CODES).toContain(problem.code);
  expect(text).not.toMatch(/node_modules|\.ts:\d|at Object\./);
}

/** Anything, and much of what has broken parsers before. */
const wild = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    '..',
    '.',
    '%2e%2e',
    '\u0000',
    '\r\nX: y',
    '__proto__',
    'constructor',
    "' OR 1=1 --",
    '{{7*7}}',
    '🙂',
    '',
  ),
  fc.constantFrom('photos', 'a.jpg', runId(1), 'Running', 'true', '50'),
);
/** As a client encodes it, and as none should. A path on the wire is ASCII without blanks. */
const segment = fc.oneof(
  wild.map((text) => encodeURIComponent(text)),
  wild.map((text) => text.replace(/[^\x21-\x7e]|[?#]/g, '')),
  fc.constantFrom('%', '%zz', '%e0%a4', '%c0%af', '%00', '%2f'),
);
const path = fc.oneof(
  segment.map((id) => `/api/v1/runs/${id}`),
  segment.map((name) => `/api/v1/containers/${name}`),
  segment.map((name) => `/api/v1/containers/${name}/runs`),
  segment.map((blob) => `/api/v1/containers/photos/images/${blob}`),
  segment.map((id) => `/runtime/webhooks/durabletask/instances/${id}`),
  segment.map((id) => `/runtime/webhooks/durabletask/instances/${id}/terminate`),
  segment.map((name) => `/runtime/webhooks/durabletask/instances/${runId(1)}/raiseEvent/${name}`),
  segment.map((name) => `/runtime/webhooks/durabletask/orchestrators/${name}`),
  segment.map((key) => `/runtime/webhooks/durabletask/entities/ContainerActor/${key}`),
  segment.map((verb) => `/api/v1/runs/${runId(1)}:${verb}`),
  segment.map((rest) => `/api/${rest}`),
  segment.map((rest) => `/${rest}`),
  fc.constantFrom(
    '/api/AnalysisFunctionStarter',
    '/api/v1/runs',
    '/api/v1/containers/photos/runs',
    '/api/v1/containers/photos/quotes',
    '/runtime/webhooks/durabletask/instances',
    '/api/v1/containers/photos/images',
    '/api/v1/containers/photos/activity',
    '/api/v1/quota',
    '/api/v1/containers/photos/watch',
  ),
);
const key = fc.oneof(
  fc.constantFrom('container', 'status', 'maxpagesize', 'continuation', 'tag', 'confirmShrink', 'showInput', 'a[b][c]'),
  segment,
);
const query = fc
  .array(fc.tuple(key, segment), { maxLength: 4 })
  .map((pairs) => (pairs.length > 0 ? `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}` : ''));
const contentType = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-16',
  'application/json; charset="',
  'application/cloudevents+json',
  'text/plain',
  'multipart/form-data',
  'application/x-www-form-urlencoded',
  ';',
  '/',
);
const body = fc.oneof(
  fc.constant(''),
  fc.json({ maxDepth: 6 }),
  fc.record({ prefix: fc.anything({ maxDepth: 2 }) }).map((value) => JSON.stringify(value, plain) ?? ''),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.integer({ min: 15, max: 5_000 }).map((depth) => '{"prefix":'.repeat(depth)),
  fc.integer({ min: 15, max: 5_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.constant(JSON.stringify({ prefix: 'x'.repeat(70 * 1_024) })),
);

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

test('never 5xx, always a problem', async () => {
  const anything = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'),
    path: fc.tuple(path, query).map((parts) => parts.join('')),
    headers: fc.record({ 'Content-Type': contentType }),
    body,
  });
  await fc.assert(fc.asyncProperty(anything, holds), { numRuns: 1_500 });
}, 60_000);

test('headers from outside break nothing', async () => {
  const value = fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((c) => c !== 0x7f)
      .map((c) => String.fromCharCode(c)),
    maxLength: 200,
  });
  const headers = fc.dictionary(
    fc.constantFrom(
      'x-request-id',
      'x-ms-client-request-id',
      'accept',
      'content-type',
      'content-encoding',
      'host',
      'sec-fetch-site',
    ),
    value,
  );
  const request = headers.map((some) => ({
    method: 'POST',
    path: '/api/v1/containers/photos/runs',
    headers: some,
    body: '{}',
  }));
  await fc.assert(fc.asyncProperty(request, holds), { numRuns: 300 });
}, 60_000);
