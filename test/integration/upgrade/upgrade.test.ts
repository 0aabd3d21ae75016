import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonLines, taken } from '../../../src/contract';
import { startTestStack, type TestStack, withLogs } from '../framework';
import { ended } from '../main-job/client';

/**
 * `home-0.1.0.tar.gz` is the data folder of a start of build 12f19b7, as that build left it when it was stopped: one run over
 * container `finished` (12 pictures) that completed, and one over `paused` (40 pictures) that was paused after 16 calls.
 * `answers-0.1.0.json` is what that build answered about it, without links.
 */
interface Answers {
  readonly runs: readonly Shown[];
  readonly totals: Readonly<Record<'finished' | 'paused', unknown>>;
  readonly images: readonly unknown[];
  readonly quota: unknown;
}

type Shown = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly container: string;
  readonly status: string;
  readonly calls: number;
};

const before = JSON.parse(readFileSync(join(__dirname, 'answers-0.1.0.json'), 'utf8')) as Answers;
const paused = before.runs.find(({ status }) => status === 'Paused') as Shown;

let home: string;
let stack: TestStack;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'contactsheet-upgrade-'));
  execFileSync('tar', ['-xzf', join(__dirname, 'home-0.1.0.tar.gz'), '-C', home]);
  stack = await startTestStack({ home, appEnv: { REPORT_RETENTION_DAYS: '24855' } }); // or time would take the run away
});
afterAll(async () => {
  await stack?.stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
});

const totals = async (container: string) => (await stack.client.getContainer({ params: { container } })).body;

test('runs, totals, images and the paused run of an older build are answered as that build did', async () => {
  expect((await stack.client.listRuns()).body).toMatchObject({ value: before.runs });
  expect(await totals('finished')).toMatchObject(before.totals.finished as object);
  expect(await totals('paused')).toMatchObject(before.totals.paused as object);
  expect(taken(await stack.client.listImages({ params: { container: 'finished' } })).value).toMatchObject([
    ...before.images,
    ...Array(10).fill({}),
  ]);
  expect((await stack.client.getRun({ params: { id: paused.id } })).body).toMatchObject(paused);
});

test('every record of a run of an older build is answered as the API of this build declares it', async () => {
  const { id, container } = before.runs.find(({ status }) => status === 'Completed') as Shown;
  const { client } = stack;
  const run = { params: { id } };
  const [image] = taken(await client.listImages({ params: { container } })).value;
  const ofImage = { params: { container, blob: image?.blob ?? '' } };
  // The fields of each answer are checked against its schema, as those of every answer are (test/answers).
  const answers = await Promise.all([
    ...[client.getReceipt(run), client.getAudit(run), client.listRunSteps(run), client.listRunImages(run)],
    ...[client.getImage(ofImage), client.getImageHistory(ofImage)],
    ...[client.listContainers(), client.listActivity({ params: { container } })],
    ...[client.getInstance({ params: { instanceId: id }, query: { showHistory: 'true' } }), client.getQuota()],
  ]);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  const lines = [];
  for await (const line of jsonLines(taken(await client.getRunReport(run)))) lines.push(line);
  expect(lines).toHaveLength(12);
});

test('its paused run goes on and ends right, and calls for no image twice', () =>
  withLogs(async () => {
    const { status } = await stack.client.resumeRun({ params: { id: paused.id } });
    expect(status).toBe(202);

    const run = await ended(stack, paused.id, 90_000);

    expect(run).toMatchObject({ status: 'Completed', counts: { total: 40, succeeded: 40, failed: 0, skipped: 0 } });
    const { calls, cacheHits } = run;
    expect(calls + cacheHits).toBe(40);
    const seen = (await (await fetch(`${stack.endpoints.vision.endpoint}/stats`)).json()) as { calls: number };
    expect(seen.calls).toBe(calls - paused.calls);
    expect(await totals('paused')).toMatchObject({ images: { total: 40, succeeded: 40 } });
  }));

test('an unchanged container of an older build costs no call', async () => {
  const { id } = taken(await stack.client.startRun({ params: { container: 'finished' } }));
  const run = await ended(stack, id);

  expect(run).toMatchObject({ status: 'Completed', calls: 0, counts: { total: 12, unchanged: 12 } });
});
