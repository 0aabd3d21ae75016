import { get } from 'node:http';
import type { Response } from 'supertest';
import { adviceOn } from '../../src/domain/image/advice';
import type { ImageOutcome } from '../../src/domain/run/report';
import { unprocessedOutcome } from '../../src/domain/run/unprocessed';
import { listen } from '../../src/http/listener';
import { ImageHistorySchema } from '../../src/contract/schemas/image-history';
import { ReceiptSchema } from '../../src/contract/schemas/receipt';
import { OperationSchema, RepairSchema, VerificationSchema } from '../../src/contract/schemas/verification';
import { listRunImages, listRunSteps } from '../../src/contract/endpoints/run-records';
import { aReceipt } from './fake-run-records';
import { anImage, aRun, runId } from './fake-use-cases';
import { aPublicApp, expectProblem, expectShape } from './listening';

const ID = runId(1);
const RUN = `/api/v1/runs/${ID}`;

function anApp() {
  const shell = aPublicApp({ publicUrl: 'http://p' });
  shell.useCases.runs.set(ID, aRun());
  return shell;
}

function outcome(blob: string, change: Partial<ImageOutcome> = {}): ImageOutcome {
  return { blob, status: 'succeeded', listed: true, calls: 1, transactions: 4, ...change };
}

const FAILED: Partial<ImageOutcome> = {
  ...{ status: 'failed', reason: 'vision-timeout', code: 'vision-timeout', stage: 'vision', retryable: true },
  ...{ retries: 4, maybeBilled: ['2026-01-02T03:04:05.000Z'] },
};

const RECEIPT = aReceipt(ID);

describe('GET the images of a run', () => {
  test('page by page, filtered, each with its advice and its links', async () => {
    const { api, useCases } = anApp();
    useCases.records.outcomes.push(outcome('a/1.jpg', FAILED), outcome('a/2.jpg', FAILED), outcome('b.jpg'));
    const path = `${RUN}/images?status=failed&reason=vision-timeout&prefix=a%2F&maxpagesize=1`;
    const page = expectShape((await api.get(path)).body, listRunImages.answers[200].body);
    expect(page.value[0]).toMatchObject({ blob: 'a/1.jpg', advice: expect.stringContaining('VISION_TIMEOUT_MS') });
    expect(page.value[0]?.links).toEqual({
      image: 'http://p/api/v1/containers/photos/images/a%2F1.jpg',
      history: 'http://p/api/v1/containers/photos/images/a%2F1.jpg/history',
    });
    const next = new URL(page.nextLink ?? '');
    const second = (await api.get(next.pathname + next.search)).body;
    expect(second.value.map(({ blob }: ImageOutcome) => blob)).toEqual(['a/2.jpg']);
    expect(second).not.toHaveProperty('nextLink');
  });

  test('what a run did not come to has a status of its own, its reason and its advice', async () => {
    const { api, useCases } = anApp();
    const [budget, cancelled] = [unprocessedOutcome('a.jpg', 'budget'), unprocessedOutcome('b.jpg', 'cancelled')];
    useCases.records.outcomes.push(budget, cancelled, outcome('c.jpg'));
    const told = async (query: string) =>
      expectShape((await api.get(`${RUN}/images?${query}`)).body, listRunImages.answers[200].body).value;
    expect(await told('reason=budget')).toMatchObject([{ ...budget, advice: adviceOn('budget') }]);
    expect(await told('status=not-analysed')).toMatchObject([
      { ...budget, advice: expect.stringContaining('a higher one') },
      { ...cancelled, advice: expect.stringContaining('start another run') },
    ]);
    expect((await told('status=skipped')).length).toBe(0);
    const report = await api.get(`${RUN}/report`).set('Accept', 'text/csv').buffer(true).parse(text);
    expect(String(report.body)).toContain('\r\na.jpg,not-analysed,true,budget,,,,0,0,');
  });

  test.each(['status=done', 'reason=', 'tag=x', `prefix=${'x'.repeat(1_025)}`])('%s is refused', async (query) => {
    expectProblem(await anApp().api.get(`${RUN}/images?${query}`), 'invalid-request');
  });

  test('of no run there are none', async () => {
    expectProblem(await anApp().api.get(`/api/v1/runs/${runId(9)}/images`), 'run-not-found');
  });
});

describe('GET the report of a run', () => {
  test('one line of JSON an image', async () => {
    const { api, useCases } = anApp();
    for (let n = 0; n < 250; n++) useCases.records.outcomes.push(outcome(`${n}\n.jpg`, n === 7 ? FAILED : {}));
    const response = await api.get(`${RUN}/report`).buffer(true).parse(text);
    expect([response.status, response.type]).toEqual([200, 'application/x-ndjson']);
    const lines = String(response.body)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ blob }) => blob)).toEqual(useCases.records.outcomes.map(({ blob }) => blob));
    expect(lines[7]).toMatchObject({ ...FAILED, advice: expect.any(String) });
  });

  test('its fields in the order of the schema, whatever a store made of it', async () => {
    const { api, useCases } = anApp();
    useCases.records.outcomes.push({ transactions: 4, calls: 1, listed: true, status: 'succeeded', blob: 'a.jpg' });
    const response = await api.get(`${RUN}/report`).buffer(true).parse(text);
    expect(String(response.body)).toBe(
      '{"blob":"a.jpg","status":"succeeded","listed":true,"calls":1,"transactions":4}\n',
    );
  });

  test('CSV with one header line, quoted where it must be, and without formulas', async () => {
    const { api, useCases } = anApp();
    const names = [
      'a,"b".jpg',
      '=HYPERLINK("http://x")',
      '+1',
      '-1',
      '@x',
      '\tx',
      '\n=1',
      '＝1',
      'line\r\nfeed',
      'a;b.jpg',
      'plain.jpg',
    ];
    useCases.records.outcomes.push(...names.map((name) => outcome(name)));
    const response = await api.get(`${RUN}/report`).set('Accept', 'text/csv').buffer(true).parse(text);
    expect(response.get('Content-Type')).toBe('text/csv; charset=utf-8; header=present');
    expect(response.get('Content-Disposition')).toContain(`run-${ID}.csv`);
    const body = String(response.body);
    expect(body.startsWith('blob,status,listed,reason,')).toBe(true);
    const first = [
      '"a,""b"".jpg"',
      `"'=HYPERLINK(""http://x"")"`,
      "'+1",
      "'-1",
      "'@x",
      `"'\tx"`,
      `"'\n=1"`,
      "'＝1",
      '"line\r\nfeed"',
      '"a;b.jpg"',
      'plain.jpg',
    ];
    for (const cell of first) expect(body).toContain(`\r\n${cell},succeeded,true,`);
    expect(body.endsWith('\r\n')).toBe(true);
  });

  test('an empty run has an empty report', async () => {
    const { api } = anApp();
    expect((await api.get(`${RUN}/report`).buffer(true).parse(text)).body).toBe('');
    const csv = await api.get(`${RUN}/report`).set('Accept', 'text/csv').buffer(true).parse(text);
    expect(String(csv.body).split('\r\n')).toHaveLength(2);
  });

  test('a failure before the first line is a problem; a later one cuts the connection', async () => {
    const { api, useCases } = anApp();
    for (let n = 0; n < 250; n++) useCases.records.outcomes.push(outcome(`${n}`));
    useCases.records.failAtBatch = 1;
    expectProblem(await api.get(`${RUN}/report`), 'internal');
    useCases.records.batchesRead = 0;
    useCases.records.failAtBatch = 3;
    await expect(api.get(`${RUN}/report`).buffer(true).parse(text)).rejects.toThrow(/aborted|hang up/);
  });

  test('a reader who leaves early ends the reading', async () => {
    const { app, useCases } = anApp();
    for (let n = 0; n < 200_000; n++) useCases.records.outcomes.push(outcome(`${n}`));
    const listener = await listen(app, { host: '127.0.0.1', port: 0, name: 'public API' });
    await new Promise<void>((resolve, reject) => {
      const asked = get(`${listener.url}${RUN}/report`, (res) => {
        res.once('data', () => {
          asked.destroy();
          resolve();
        });
      }).once('error', reject);
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const read = useCases.records.batchesRead;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(useCases.records.batchesRead).toBe(read);
    expect(read).toBeLessThan(2_000);
    await listener.close(0);
  });

  test('HEAD reads nothing', async () => {
    const { api, useCases } = anApp();
    useCases.records.outcomes.push(outcome('a'));
    expect((await api.head(`${RUN}/report`)).status).toBe(200);
    expect(useCases.records.batchesRead).toBe(0);
  });
});

describe('GET the receipt of a run', () => {
  test('is whole, its reports beside it', async () => {
    const { api, useCases } = anApp();
    useCases.records.receipt = RECEIPT;
    useCases.records.reports.push(
      { key: 'k1', sha256: 'aa', lines: 100, executions: 1 },
      { key: 'k2', sha256: 'bb', lines: 7, executions: 2 },
    );
    const response = await api.get(`${RUN}/receipt`);
    expect(expectShape(response.body, ReceiptSchema)).toEqual({ ...RECEIPT, reports: useCases.records.reports });
  });

  test('before the end there is none, and the cure says when', async () => {
    const problem = expectProblem(await anApp().api.get(`${RUN}/receipt`), 'receipt-not-found');
    expect(problem.detail).toBe('The run is Running.');
    expect(problem.cure).toContain('final');
  });
});

test('GET the steps of a run', async () => {
  const { api, useCases } = anApp();
  const at = '2026-01-02T03:04:05.000Z';
  const chunk = { chunk: 0, state: 'done', images: 3, startedAt: at, endedAt: at } as const;
  useCases.records.steps.push(
    { step: 'snapshot', state: 'done', startedAt: at, endedAt: at },
    {
      ...{ step: 'page', page: 0, state: 'done', startedAt: at, endedAt: at, images: 3, retries: 1 },
      chunks: [{ ...chunk, executions: 2, joined: 1, calls: 3, retries: 1, throttled: 0, failed: 0 }],
    },
  );
  const page = expectShape((await api.get(`${RUN}/steps`)).body, listRunSteps.answers[200].body);
  expect(page.value).toEqual(useCases.records.steps);
});

describe('GET the history of an image', () => {
  test('each attempt with its advice', async () => {
    const { api, useCases } = anApp();
    const attempt = { stage: 'vision', startedAt: '2026-01-02T03:04:05Z', waitMs: 1, workMs: 90, runId: ID } as const;
    const failed = { ...attempt, code: 'vision-throttled', retryable: true, httpStatus: 429, requestId: 'r', count: 3 };
    useCases.images.push(anImage('a/b.jpg', { status: 'skipped', reason: 'too-small', attempts: [failed, attempt] }));
    const { body } = await api.get('/api/v1/containers/photos/images/a%2Fb.jpg/history');
    const history = expectShape(body, ImageHistorySchema);
    expect(history).toMatchObject({ status: 'skipped', advice: expect.stringContaining('larger copy') });
    expect(history.attempts[0]).toMatchObject({ count: 3, advice: expect.stringContaining('slow down') });
    expect(history.attempts[1]).not.toHaveProperty('advice');
    expect(history.links.run).toBe(`http://p${RUN}`);
  });

  test('of no image there is none', async () => {
    const response = await anApp().api.get('/api/v1/containers/photos/images/x/history');
    expectProblem(response, 'image-not-found');
  });
});

describe('POST verify and repair', () => {
  test('answer what differs, and what was changed', async () => {
    const { api, useCases } = anApp();
    useCases.records.verification = {
      ...{ clean: false, checkedAt: '2026-01-02T03:04:05.000Z', count: 1 },
      differences: [{ kind: 'total', field: 'images.succeeded', expected: 3, actual: 2 }],
    };
    useCases.records.changed = { orphans: 0, totals: 1 };
    const verified = expectShape((await api.post('/api/v1/containers/photos:verify')).body, VerificationSchema);
    expect(verified).toEqual(useCases.records.verification);
    const repaired = await api.post('/api/v1/containers/photos:repair?confirmShrink=true');
    expect(expectShape(repaired.body, RepairSchema).changed).toEqual({ orphans: 0, totals: 1 });
    expect(useCases.records.repairs).toEqual([{ container: 'photos', confirmShrink: true }]);
  });

  test('what takes long is found at Operation-Location', async () => {
    const { api, useCases } = anApp();
    const at = '2026-01-02T03:04:05.000Z';
    const begun = { id: 'o1', kind: 'verify', container: 'photos', startedAt: at, updatedAt: at } as const;
    useCases.records.operation = { ...begun, status: 'Running' };
    const accepted = await api.post('/api/v1/containers/photos:verify');
    expect([accepted.status, accepted.get('Retry-After')]).toEqual([202, '5']);
    const location = new URL(accepted.get('Operation-Location') ?? '');
    expectShape(accepted.body, OperationSchema);
    useCases.records.operation = { ...begun, status: 'Succeeded', result: useCases.records.verification };
    const ended = expectShape((await api.get(location.pathname)).body, OperationSchema);
    expect(ended.result).toEqual(useCases.records.verification);
    expectProblem(await api.get('/api/v1/operations/x'), 'operation-not-found');
  });

  test.each([
    ['NO:verify', 'invalid-container-name'],
    ['nowhere:verify', 'container-not-found'],
    ['photos:verify?x=1', 'invalid-request'],
    ['photos:repair?confirmShrink=yes', 'invalid-request'],
    ['%24logs:repair', 'system-container'],
  ] as const)('%s is refused as %s', async (path, code) => {
    expectProblem(await anApp().api.post(`/api/v1/containers/${path}`), code);
  });

  test('GET is no verb for them, and another site may not ask', async () => {
    const { api } = anApp();
    expectProblem(await api.get('/api/v1/containers/photos:verify'), 'method-not-allowed');
    const forged = await api.post('/api/v1/containers/photos:repair').set('Sec-Fetch-Site', 'cross-site');
    expectProblem(forged, 'cross-site');
  });
});

/** The body as it is, whatever its type. */
function text(res: Response, done: (error: Error | null, body: string) => void): void {
  const chunks: Buffer[] = [];
  res.on('data', (chunk: Buffer) => chunks.push(chunk));
  res.on('end', () => done(null, Buffer.concat(chunks).toString()));
  res.on('error', (error: Error) => done(error, ''));
}
