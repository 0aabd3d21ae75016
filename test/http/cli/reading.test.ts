import { createHash } from 'node:crypto';
import { noted } from '../../../src/domain/run/audit';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import request from 'supertest';
import { AppError } from '../../../src/domain/errors';
import { anImage, aRun, runId } from '../fake-use-cases';
import { aServer, compile, json, jsonLines } from './running';

type Server = Awaited<ReturnType<typeof aServer>>;

let server: Server;
beforeAll(compile);
beforeEach(async () => {
  server = await aServer({ before: records() });
});
afterEach(() => server.stop());

/** Routes of the API as they are to be, where the fake has none. */
function records() {
  const router = express.Router();
  const outcome = {
    blob: 'b/1.jpg',
    status: 'succeeded',
    listed: true,
    calls: 1,
    transactions: 4,
    waitMs: 1,
    workMs: 99,
  };
  router.get(`/api/v1/runs/${runId(1)}/images`, (req, res) => {
    const isSecond = req.query.continuation === 'x';
    const query = new URLSearchParams({ ...(req.query as Record<string, string>), continuation: 'x' });
    const failed = {
      ...outcome,
      status: 'failed',
      blob: `${String(req.query.prefix ?? '')}f.jpg`,
      code: 'vision-timeout',
      stage: 'vision',
      retryable: true,
      advice: 'Try again.',
    };
    res.json({
      value: [req.query.status === 'failed' ? failed : { ...outcome, blob: isSecond ? 'b/2.jpg' : 'b/1.jpg' }],
      // As a server behind a proxy knows itself: under an address that leads nowhere.
      ...(!isSecond && { nextLink: `http://inside.example/api/v1/runs/${runId(1)}/images?${query}` }),
    });
  });
  router.get(`/api/v1/runs/${runId(1)}/receipt`, (_req, res) => {
    res.json({ run: runId(1), counts: { total: 3 }, reports: [{ key: 'k', sha256: 'ab', lines: 3 }] });
  });
  router.get(`/api/v1/runs/${runId(1)}/audit`, (_req, res) => {
    const at = '2026-01-02T03:04:05Z';
    const resumed = { at, who: 'bob', verb: 'resume', maxTransactions: 1_200 };
    res.json({ value: [{ at, who: 'alice', verb: 'pause', reason: 'lunch' }, resumed] });
  });
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const word = { at: '2026-01-02T03:04:05Z', who: 'ann', verb: 'pause', from: 'Running', to: 'Pausing' } as const;
  for (const [n, who] of [[3, 'ann'] as const, [4, 'eve'] as const]) {
    const [entry] = noted([], word, { runId: runId(n), sha256 });
    router.get(`/api/v1/runs/${runId(n)}/audit`, (_req, res) => void res.json({ value: [{ ...entry, who }] }));
  }
  router.get(`/api/v1/runs/${runId(1)}/steps`, (_req, res) => {
    res.json({
      value: [{ step: 'snapshot', state: 'done', startedAt: '2026-01-02T03:04:05Z', endedAt: '2026-01-02T03:04:15Z' }],
    });
  });
  router.get(`/api/v1/runs/${runId(1)}/report`, (req, res) => {
    if (req.accepts(['application/x-ndjson', 'text/csv']) === 'text/csv')
      res.type('text/csv').send('blob,status\na,ok\n');
    else res.type('application/x-ndjson').send('{"blob":"a"}\n{"blob":"b"}\n');
  });
  router.get(`/api/v1/runs/${runId(2)}/report`, (_req, res) => {
    res.type('application/x-ndjson').write('{"blob":"a"}\n');
    setTimeout(() => res.destroy(), 50);
  });
  return router;
}

describe('run list', () => {
  test('is a table, newest first, with whole ids', async () => {
    server.useCases.runs.set(runId(1), aRun());
    server.useCases.runs.set(
      runId(2),
      aRun({ id: runId(2), status: 'Completed', endedAt: '2026-01-02T03:05:15.678Z' }),
    );
    const { code, stdout, stderr } = await server.cli('run', 'list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^RUN +STATUS +CONTAINER +STARTED +TOOK +DONE +FAILED +COST$/);
    expect(lines[1]).toMatch(
      new RegExp(`^${runId(2)}  Completed  photos +2026-01-02 03:04:05Z +1m10s +1/3 +0 +0\\.0040 EUR$`),
    );
    expect(lines[2]).toContain(runId(1));
  });

  test('follows nextLink to the end, in the shapes of the API', async () => {
    for (let n = 1; n <= 230; n++) server.useCases.runs.set(runId(n), aRun({ id: runId(n) }));
    const whole = await server.cli('run', 'ls', '--all', '-o', 'json');
    const { value } = json(whole.stdout) as { value: { id: string }[] };
    expect(value.map(({ id }) => id)).toEqual(Array.from({ length: 230 }, (_, n) => runId(230 - n)));
    const api = (await request(server.url).get('/api/v1/runs?maxpagesize=1')).body as { value: unknown[] };
    expect(value[0]).toEqual(api.value[0]);
    const lines = jsonLines((await server.cli('run', 'list', '--all', '-o', 'jsonl')).stdout);
    expect(lines).toEqual(value);
    const limited = await server.cli('run', 'list', '--limit', '120', '-o', 'jsonl');
    expect(jsonLines(limited.stdout)).toHaveLength(120);
    expect(limited.stderr).toContain('Only the first 120');
  });

  test('filters by container, state and age', async () => {
    server.useCases.runs.set(runId(1), aRun({ status: 'Failed', startedAt: '2020-01-01T00:00:00Z' }));
    server.useCases.runs.set(runId(2), aRun({ id: runId(2), container: 'other', startedAt: new Date().toISOString() }));
    const ids = async (...words: string[]) =>
      jsonLines((await server.cli('run', 'list', '-o', 'jsonl', ...words)).stdout).map(
        (run) => (run as { id: string }).id,
      );
    expect(await ids('--container', 'other')).toEqual([runId(2)]);
    expect(await ids('--status', 'failed,cancelled')).toEqual([runId(1)]);
    expect(await ids('--since', '24h')).toEqual([runId(2)]);
  });

  test('says what to do when there are none, and nothing when quiet', async () => {
    expect(await server.cli('run', 'list')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'No runs. Start one with: contactsheet run start <container>\n',
    });
    expect(await server.cli('run', 'list', '-q')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(json((await server.cli('run', 'list', '-o', 'json')).stdout)).toEqual({ value: [] });
  });
});

describe('one run', () => {
  test.each([
    [{}, 'failed images'],
    [{ status: 'skipped', reason: 'too-large' }, 'skipped images, reason too-large'],
    [{ code: 'vision-timeout' }, 'failed images, code vision-timeout'],
  ] as const)('says which images alone it is for: %j', async (retry, words) => {
    server.useCases.runs.set(runId(1), aRun({ retry }));
    const { stdout } = await server.cli('run', 'show', runId(1));
    expect(stdout).toMatch(new RegExp(`^ {2}only +${words}$`, 'm'));
  });

  test('says what the work took, each counter that is not 0 in its unit', async () => {
    server.useCases.runs.set(runId(1), aRun({ downloads: 1_200, bytesDownloaded: 34_200_000, throttled: 3 }));
    const { stdout } = await server.cli('run', 'show', runId(1));
    expect(stdout).toMatch(/^ {2}downloads +1,200\n {2}bytes downloaded +34 MB\n {2}throttled +3$/m);
    expect(stdout).not.toContain('retries');
  });

  test('as text, with its failures by cause', async () => {
    server.useCases.runs.set(
      runId(1),
      aRun({
        status: 'CompletedWithErrors',
        endedAt: '2026-01-02T03:05:15.678Z',
        failureGroups: [
          {
            reason: 'vision-timeout',
            code: 'vision-timeout',
            stage: 'vision',
            count: 2,
            retryable: true,
            sample: 'a\u001b[2J.jpg',
          },
        ],
      }),
    );
    const { stdout } = await server.cli('run', 'show', runId(1));
    expect(stdout).toContain(`Run ${runId(1)} over photos: CompletedWithErrors\n`);
    expect(stdout).toContain('  images    3: 1 analysed, 0 failed, 0 skipped, 0 unchanged, 2 in flight\n');
    expect(stdout).toMatch(/ {2}took +1m10s\n/);
    expect(stdout).toMatch(/2 {2}vision {2}vision-timeout {2}vision-timeout {2}worth it {2}a\.jpg/);
    const groups = json((await server.cli('run', 'failures', runId(1), '-o', 'json')).stdout);
    const { body } = await request(server.url).get(`/api/v1/runs/${runId(1)}`);
    expect(groups).toEqual({ value: (body as { failureGroups: unknown }).failureGroups });
  });

  test('with an empty place where a group of failures names no image', async () => {
    const group = { reason: 'budget', code: 'budget', stage: 'quota', count: 40, retryable: true };
    server.useCases.runs.set(runId(1), aRun({ status: 'StoppedAtBudget', failureGroups: [group] }));
    const { code, stdout } = await server.cli('run', 'failures', runId(1));
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/40 {2}quota {2}budget {2}budget {2}worth it {2,}Not analysed/),
    ]);
  });

  test('as the API has it', async () => {
    server.useCases.runs.set(runId(1), aRun());
    const { body } = await request(server.url).get(`/api/v1/runs/${runId(1)}`);
    expect(json((await server.cli('run', 'show', runId(1), '-o', 'json')).stdout)).toEqual(body);
    expect(jsonLines((await server.cli('run', 'show', runId(1), '-o', 'jsonl')).stdout)).toEqual([body]);
  });
});

describe('what a run leaves behind', () => {
  test('its images, page by page, at the address that is known', async () => {
    const { code, stdout } = await server.cli('run', 'results', runId(1));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^STATUS +BLOB +CALLS +TRANSACTIONS +TOOK +WHY\nsucceeded +b\/1\.jpg +1 +4 +100 ms\nsucceeded +b\/2\.jpg/,
    );
  });

  test('its failed images', async () => {
    const { stdout } = await server.cli('run', 'failures', runId(1), '--images', '--prefix', 'p/', '--limit', '1');
    expect(stdout).toMatch(/p\/f\.jpg +vision +vision-timeout +worth it +Try again\.\n$/);
  });

  test('its receipt, steps and audit trail', async () => {
    expect((await server.cli('run', 'receipt', runId(1))).stdout).toBe(
      `run           ${runId(1)}\ncounts.total  3\n\nreports:\nKEY  SHA256  LINES\nk    ab      3\n`,
    );
    expect((await server.cli('run', 'steps', runId(1))).stdout).toEqual(
      expect.stringMatching(/\nsnapshot {2}done {3}2026-01-02 03:04:05Z {3}10s\n$/),
    );
    expect((await server.cli('run', 'audit', runId(1))).stdout).toMatch(
      / alice {2}pause .* lunch\n.* resume, at most 1,200/,
    );
    const [entry, next] = jsonLines((await server.cli('run', 'audit', runId(1), '-o', 'jsonl')).stdout);
    expect(entry).toEqual({ at: '2026-01-02T03:04:05Z', who: 'alice', verb: 'pause', reason: 'lunch' });
    expect(json((await server.cli('run', 'audit', runId(1), '-o', 'json')).stdout)).toEqual({ value: [entry, next] });
  });

  test('whether its audit trail is whole', async () => {
    const whole = await server.cli('run', 'audit', runId(3), '--verify');
    expect([whole.code, whole.stdout]).toEqual([
      0,
      expect.stringMatching(/^whole: 1 entries\nlast hash: [0-9a-f]{64}\n$/),
    ]);
    const touched = await server.cli('run', 'audit', runId(4), '--verify');
    expect([touched.code, touched.stderr]).toEqual([1, expect.stringContaining('not whole: entry 1')]);
  });

  test('its report, to standard output or a file, and never half of it', async () => {
    expect((await server.cli('run', 'report', runId(1))).stdout).toBe('{"blob":"a"}\n{"blob":"b"}\n');
    const folder = await mkdtemp(join(tmpdir(), 'contactsheet-cli-'));
    const file = join(folder, 'report.csv');
    const saved = await server.cli('run', 'report', runId(1), '--format', 'csv', '--out', file);
    expect(saved).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(file, 'utf8')).toBe('blob,status\na,ok\n');
    const broken = await server.cli('run', 'report', runId(2), '--out', join(folder, 'broken.jsonl'));
    expect(broken).toMatchObject({ code: 7, stderr: expect.stringContaining('broke off') });
    expect(await readdir(folder)).toEqual(['report.csv']);
    const nowhere = await server.cli('run', 'report', runId(1), '--out', join(folder, 'no', 'such'));
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written (ENOENT)') });
    await rm(folder, { recursive: true });
  });
});

describe('containers, images, tags', () => {
  test('totals of a container', async () => {
    const { body } = await request(server.url).get('/api/v1/containers/photos');
    expect(json((await server.cli('container', 'show', 'photos', '-o', 'json')).stdout)).toEqual(body);
    const { stdout } = await server.cli('container', 'show', 'photos');
    expect(stdout).toMatch(/^container +photos\nimages +0\n/);
    expect(stdout).toMatch(/mountain +1 +0\.99\nsky +1\n$/);
  });

  test('the history of an image, with the bytes of each download', async () => {
    const attempt = { startedAt: '2026-01-02T03:04:05Z', waitMs: 1, workMs: 9, runId: runId(1) };
    const attempts = [
      { stage: 'download', bytesDownloaded: 1_234, ...attempt },
      { stage: 'vision', ...attempt },
    ] as const;
    server.useCases.images.push(anImage('read.jpg', { attempts }));
    const history = json((await server.cli('image', 'show', 'photos/read.jpg', '--history', '-o', 'json')).stdout);
    expect(history).toMatchObject({ attempts });
    const { stdout } = await server.cli('image', 'show', 'photos/read.jpg', '--history');
    expect(stdout).toMatch(/BYTESDOWNLOADED/);
    expect(stdout).toMatch(/^download .* 1234\b/m);
  });

  test('an image, whatever its name', async () => {
    const blob = 'ferien/2026 ä#?%2F+🙂\t\r\n.jpg';
    server.useCases.images.push(
      anImage(blob, {
        analysis: { description: { captions: [{ text: 'a \u001b[31mmountain', confidence: 0.9 }], tags: [] } },
      }),
    );
    const { code, stdout } = await server.cli('image', 'show', `photos/${blob}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^blob +ferien\/2026 ä#\?%2F\+🙂 \.jpg\n/);
    expect(stdout).toMatch(/caption +a mountain\n/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    const exact = json((await server.cli('image', 'show', `photos/${blob}`, '-o', 'json')).stdout);
    expect(exact).toMatchObject({ blob });
  });

  test('the smart crops of an image', async () => {
    const smartCrops = [0.9, 1.333].map((aspectRatio) => ({ aspectRatio, rectangle: { x: 54, y: 0, w: 760, h: 571 } }));
    server.useCases.images.push(anImage('cropped.jpg', { analysis: { smartCrops } }));
    const { stdout } = await server.cli('image', 'show', 'photos/cropped.jpg');
    expect(stdout).toMatch(/^crops +0\.90: 760 x 571 at 54, 0, 1\.33: 760 x 571 at 54, 0\n/m);
  });

  test('tags', async () => {
    expect((await server.cli('tags', 'photos', '--top', '1')).stdout).toMatch(/^TAG.*\nmountain +1 +0\.99\n$/);
    expect(json((await server.cli('tags', 'photos', '-o', 'json')).stdout)).toEqual({
      value: [
        { name: 'mountain', count: 1, meanConfidence: 0.99 },
        { name: 'sky', count: 1 },
      ],
    });
  });
});

describe('errors', () => {
  test.each([
    [5, ['run', 'show', runId(9)], 'error: Run not found: No run has this id.\ncure: Take the id'],
    [5, ['container', 'show', 'nowhere'], 'error: Container not found'],
    [5, ['image', 'show', 'photos/none.jpg'], 'error: Image not found'],
    [2, ['container', 'show', 'UPPER'], 'error: Not a container name'],
  ])('%i: %j', async (code, words, message) => {
    const outcome = await server.cli(...words);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain('request id');
  });

  test('6: what the server may not read', async () => {
    server.useCases.failNext(new AppError('container-forbidden', 'No right to list.'));
    expect(await server.cli('container', 'show', 'photos')).toMatchObject({ code: 6 });
  });

  test('1: a failure of the server, with the request id for its log', async () => {
    server.useCases.failNext(new Error('secret'));
    const { code, stderr } = await server.cli('run', 'list');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: Something went wrong on our side: .*\ncure: .*\nrequest id: [0-9a-f-]{36}\n$/);
  });

  test('a short outage is tried again without a word', async () => {
    server.useCases.failNext(new AppError('results-unavailable', 'x'));
    expect(await server.cli('run', 'list', '-q')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('7: nobody there', async () => {
    await server.stop();
    expect(await server.cli('run', 'list')).toMatchObject({
      code: 7,
      stdout: '',
      stderr: expect.stringContaining('npm start'),
    });
  });

  test('an answer of something else is recognised', async () => {
    const strange = express.Router().use((_req, res) => {
      res.type('html').send('<h1>Welcome to nginx</h1>');
    });
    const other = await aServer({ before: strange });
    expect(await other.cli('run', 'list')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not answer like a Contactsheet'),
    });
    expect((await other.cli('doctor')).stdout).toContain('failed   api');
    await other.stop();
  });

  test('a reader that has seen enough is no failure', async () => {
    for (let n = 1; n <= 500; n++) server.useCases.runs.set(runId(n), aRun({ id: runId(n) }));
    const { child, ended } = server.start('run', 'list', '--all', '-o', 'json');
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });
});
