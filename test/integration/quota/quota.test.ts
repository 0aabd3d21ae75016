import { type AskOf, type Endpoints, taken } from '../../../src/contract';
import { inStatus, type RunBody, seeded, startRun } from '../control/control';
import { eventually, startTestStack, type TestStack } from '../framework';
import { ended, violations, visionOf } from '../main-job/client';

/** The rate that Vision allows. It is measured: scripts/launch.mjs plays this file with no other stack beside it. */
const RATE = 20;
let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ vision: { rate: `${RATE}/s` } });
}, 120_000);

afterAll(() => stack?.stop(), 60_000);

const quota = async () => taken(await stack.client.getQuota());
const setQuota = async (body: NonNullable<AskOf<Endpoints['setQuota']>['body']>) =>
  taken(await stack.client.setQuota({ body }));
const spent = async () => (await quota()).spent.transactions;

/** Runs to its end; answers what Vision saw of it: calls, calls a second, 429s. */
async function paced(
  container: string,
): Promise<{ run: RunBody; perSecond: number; throttled: number; calls: number }> {
  const vision = visionOf(stack);
  await vision.forget();
  const run = await inStatus(stack, await startRun(stack, container), /^Completed/, 120_000);
  const { calls = 0, throttled = 0, insideRetryAfter, firstCallAt = 0, lastCallAt = 0 } = await vision.stats();
  expect(insideRetryAfter).toBe(0);
  return { run, calls, throttled, perSecond: ((calls - 1) * 1_000) / (lastCallAt - firstCallAt) };
}

test('1: the announced rate is used and kept', async () => {
  expect(await quota()).toMatchObject({ ratePerSecond: RATE, factor: 1 });
  await seeded(stack, 'steady', 200);
  const { run, calls, throttled, perSecond } = await paced('steady');
  process.stderr.write(`${calls} calls at ${perSecond.toFixed(2)} a second of ${RATE}, ${throttled} times 429\n`);
  expect(perSecond / RATE).toBeGreaterThanOrEqual(0.9);
  expect(throttled).toBeLessThanOrEqual(0.02 * calls);
  // What was granted and not used goes back a moment after the last image.
  await eventually(async () => (await spent()) === run.transactions, { what: 'the month has what the run has' });
  await ended(stack, run.id);
  expect(await violations(stack, 'steady', run.id)).toEqual([]);
}, 120_000);

test('2: a rate that is set holds for runs that are on', async () => {
  await seeded(stack, 'changed', 60);
  await setQuota({ ratePerMinute: 300 });
  const slow = await paced('changed');
  expect(slow.perSecond).toBeGreaterThan(4.5);
  expect(slow.perSecond).toBeLessThan(5.5);
  expect(await setQuota({ ratePerSecond: RATE })).toMatchObject({ ratePerSecond: RATE });
}, 120_000);
