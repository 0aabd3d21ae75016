/**
 * An ordinary deployment: the app is asked to end (SIGTERM) in the middle of a run and started again, and a second run over
 * another container is started at once.
 *
 * 1. Calls in flight are answered and saved before the app ends, which is before a launcher would kill it: none is repeated.
 * 2. Both runs end right.
 */
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { APP_GRACE_MS } from '../../../packages/dev-stack/src/parts';
import { eventually, startTestStack, type TestStack } from '../framework';
import { crowd, ended, startRun, violations, visionOf } from '../main-job/client';

/** At 80 calls a second the chunks in hand outlast the grace of the stop. */
const IMAGES = 400;
let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ vision: { latencyMs: 100 }, appEnv: { MAX_IMAGES_IN_FLIGHT: '8' } });
  await seedContainer(stack.endpoints.blobConnectionString, 'first', IMAGES);
  await seedContainer(stack.endpoints.blobConnectionString, 'second', 40);
}, 120_000);

afterAll(() => stack?.stop(), 60_000);

test('a graceful restart in the middle of a run', async () => {
  const first = await startRun(stack, 'first');
  const calls = async () => Number((await visionOf(stack).stats()).calls);
  await eventually(async () => (await calls()) >= IMAGES * 0.1, { what: 'one in ten is analysed', intervalMs: 20 });
  const before = await calls();
  expect(before).toBeLessThan(IMAGES); // the stop comes in the middle
  const began = Date.now();
  await stack.kill('app', 'SIGTERM');
  const stoppedMs = Date.now() - began;
  await stack.ready('app');
  const second = await startRun(stack, 'second');
  const runs = [await ended(stack, first, 90_000), await ended(stack, second, 90_000)];
  const { repeated, undelivered } = await visionOf(stack).stats();
  process.stdout.write(
    `app ended at ${before} of ${IMAGES} calls: gone after ${stoppedMs} ms, both runs done after ${Date.now() - began} ms, ` +
      `${repeated} calls repeated, ${undelivered} answers undelivered\n`,
  );
  expect(runs.map(({ status, counts }) => [status, counts.succeeded])).toEqual([
    ['Completed', IMAGES],
    ['Completed', 40],
  ]);
  expect(await violations(stack, 'first', first)).toEqual([]);
  expect(await violations(stack, 'second', second)).toEqual([]);
  expect(stoppedMs).toBeLessThan(APP_GRACE_MS * crowd()); // then the launcher kills, and what is in flight is lost
}, 180_000);
