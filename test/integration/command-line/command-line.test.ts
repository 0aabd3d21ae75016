import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { taken } from '../../../src/contract';
import { createPictures } from '../../../packages/bench/src/pictures';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { compile, json, jsonLines, type Outcome, startCli } from '../../http/cli/running';
import { startTestStack, type TestStack, withLogs } from '../framework';
import { ended, runOf, visionOf } from '../main-job/client';

/** The command line as a process, against a whole stack: what a person types, in the order in which one would. */

const IMAGES = 30;
const SLOW_MS = 400;
const QUICK_MS = 5;

let stack: TestStack;
const env = () => ({ CONTACTSHEET_ADDRESS: stack.endpoints.api, CONTACTSHEET_USER: 'ann' });
const start = (...words: string[]) => startCli(words, env());
const cli = (...words: string[]) => start(...words).ended;

beforeAll(async () => {
  await compile();
  stack = await startTestStack({ vision: { latencyMs: QUICK_MS }, appEnv: { MAX_IMAGES_IN_FLIGHT: '4' } });
  await Promise.all(
    ['photos', 'steered', 'left', 'asked', 'flawed'].map((name) =>
      // Long enough that a pause finds it in the middle, however long a command takes to start.
      seedContainer(stack.endpoints.blobConnectionString, name, name === 'steered' ? 5 * IMAGES : IMAGES),
    ),
  );
}, 120_000);
afterAll(() => stack?.stop());

const scenario = (name: string, work: () => Promise<void>) => test(name, () => withLogs(work), 120_000);
const slow = () => visionOf(stack).pace({ latencyMs: SLOW_MS });
const quick = () => visionOf(stack).pace({ latencyMs: QUICK_MS });

function expectOk(outcome: Outcome): string {
  expect({ ...outcome, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: '' });
  return outcome.stdout;
}

/** One answer as JSON, with nothing beside it. */
async function asJson(...words: string[]): Promise<Record<string, unknown>> {
  return json(expectOk(await cli(...words, '-o', 'json'))) as Record<string, unknown>;
}

async function begun(...words: string[]): Promise<string> {
  const { code, stdout } = await cli('run', 'start', ...words);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{32}\n$/) });
  return stdout.trim();
}

/** `run watch` says so, and is left. */
async function shown(id: string, status: string): Promise<void> {
  const watching = start('run', 'watch', id);
  await watching.printed(status);
  watching.child.kill('SIGINT');
  expect((await watching.ended).code).toBe(130);
}

scenario('doctor finds every part well, and says where it looked when nobody answers', async () => {
  const well = expectOk(await cli('doctor'));
  for (const part of ['api', 'sidecar', 'worker']) expect(well).toMatch(new RegExp(`^ok +${part}`, 'm'));
  expect(await asJson('doctor')).toMatchObject({ ok: true, address: stack.endpoints.api });
  const away = await cli('doctor', '--address', 'http://127.0.0.1:9');
  expect([away.code, away.stdout]).toEqual([7, expect.stringContaining('cure: Start it with `npm start`')]);
});

scenario('a quote costs nothing', async () => {
  expect(await asJson('quote', 'photos')).toMatchObject({
    ...{ container: 'photos', calls: IMAGES, images: { total: IMAGES, new: IMAGES } },
    price: { currency: 'USD', estimate: true },
  });
  expect(expectOk(await cli('run', 'start', 'photos', '--dry-run'))).toContain(`${IMAGES}`);
  expect(await visionOf(stack).stats()).toMatchObject({ calls: 0 });
  expect(json(expectOk(await cli('run', 'list', '-o', 'json')))).toEqual({ value: [] });
});

let run: string;

scenario('run start --wait follows to the end: progress on stderr, the run on stdout', async () => {
  const { code, stdout, stderr } = await cli('run', 'start', 'photos', '--wait', '--timeout', '60s', '-o', 'jsonl');
  const states = jsonLines(stdout) as { id: string; status: string; counts: { succeeded: number } }[];
  expect([code, states.at(-1)]).toEqual([0, expect.objectContaining({ status: 'Completed', calls: IMAGES })]);
  expect(states.at(-1)?.counts.succeeded).toBe(IMAGES);
  run = states[0]?.id ?? '';
  expect(stderr).toMatch(new RegExp(`^Run ${run} over photos$`, 'm'));
  expect(stderr).toMatch(new RegExp(`${IMAGES}/${IMAGES} 100% `));
  const again = await cli('run', 'start', 'photos', '--wait');
  expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^Run [0-9a-f]{32} over photos: Completed\n/)]);
});

scenario('what a run leaves behind', async () => {
  await ended(stack, run);
  expect(await asJson('run', 'show', run)).toEqual(taken(await stack.client.getRun({ params: { id: run } })));
  expect(
    expectOk(await cli('run', 'list', '--container', 'photos'))
      .trimEnd()
      .split('\n'),
  ).toHaveLength(3);
  expect(
    jsonLines(expectOk(await cli('run', 'list', '--status', 'completed', '--limit', '5', '-o', 'jsonl'))),
  ).toHaveLength(2);
  const results = (await asJson('run', 'results', run)) as { value: { blob: string; status: string }[] };
  expect(results.value.filter(({ status }) => status === 'succeeded')).toHaveLength(IMAGES);
  expect(await cli('run', 'failures', run)).toEqual({ code: 0, stdout: '', stderr: 'Nothing failed.\n' });
  expect(await asJson('run', 'receipt', run)).toMatchObject({ run, status: 'Completed', calls: IMAGES });
  expect(jsonLines(expectOk(await cli('run', 'report', run)))).toHaveLength(IMAGES);
  const file = join(stack.home, 'report.csv');
  expect((await cli('run', 'report', run, '--format', 'csv', '--out', file)).code).toBe(0);
  expect(readFileSync(file, 'utf8').trimEnd().split(/\r?\n/)).toHaveLength(IMAGES + 1);
  expect(existsSync(`${file}.part`)).toBe(false);
  expect(expectOk(await cli('run', 'steps', run))).toContain('analyze');
  expect((await cli('run', 'audit', run)).code).toBe(0);
});

scenario('what a container and its images show', async () => {
  expect(await asJson('container', 'show', 'photos')).toMatchObject({ images: { total: IMAGES, succeeded: IMAGES } });
  expect(expectOk(await cli('container', 'list'))).toContain('photos');
  expect(expectOk(await cli('container', 'verify', 'photos'))).toContain('Clean');
  expect(expectOk(await cli('container', 'repair', 'photos'))).toContain('Clean');
  const image = await asJson('image', 'show', 'photos/photo-0000007.jpg');
  expect(image).toMatchObject({ blob: 'photo-0000007.jpg', status: 'succeeded' });
  expect(expectOk(await cli('image', 'show', 'photos/photo-0000007.jpg', '--history'))).toContain(run);
  const tags = jsonLines(expectOk(await cli('tags', 'photos', '--top', '2', '-o', 'jsonl'))) as { count: number }[];
  expect(tags.length).toBeGreaterThan(0);
  expect(tags[0]?.count).toBeLessThanOrEqual(IMAGES);
  expect(await asJson('container', 'watch', 'photos', '--every', '1h')).toMatchObject({ every: 3_600 });
  expect(expectOk(await cli('container', 'watch', 'photos'))).toContain('3');
  expect(expectOk(await cli('container', 'watch', 'photos', '--off'))).toBe('No longer watched.\n');
  expect((await cli('container', 'watch', 'photos')).code).toBe(5);
});

scenario('pause, resume and cancel; the audit trail names who said it', async () => {
  await slow();
  const id = await begun('steered');
  const second = await cli('run', 'start', 'steered');
  expect([second.code, second.stdout, second.stderr]).toEqual([8, '', expect.stringContaining(`run watch ${id}`)]);
  expect(expectOk(await cli('run', 'pause', id, '--reason', 'lunch'))).toMatch(/^Paus(ing|ed)\n$/);
  await shown(id, 'Paused. Resume with:');
  expect(expectOk(await cli('run', 'resume', id))).toMatch(/^(Queued|Counting|Running)\n$/);
  expect(expectOk(await cli('run', 'cancel', id, '--reason', 'enough'))).toMatch(/^Cancel(ling|led)\n$/);
  const watched = await cli('run', 'watch', id, '-q');
  expect(watched).toEqual({ code: 3, stdout: expect.stringContaining(': Cancelled\n'), stderr: '' });
  expect((await cli('run', 'resume', id)).code).toBe(8);
  const trail = jsonLines(expectOk(await cli('run', 'audit', id, '-o', 'jsonl')));
  expect(trail).toMatchObject([
    { who: 'ann', verb: 'pause', reason: 'lunch' },
    { who: 'ann', verb: 'resume' },
    { who: 'ann', verb: 'cancel', reason: 'enough' },
  ]);
});

scenario('Ctrl-C lets go, and the run goes on', async () => {
  await slow();
  const following = start('run', 'start', 'left', '--wait');
  await following.printed(/^Run [0-9a-f]{32} over left$/m);
  following.child.kill('SIGINT');
  const { code, stdout, stderr } = await following.ended;
  const [, id = ''] = /^still running; cancel with: contactsheet run cancel ([0-9a-f]{32})$/m.exec(stderr) ?? [];
  expect({ code, stdout, id }).toEqual({ code: 130, stdout: '', id: expect.stringMatching(/./) });
  expect((await runOf(stack, id)).status).toMatch(/^(Queued|Counting|Running)$/);
  await quick();
  expect(await cli('run', 'watch', id)).toMatchObject({ code: 0, stdout: expect.stringContaining(': Completed\n') });
});

scenario('approve and decline', async () => {
  await quick();
  const declined = await begun('asked', '--approve', 'always');
  await shown(declined, 'Waiting for approval');
  expect(expectOk(await cli('run', 'decline', declined, '--reason', 'too dear'))).toMatch(/^Cancel(ling|led)\n$/);
  expect((await cli('run', 'watch', declined, '-q')).code).toBe(3);
  const approved = await begun('asked', '--approve', 'above:0', '--max-transactions', '1000');
  await shown(approved, 'Waiting for approval');
  expect((await cli('run', 'approve', approved, '--plan-hash', '0'.repeat(64))).code).toBe(8);
  expectOk(await cli('run', 'approve', approved));
  expect((await cli('run', 'watch', approved, '-q')).code).toBe(0);
});

scenario('errors: 4, its causes, what a retry would do, and the retry', async () => {
  await quick();
  const pictureOf = await createPictures('flawed');
  const hashOf = (n: number) => createHash('sha256').update(pictureOf(n)).digest('hex');
  await visionOf(stack).arm(
    { behaviour: 'status-500', times: 1_000, match: hashOf(0) },
    { behaviour: 'status-400', times: 1_000, match: hashOf(1) },
  );
  const { code, stdout } = await cli('run', 'start', 'flawed', '--wait', '-q', '-o', 'json');
  expect(code).toBe(4);
  const { id } = json(stdout) as { id: string };
  expect(
    expectOk(await cli('run', 'failures', id))
      .trimEnd()
      .split('\n'),
  ).toHaveLength(3);
  expect(expectOk(await cli('run', 'failures', id, '--images'))).toContain('photo-0000001.jpg');
  expect(expectOk(await cli('run', 'retry', id, '--dry-run'))).toMatch(/^1 will be retried, 1 not:\n/);
  await visionOf(stack).disarm();
  const retried = await cli('run', 'retry', id, '--wait', '-q');
  expect(retried).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
});

scenario('the quota is shown and set, and what cannot be is refused with its code', async () => {
  expect(await asJson('quota', 'set', '--rate', '20/min')).toMatchObject({ ratePerMinute: 20 });
  expect(await asJson('quota', 'set', '--rate', '500/s', '--monthly', '100000')).toMatchObject({ ratePerSecond: 500 });
  expect(await asJson('quota', 'show')).toMatchObject({ ratePerSecond: 500, monthlyTransactions: 100_000 });
  const codes = [
    [2, 'quota', 'set', '--rate', 'fast'],
    [2, 'nonsense'],
    [2, 'run', 'start', 'Not A Name'],
    [5, 'run', 'start', 'nowhere'],
    [5, 'run', 'show', '0'.repeat(32)],
    [5, 'image', 'show', 'photos/none.jpg'],
    [5, 'container', 'show', 'nowhere'],
    [7, 'run', 'list', '--address', 'http://127.0.0.1:9'],
  ] as const;
  for (const [code, ...words] of codes) {
    const outcome = await cli(...words);
    expect({ words, ...outcome }).toEqual({ words, code, stdout: '', stderr: expect.stringMatching(/^error: /) });
  }
});

scenario('open prints the address where there is no browser; completion is a script that bash reads', async () => {
  const opened = startCli(['open'], { ...env(), PATH: '/nowhere' });
  expect(await opened.ended).toEqual({
    ...{ code: 0, stdout: `${stack.endpoints.api}\n` },
    stderr: 'No browser could be opened.\n',
  });
  const script = expectOk(await cli('completion', 'bash'));
  expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  const asked = `${script}\nCOMP_WORDS=(contactsheet run st); COMP_CWORD=2; _contactsheet; echo "\${COMPREPLY[@]}"`;
  const completed = spawnSync('bash', ['--norc', '-c', asked], { encoding: 'utf8' });
  expect({ ...completed, stdout: completed.stdout.trim().split(' ').sort() }).toMatchObject({
    status: 0,
    stdout: ['start', 'steps'],
  });
});

scenario('a reader that stops reading ends a list quietly', async () => {
  const words = [process.execPath, join(__dirname, '../../../packages/cli/dist/main.js'), 'run', 'results', run];
  const piped = spawnSync('bash', ['--norc', '-c', `set -o pipefail; ${words.join(' ')} | head -1`], {
    env: { ...env(), PATH: process.env.PATH ?? '' },
    encoding: 'utf8',
  });
  expect(piped).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^STATUS .*\n$/) });
});
