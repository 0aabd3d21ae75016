import fc from 'fast-check';
import { setWatch } from '../../../src/domain/watch/watch';
import { type Listener, listen } from '../../../src/http/listener';
import { aReceipt } from '../fake-run-records';
import { anImage, aRun, PLAN_HASH, runId } from '../fake-use-cases';
import { aPublicApp } from '../listening';
import { ask, hold, sendBytes } from './answers';
import { undescribed } from './described';
import { OPERATIONS } from './operations';
import { type Known, requestsOf, type Sent } from './requests';
import { contentType, wildBody, wildHeader, wildSegment } from './wild';

/** Whatever is sent, to whatever is offered. A failing case prints its seed. */

const RUNS_EACH = Number(process.env.FUZZ_RUNS ?? 60);
/** Of that many requests, until one of them was taken. */
const MAX_ROUNDS = 10;
const KNOWN: Known = {
  container: ['photos', 'empty'],
  blob: ['a.jpg', 'b/c.jpg'],
  id: [runId(1), runId(2), runId(3)],
  instanceId: [runId(1), runId(2), runId(3), runId(77)],
  eventName: ['approval', 'other'],
  functionName: ['O_ProccessImage', 'analyze-container.v1'],
  entityName: ['ContainerActor'],
  entityKey: ['photos', 'empty'],
  planHash: [PLAN_HASH],
  every: ['PT15M'],
};
const OPERATION: Known = { id: ['operation-1'] };
const AT = '2026-01-02T03:04:05.000Z';

let shell: ReturnType<typeof aPublicApp>;
let listener: Listener;

beforeEach(async () => {
  shell = aPublicApp();
  shell.useCases.containers.add('other');
  arrange();
  listener = await listen(shell.app, { host: '127.0.0.1', port: 0, name: 'public API' });
});
afterEach(() => listener.close(0));

/** Before each request: one that was dealt may have cancelled the run or removed the watch that the next asks for. */
function arrange(): void {
  const { images, runs, settings, records } = shell.useCases;
  images.splice(0, images.length, anImage('a.jpg'), anImage('b/c.jpg'));
  runs.set(runId(1), aRun({ id: runId(1), container: 'other' }));
  runs.set(runId(2), aRun({ id: runId(2), container: 'empty', status: 'Completed' }));
  runs.set(runId(3), aRun({ id: runId(3), container: 'empty', status: 'CompletedWithErrors' }));
  settings.watches.set('photos', setWatch(undefined, { container: 'photos', everySeconds: 900 }, AT));
  records.receipt = aReceipt(runId(2));
  records.operation = {
    id: 'operation-1',
    kind: 'verify',
    container: 'photos',
    status: 'Running',
    startedAt: AT,
    updatedAt: AT,
  };
}

async function statusOf(sent: Sent): Promise<number> {
  const answer = await ask(listener.port, sent);
  hold(sent, answer);
  return answer.status;
}

function knownTo(path: string): Known {
  return path.includes('/operations/') ? OPERATION : KNOWN;
}

test.each(OPERATIONS.map((operation) => ({ name: operation.name, operation })))(
  '$name',
  async ({ operation }) => {
    let successes = 0;
    const property = fc.asyncProperty(requestsOf(operation, knownTo(operation.path)), async (sent) => {
      arrange();
      const status = await statusOf(sent);
      if (sent.method !== operation.method || status >= 300) return;
      successes += 1;
      expect(undescribed(operation, sent)).toEqual([]);
    });
    // Chance may deal nothing but refusals once, not every time.
    for (let round = 0; round < MAX_ROUNDS && successes === 0; round += 1) {
      await fc.assert(property, { numRuns: RUNS_EACH });
    }
    expect(successes).toBeGreaterThan(0);
  },
  60_000,
);

test.each(
  OPERATIONS.filter(({ body }) => body !== undefined).map((operation) => ({ name: operation.name, operation })),
)('$name takes no body of another type', async ({ operation }) => {
  const known = knownTo(operation.path);
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => known[name]?.[0] ?? '');
  for (const body of ['null', '[]', '[null]', '0', 'true', '"null"', '[{}]']) {
    arrange();
    const sent = { method: operation.method, path, headers: { 'content-type': 'application/json' }, body };
    if (undescribed(operation, sent).length > 0) expect([body, await statusOf(sent)]).toEqual([body, 400]);
  }
});

test('paths that nobody offers', async () => {
  const strange = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'),
    path: fc.oneof(
      wildSegment.map((rest) => `/${rest}`),
      wildSegment.map((rest) => `/api/${rest}`),
      wildSegment.map((verb) => `/api/v1/runs/${runId(1)}:${verb}`),
      wildSegment.map((rest) => `/runtime/webhooks/durabletask/${rest}`),
      fc.tuple(wildSegment, wildSegment).map((parts) => `/api/v1/${parts.join('/')}?${parts[0]}`),
    ),
    headers: fc.record({ 'content-type': contentType, 'x-request-id': wildHeader }),
    body: wildBody,
  });
  await fc.assert(
    fc.asyncProperty(strange, async (sent) => void (await statusOf(sent))),
    { numRuns: 500 },
  );
}, 60_000);

test('bytes that are no HTTP', async () => {
  const line = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc
      .uint8Array({ maxLength: 40 })
      .map((bytes) =>
        Buffer.concat([Buffer.from('GET /api/v1/runs/'), bytes, Buffer.from(' HTTP/1.1\r\nHost: x\r\n')]),
      ),
    fc
      .constantFrom(
        ...['GET / HTTP/9.9\r\n', 'GET /api/v1/runs HTTP/1.1\r\n', 'GET http://x@y:z/ HTTP/1.1\r\nHost: a\r\n'],
        ...['POST /api/v1/quota HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n'],
        ...['PUT /api/v1/quota HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n'],
        ...['GET /api/v1/runs HTTP/1.1\r\nHost: a b\r\n', `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n`],
      )
      .map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(line, async (bytes) => {
      const status = await sendBytes(listener.port, Buffer.concat([bytes, Buffer.from('\r\n')]));
      expect(status ?? 400).toBeLessThan(500);
    }),
    { numRuns: 200 },
  );
  expect(await statusOf({ method: 'GET', path: '/livez', headers: {}, body: '' })).toBe(200);
}, 60_000);
