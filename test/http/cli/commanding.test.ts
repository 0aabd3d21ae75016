import { userInfo } from 'node:os';
import express, { type Response } from 'express';
import request from 'supertest';
import { AppError } from '../../../src/domain/errors';
import type { Quote } from '../../../src/domain/money/quote';
import { aRun, runId } from '../fake-use-cases';
import { aServer, compile, json, jsonLines, startCli } from './running';

/** Commands as the API is to take them: a server of stubs remembers what came. */

type Server = Awaited<ReturnType<typeof aServer>>;

interface Received {
  readonly method: string;
  readonly url: string;
  readonly body?: unknown;
}

let server: Server;
let received: Received[];
beforeAll(compile);
beforeEach(async () => {
  received = [];
  server = await aServer({ before: stubs() });
});
afterEach(() => server.stop());

const QUOTE = {
  container: 'photos',
  images: {
    total: 1240,
    new: 1000,
    changed: 40,
    unchanged: 200,
    cached: 10,
    uncertain: 300,
    ineligible: { 'too-small': 3 },
  },
  calls: 1030,
  transactions: 4120,
  price: { unit: 0.001, currency: 'USD', total: 4.12, estimate: true },
  duration: { atQuotaSeconds: 103 },
  planHash: 'p1',
  expiresAt: '2026-01-02T04:04:05Z',
};
const QUOTA = { resource: 'local', ratePerSecond: 10, monthlyTransactions: 5000 };
const DIFFERENCE = { kind: 'missing', blob: 'a.jpg', expected: 1, actual: 0 };
const OPERATION = '/api/v1/operations/o1';

const readJson = express.json();

function stubs() {
  const router = express.Router();
  let polls = 0;
  const answers: Record<string, (res: Response, body: unknown) => unknown> = {
    'POST /api/v1/containers/photos/quotes': (res) => res.json(QUOTE),
    [`POST /api/v1/runs/${runId(1)}:pause`]: (res) => res.status(202).json(aRun({ status: 'Pausing' })),
    [`POST /api/v1/runs/${runId(1)}:resume`]: (res) => res.status(202).json(aRun()),
    [`POST /api/v1/runs/${runId(1)}:cancel`]: (res) => res.status(202).json(aRun({ status: 'Cancelling' })),
    [`POST /api/v1/runs/${runId(1)}:approve`]: (res) => res.status(202).json(aRun()),
    [`POST /api/v1/runs/${runId(1)}:decline`]: (res) => res.status(202).json(aRun({ status: 'Cancelled' })),
    [`POST /api/v1/runs/${runId(1)}:retry`]: (res, body) =>
      (body as { dryRun?: boolean }).dryRun
        ? res.json({ willRetry: 41, willNot: [{ reason: 'too-small', count: 6 }] })
        : res.status(202).json({ ...aRun({ id: runId(2) }), retryOf: runId(1) }),
    'GET /api/v1/quota': (res) => res.json(QUOTA),
    'PUT /api/v1/quota': (res, body) => res.json(body),
    'POST /api/v1/containers/photos:verify': (res) =>
      res.json({ clean: false, checkedAt: '2026-01-02T03:04:05Z', differences: [DIFFERENCE] }),
    'POST /api/v1/containers/empty:verify': (res) =>
      res
        .status(202)
        .set({ 'Operation-Location': `http://inside.example${OPERATION}`, 'Retry-After': '0.1' })
        .json({ status: 'Running' }),
    [`GET ${OPERATION}`]: (res) =>
      ++polls < 2
        ? res.status(202).json({ status: 'Running' })
        : res.json({ clean: true, checkedAt: '2026-01-02T03:04:05Z', differences: [] }),
    'POST /api/v1/containers/photos:repair': (res) =>
      res.json({ clean: false, differences: [DIFFERENCE], count: 1, changed: { orphans: 0, totals: 1 } }),
    'PUT /api/v1/containers/photos/watch': (res, body) => res.json(body),
    'GET /api/v1/containers/photos/watch': (res) => res.json({ every: 900 }),
    'DELETE /api/v1/containers/photos/watch': (res) => res.status(204).end(),
  };
  router.use((req, res, next) => {
    const answer = answers[`${req.method} ${req.path}`];
    if (!answer) return next();
    readJson(req, res, () => {
      const body: unknown = req.body;
      received.push({ method: req.method, url: req.url, ...(body !== undefined && { body }) });
      answer(res, body);
    });
  });
  return router;
}

describe('run start', () => {
  test('prints the id and nothing else on standard output', async () => {
    const outcome = await server.cli('run', 'start', 'photos', '--prefix', 'a/', '--confirm-shrink');
    expect(outcome).toEqual({
      code: 0,
      stdout: `${runId(1)}\n`,
      stderr: `Started. Follow it with: contactsheet run watch ${runId(1)}\n`,
    });
    expect(server.useCases.commands).toEqual([
      expect.objectContaining({ container: 'photos', prefix: 'a/', confirmShrink: true }),
    ]);
  });

  test('prints what the API answered', async () => {
    const started = json((await server.cli('run', 'start', 'photos', '-o', 'json')).stdout);
    expect(started).toEqual((await request(server.url).get(`/api/v1/runs/${runId(1)}`)).body);
  });

  test('--features choose what Vision is asked for, and the run shows it', async () => {
    const { code, stdout } = await server.cli('run', 'start', 'photos', '--features', 'tags,adult', '-o', 'json');
    expect([code, (json(stdout) as { features: string[] }).features]).toEqual([0, ['Adult', 'Tags']]);
    expect((await server.cli('run', 'show', runId(1))).stdout).toMatch(/ features +Adult, Tags\n/);
  });

  test('2: a feature that Vision does not have is named, with those it has', async () => {
    const { code, stdout, stderr } = await server.cli('run', 'start', 'photos', '--features', 'tags,smiles');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/no feature smiles; it has Categories, Tags/);
    expect(server.useCases.commands).toEqual([]);
  });

  test('8: a run that is active already is named', async () => {
    server.useCases.runs.set(runId(7), aRun({ id: runId(7) }));
    const { code, stdout, stderr } = await server.cli('run', 'start', 'photos');
    expect({ code, stdout }).toEqual({ code: 8, stdout: '' });
    expect(stderr).toContain(`follow it with: contactsheet run watch ${runId(7)}`);
  });

  test('is never sent twice once it may have arrived', async () => {
    let asked = 0;
    const dropping = express.Router().post('/api/v1/containers/photos/runs', (req) => {
      asked++;
      req.socket.destroy();
    });
    const other = await aServer({ before: dropping });
    expect(await other.cli('run', 'start', 'photos')).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('broke'),
    });
    expect(asked).toBe(1);
    await other.stop();
  });

  test('--dry-run says what it would cost and starts nothing', async () => {
    const { code, stdout } = await server.cli('run', 'start', 'photos', '--dry-run', '--features', 'tags,color');
    expect(code).toBe(0);
    expect(stdout).toContain('about 4.12 USD');
    expect(received).toEqual([
      { method: 'POST', url: '/api/v1/containers/photos/quotes', body: { features: ['tags', 'color'] } },
    ]);
    expect(server.useCases.runs.size).toBe(0);
  });
});

test('what the options of a start become', async () => {
  const start = express.Router().post('/api/v1/containers/photos/runs', express.json(), (req, res) => {
    received.push({ method: 'POST', url: req.url, body: req.body as unknown });
    res.status(202).json(aRun());
  });
  const other = await aServer({ before: start });
  const words = ['--features', 'tags', '--max-transactions', '500'];
  await other.cli('run', 'start', 'photos', ...words, '--approve', 'always');
  await other.cli('run', 'start', 'photos', '--approve', 'above:2.50');
  expect(received.map(({ body }) => body)).toEqual([
    { features: ['tags'], approval: 'always', maxTransactions: 500 },
    { approval: { above: 2.5 } },
  ]);
  await other.stop();
});

test('a quote is for the features that are chosen', async () => {
  const other = await aServer();
  expect((await other.cli('quote', 'photos', '--features', 'tags')).stdout).toMatch(/features +Tags\n/);
  await other.stop();
});

test('quote', async () => {
  const { stdout } = await server.cli('quote', 'photos', '--sample', '20', '--prefix', 'p');
  expect(received).toEqual([
    { method: 'POST', url: '/api/v1/containers/photos/quotes?sample=20', body: { prefix: 'p' } },
  ]);
  expect(stdout).toBe(
    [
      'container     photos',
      'images        1,240',
      '  new         1,000',
      '  changed     40',
      '  unchanged   200',
      '  from cache  10',
      '  too-small   3',
      'calls         1,030',
      '  uncertain   300 (neither name nor type says that they are images)',
      'transactions  4,120',
      'price         about 4.12 USD at 0.001 USD each (an estimate)',
      'takes         1m43s',
      'plan          p1',
      'expires       2026-01-02 04:04:05Z',
      '',
    ].join('\n'),
  );
  expect(json((await server.cli('quote', 'photos', '-o', 'json')).stdout)).toEqual(QUOTE);
});

describe('a sample', () => {
  const cost = { unit: 0.001, currency: 'USD', total: 0.076 };
  const SAMPLE = {
    ...{ size: 20, analysed: 18, cached: 0, failed: 1, errorRate: 0.0526, calls: 19, transactions: 76, cost },
    ...{ failures: { 'vision-timeout': 1 }, ineligible: { 'too-small': 1 }, meanCallMs: 81 },
    projected: { calls: 730, transactions: 2920, total: 2.92 },
    tags: [
      { name: 'sky', count: 12, meanConfidence: 0.93 },
      { name: 'sea', count: 3, meanConfidence: 0.7 },
    ],
  };

  let other: Server;
  afterEach(() => other?.stop());

  /** Answers at first where to ask. */
  async function aSampler(result: object) {
    let polls = 0;
    const router = express
      .Router()
      .post('/api/v1/containers/photos/quotes', (req, res) => {
        received.push({ method: 'POST', url: req.url });
        res
          .status(202)
          .set({ 'Operation-Location': `http://inside.example${OPERATION}`, 'Retry-After': '0.1' })
          .json({ status: 'Running' });
      })
      .get(OPERATION, (_, res) => {
        res.json(++polls < 2 ? { status: 'Running' } : { status: 'Succeeded', kind: 'quote', ...result });
      });
    other = await aServer({ before: router });
    return other;
  }

  test('is waited for, and shown below the quote', async () => {
    const { cli } = await aSampler({ result: { ...QUOTE, sample: SAMPLE } });
    const { code, stdout, stderr } = await cli('run', 'start', 'photos', '--dry-run', '--sample', '20');
    expect([code, stderr]).toEqual([0, 'This takes a while ...\n']);
    expect(received).toEqual([{ method: 'POST', url: '/api/v1/containers/photos/quotes?sample=20' }]);
    expect(stdout.slice(stdout.indexOf('sample'))).toBe(
      [
        'sample              20 images at random',
        '  analysed          18',
        '  failed            1 (5.3%)',
        '    vision-timeout  1',
        '    too-small       1',
        '  calls             19',
        '  cost              0.08 USD for 76 transactions (measured)',
        '  mean call         81 ms',
        '  the rest          about 2.92 USD for 730 calls, if it is alike',
        '  tags              sky 12, sea 3',
        '',
      ].join('\n'),
    );
  });

  test('that failed says why', async () => {
    const error = { code: 'vision-unauthorized', message: 'Vision refuses our key' };
    const { cli } = await aSampler({ status: 'Failed', error });
    const { code, stderr } = await cli('quote', 'photos', '--sample', '20');
    expect(code).toBe(1);
    expect(stderr).toContain('the sample failed: Vision refuses our key');
  });

  test.each([
    [['quote', 'photos', '--sample', '0'], '1 to 100'],
    [['quote', 'photos', '--sample', '101'], '1 to 100'],
    [['run', 'start', 'photos', '--sample', '5'], '--dry-run'],
    [['run', 'start', 'photos', '--timeout', '30m'], 'Add --wait'],
    [['run', 'retry', runId(1), '--timeout', '30m'], 'Add --wait'],
  ])('%j is wrong usage, and nothing is sent', async (words, said) => {
    const { code, stderr } = await server.cli(...words);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
    expect(received).toEqual([]);
  });
});

describe('commands to a run', () => {
  test.each([
    [['pause', '--reason', 'lunch'], { reason: 'lunch' }, 'Pausing'],
    [['resume'], undefined, 'Running'],
    [['resume', '--max-transactions', '900'], { maxTransactions: 900 }, 'Running'],
    [['cancel', '--reason', 'wrong container'], { reason: 'wrong container' }, 'Cancelling'],
    [['approve', '--plan-hash', 'p9', '--max-transactions', '5'], { planHash: 'p9', maxTransactions: 5 }, 'Running'],
    [['decline', '--reason', 'dear'], { reason: 'dear' }, 'Cancelled'],
  ])('%j sends %j', async ([verb = '', ...options], body, status) => {
    expect(await server.cli('run', verb, runId(1), ...options)).toEqual({ code: 0, stdout: `${status}\n`, stderr: '' });
    expect(received).toEqual([{ method: 'POST', url: `/api/v1/runs/${runId(1)}:${verb}`, ...(body && { body }) }]);
  });

  test('name who says it, where the name is one', async () => {
    const seen: unknown[] = [];
    const listening = express.Router().use((req, _res, next) => {
      seen.push(req.get('x-contactsheet-user'));
      next();
    });
    const other = await aServer({ before: listening.use(stubs()) });
    for (const named of [{ CONTACTSHEET_USER: 'alice' }, { CONTACTSHEET_USER: 'ä\n' }, {}]) {
      await startCli(['run', 'pause', runId(1)], { CONTACTSHEET_ADDRESS: other.url, ...named }).ended;
    }
    expect(seen).toEqual(['alice', undefined, userInfo().username]);
    await other.stop();
  });

  test('approve names the plan that the run shows', async () => {
    const quote = { ...aRun().quote, planHash: 'p1' } as Quote;
    const shown = express.Router().get(`/api/v1/runs/${runId(1)}`, (_req, res) => void res.json(aRun({ quote })));
    const other = await aServer({ before: shown.use(stubs()) });
    expect(await other.cli('run', 'approve', runId(1))).toMatchObject({ code: 0 });
    expect(received.map(({ body }) => body)).toEqual([{ planHash: 'p1' }]);
    await other.stop();
  });

  test('approve without a plan is a conflict', async () => {
    const { quote: _, ...run } = aRun();
    server.useCases.runs.set(runId(1), run);
    expect(await server.cli('run', 'approve', runId(1))).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('--plan-hash'),
    });
  });

  test('retry: a dry run says what and why not, a real one is a new run', async () => {
    const dry = await server.cli('run', 'retry', runId(1), '--code', 'vision-timeout', '--dry-run');
    expect(dry).toEqual({ code: 0, stdout: '41 will be retried, 6 not:\nNOT  WHY\n  6  too-small\n', stderr: '' });
    const real = await server.cli('run', 'retry', runId(1), '--prefix', 'a/', '--max-transactions', '9', '-q');
    expect(real).toEqual({ code: 0, stdout: `${runId(2)}\n`, stderr: '' });
    expect(received.map(({ body }) => body)).toEqual([
      { code: 'vision-timeout', dryRun: true },
      { prefix: 'a/', maxTransactions: 9 },
    ]);
  });

  test('retry: where nothing is left to try again it says so, what to do, and ends with 8', async () => {
    server.useCases.runs.set(runId(3), aRun({ id: runId(3), status: 'Completed' }));
    server.useCases.failNext(new AppError('nothing-to-retry', 'No image is left.'));
    expect(await server.cli('run', 'retry', runId(3), '--wait')).toEqual({
      code: 8,
      stdout: '',
      stderr: expect.stringMatching(/Nothing to retry: No image is left\.\n.*cure: .*start a new run/s),
    });
  });
});

describe('containers', () => {
  test('verify names the differences and ends with 1', async () => {
    const { code, stdout } = await server.cli('container', 'verify', 'photos');
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: 'Found 1 difference:\nKIND     BLOB   EXPECTED  ACTUAL\nmissing  a.jpg  1         0\n',
    });
  });

  test('verify follows a recount that takes long, at the known address', async () => {
    const { code, stdout, stderr } = await server.cli('container', 'verify', 'empty');
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'Clean: documents, totals and listing agree.\n',
      stderr: 'This takes a while ...\n',
    });
  });

  test('repair says what it changed', async () => {
    expect(await server.cli('container', 'repair', 'photos')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Found 1 difference:\n(.*\n)*changed\.totals +1\n$/),
    });
  });

  test('watch: show, set, end', async () => {
    expect((await server.cli('container', 'watch', 'photos')).stdout).toBe('every  900\n');
    await server.cli('container', 'watch', 'photos', '--every', '15m', '--approve', 'auto', '--max-transactions', '9');
    expect(await server.cli('container', 'watch', 'photos', '--off')).toMatchObject({
      code: 0,
      stdout: 'No longer watched.\n',
    });
    expect(received.map(({ method, body }) => [method, body])).toEqual([
      ['GET', undefined],
      ['PUT', { every: 900, approval: 'auto', caps: { maxTransactions: 9 } }],
      ['DELETE', undefined],
    ]);
  });

  test('list shows them by name, a page or all', async () => {
    server.useCases.runs.set(runId(1), aRun());
    expect(jsonLines((await server.cli('container', 'list', '-o', 'jsonl')).stdout)).toMatchObject([
      { container: 'empty', images: { total: 0 }, lastRun: runId(1) },
      { container: 'photos', activeRun: runId(1), updatedAt: '2026-01-02T00:00:00.000Z' },
    ]);
    const { stdout, stderr } = await server.cli('container', 'list', '--limit', '1');
    expect(stdout).toMatch(/^CONTAINER +IMAGES +ACTIVE RUN +LAST RUN +UPDATED\nempty +0 /);
    expect(stdout).not.toContain('photos');
    expect(stderr).toContain('--all shows the rest');
  });
});

test('quota: show, and set what is named', async () => {
  expect((await server.cli('quota', 'show')).stdout).toBe(
    'resource             local\nratePerSecond        10\nmonthlyTransactions  5000\n',
  );
  const { code, stdout } = await server.cli('quota', 'set', '--rate', '20/min', '--weight', 'r1=2', '-o', 'json');
  expect(code).toBe(0);
  expect(json(stdout)).toEqual({ ratePerMinute: 20, weights: { r1: 2 } });
  expect(json((await server.cli('quota', 'set', '--end-wait', '-o', 'json')).stdout)).toEqual({ pausedUntil: null });
});

describe('a server that lacks a route', () => {
  const lacking = (status: number, code: string) =>
    express.Router().use('/api', (_req, res) => {
      res
        .status(status)
        .type('application/problem+json')
        .send(JSON.stringify({ title: 'x', status, code }));
    });

  test.each([
    [404, 'route-not-found', ['quote', 'photos'], 'quotes'],
    [405, 'method-not-allowed', ['run', 'pause', runId(1)], "'pause' for runs"],
    [404, 'route-not-found', ['run', 'receipt', runId(1)], 'receipts'],
    [404, 'route-not-found', ['quota', 'show'], 'quotas'],
  ])('%i %s: %j', async (status, code, words, what) => {
    const other = await aServer({ before: lacking(status, code) });
    expect(await other.cli(...words)).toMatchObject({
      code: 5,
      stdout: '',
      stderr: `error: this server does not offer ${what} yet\nUse a newer server.\n`,
    });
    await other.stop();
  });
});

describe('doctor', () => {
  test('finds everything well', async () => {
    server.useCases.runs.set(runId(1), aRun());
    const { code, stdout } = await server.cli('doctor', '-o', 'json');
    expect(code).toBe(0);
    expect(json(stdout)).toMatchObject({
      ok: true,
      checks: {
        api: { state: 'ok' },
        sidecar: { state: 'ok' },
        worker: { state: 'ok' },
        storage: { state: 'ok' },
        results: { state: 'ok' },
        vision: { state: 'ok', detail: expect.stringContaining(`answered 1 calls in run ${runId(1)}`) },
      },
    });
  });

  test('knows Vision by the newest run that called it, however many did not since', async () => {
    const startedAt = (minute: number) => `2026-01-02T03:${String(minute).padStart(2, '0')}:00.000Z`;
    server.useCases.runs.set(runId(1), aRun({ calls: 7, startedAt: startedAt(0) }));
    for (const n of [2, 3, 4]) {
      server.useCases.runs.set(
        runId(n),
        aRun({ id: runId(n), status: 'Completed', calls: 0, startedAt: startedAt(n) }),
      );
    }
    const { stdout } = await server.cli('doctor');
    expect(stdout).toContain(`ok       vision    answered 7 calls in run ${runId(1)}, started ${startedAt(0)}`);
  });

  test.each([
    ['there is no run', []],
    ['no image of the latest runs needed it', [aRun({ status: 'Completed', calls: 0 })]],
  ])('says that nobody has called Vision yet, and what would: %s', async (why, runs) => {
    for (const run of runs) server.useCases.runs.set(run.id, run);
    const { code, stdout } = await server.cli('doctor');
    expect(code).toBe(0);
    expect(stdout).toContain(`unknown  vision    not called yet (local): ${why}\n`);
    expect(stdout).toContain('cure: `contactsheet quote CONTAINER --sample 1` calls it, for the price of one image.');
  });

  test('says what is not well, and the cure', async () => {
    server.useCases.report = {
      ready: false,
      checks: { sidecar: { ok: false, detail: 'it does not answer' }, results: { ok: false } },
    };
    server.useCases.runs.set(
      runId(1),
      aRun({
        failureGroups: [
          { stage: 'vision', code: 'vision-unauthorized', reason: 'x', count: 1, retryable: false, sample: 'a' },
        ],
      }),
    );
    const { code, stdout } = await server.cli('doctor');
    expect(code).toBe(1);
    expect(stdout).toMatch(/failed {3}sidecar {3}it does not answer\n {19}cure: Start daprd/);
    expect(stdout).toMatch(/failed {3}results.*\n.*COSMOS_ENDPOINT/);
    expect(stdout).toMatch(/failed {3}vision {4}vision-unauthorized in run .*\n.*VISION_KEY/);
    expect(stdout).toContain('ok       storage   answers');
  });

  test.each([
    [
      'vision',
      'Vision asked to wait until noon.',
      /failed {3}vision {4}Vision asked to wait until noon.\n.*--end-wait/,
    ],
    ['service', 'Vision does not answer: vision-network.', /failed {3}vision {4}Vision does not .*\n.*VISION_KEY/],
    ['service', 'Blob Storage does not answer: storage-unavailable.', /ok {7}vision {4}answered 1 calls/],
    ['step-failed', 'analyze-chunk failed: vision.jpg', /ok {7}vision {4}answered 1 calls/],
  ] as const)('knows by its code whether a run waits for Vision: %s, %s', async (waitingCode, waiting, said) => {
    server.useCases.runs.set(runId(1), aRun({ status: 'Running', waitingCode, waiting }));
    expect((await server.cli('doctor')).stdout).toMatch(said);
  });

  test.each([
    ['vision-unauthorized: Vision refused the key (401).', 'vision-unauthorized', 'Correct VISION_KEY'],
    ['The run ended: vision-unsupported-feature, as the region lacks it.', 'vision-unsupported-feature', 'VISION_KEY'],
  ])('a run that Vision ended tells it, although it called: %s', async (reason, code, cure) => {
    server.useCases.runs.set(runId(1), aRun({ status: 'Completed', calls: 9 }));
    const failed = aRun({ id: runId(2), status: 'Failed', calls: 1, reason, startedAt: '2026-01-02T04:00:00.000Z' });
    server.useCases.runs.set(failed.id, failed);
    const { code: exit, stdout } = await server.cli('doctor');
    expect(exit).toBe(1);
    expect(stdout).toContain(`failed   vision    ${code} ended run ${failed.id}, started ${failed.startedAt}`);
    expect(stdout).toContain(cure);
    const later = aRun({ id: runId(3), status: 'Completed', calls: 2, startedAt: '2026-01-02T05:00:00.000Z' });
    server.useCases.runs.set(later.id, later);
    expect((await server.cli('doctor')).stdout).toContain(`ok       vision    answered 2 calls in run ${later.id}`);
  });

  test('a part that hangs has 5 s, and hides no other', async () => {
    const frozen = await aServer({
      before: express.Router().use((req, _res, next) => {
        if (!/^\/api\/v1\/(runs|containers)/.test(req.url)) next();
      }),
    });
    const began = performance.now();
    const { stdout } = await frozen.cli('doctor');
    expect(performance.now() - began).toBeLessThan(9_000); // with the start of the command line
    expect(stdout).toMatch(/ok {7}sidecar/);
    expect(stdout).toMatch(/unknown {2}storage {3}http.* did not answer within 5 s/);
    expect(stdout).toMatch(/unknown {2}results {3}http.* did not answer within 5 s/);
    expect(stdout).toMatch(/unknown {2}vision {4}http.* did not answer within 5 s/);
    await frozen.stop();
  }, 20_000);

  test('7 when the API is away', async () => {
    await server.stop();
    expect(await server.cli('doctor')).toMatchObject({
      code: 7,
      stdout: expect.stringMatching(/^failed {3}api.*\n.*npm start/),
    });
  });
});

describe('open and version', () => {
  test('open prints the address and hands it to the browser', async () => {
    expect(await server.cli('open', '--print')).toEqual({ code: 0, stdout: `${server.url}\n`, stderr: '' });
    expect(json((await server.cli('open', '--print', '-o', 'json')).stdout)).toEqual({ address: server.url });
    const opened = startCli(['open', '--address', server.url], { BROWSER: 'touch-no-such-program' });
    expect(await opened.ended).toEqual({
      code: 0,
      stdout: `${server.url}\n`,
      stderr: 'No browser could be opened.\n',
    });
  });

  test('version', async () => {
    const { version } = json((await server.cli('version', '-o', 'json')).stdout) as { version: string };
    expect((await server.cli('--version')).stdout).toBe(`${version}\n`);
  });
});
