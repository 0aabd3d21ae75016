import { text } from 'node:stream/consumers';
import { type AskOf, type Endpoints, taken } from '../../../src/contract';
import { inStatus, type RunBody, seeded, startRun } from '../control/control';
import { eventually, startTestStack, type TestStack } from '../framework';
import { blobs, documents, ended, runOf, violations, visionOf } from '../main-job/client';

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
const resume = (id: string, body: AskOf<Endpoints['resumeRun']>['body'] = {}) =>
  stack.client.resumeRun({ params: { id }, body });

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

/** Names of the images that a run lists, page after page. */
async function imagesOf(id: string, query: AskOf<Endpoints['listRunImages']>['query']): Promise<string[]> {
  const names: string[] = [];
  const pages = stack.client.pages('listRunImages', { params: { id }, query: { ...query, maxpagesize: 7 } });
  for await (const { value } of pages) names.push(...value.map(({ blob }) => blob));
  return names;
}

/** What lies in the container and has no document, in the order of the listing. */
async function unanalysed(container: string): Promise<string[]> {
  const known = await documents(stack, container);
  const rest: string[] = [];
  for await (const { name } of blobs(stack, container).listBlobsFlat()) if (!known.has(name)) rest.push(name);
  return rest;
}

test('3: a cap is never exceeded, and a higher one goes on', async () => {
  await seeded(stack, 'capped', 60);
  const vision = visionOf(stack);
  await vision.forget();
  const each = transactionsACall(await runOf(stack, await firstRunOf('changed')));
  const id = await startRun(stack, 'capped', { maxTransactions: 25 * each });
  const stopped = await inStatus(stack, id, /^StoppedAtBudget$/, 60_000);
  expect(stopped.reason).toContain(`${25 * each} transactions`);
  expect(stopped).toMatchObject({ calls: 25, transactions: 25 * each });
  expect((await vision.stats()).calls).toBe(25);
  expect((await vision.stats()).transactions).toBe(25 * each);
  const rest = await unanalysed('capped');
  expect(rest).toHaveLength(35);
  expect(await imagesOf(id, { reason: 'budget' })).toEqual(rest);
  expect(await imagesOf(id, { status: 'succeeded' })).toHaveLength(25);

  const resumed = await resume(id, { maxTransactions: 60 * each });
  expect(resumed).toMatchObject({ status: 202, body: { maxTransactions: 60 * each } });
  const run = await inStatus(stack, id, /^Completed/, 60_000);
  expect(run).toMatchObject({ status: 'Completed', calls: 60, counts: { succeeded: 60 } });
  await ended(stack, id);
  expect(await imagesOf(id, { reason: 'budget' })).toEqual([]);
  expect(await imagesOf(id, { status: 'succeeded' })).toHaveLength(60);
  expect(await violations(stack, 'capped', id, 0, { alone: true })).toEqual([]);
}, 120_000);

test('4: the cap of a month stops a run, and without it the run goes on', async () => {
  await seeded(stack, 'monthly', 40);
  const vision = visionOf(stack);
  await vision.forget();
  const each = transactionsACall(await runOf(stack, await firstRunOf('changed')));
  await setQuota({ monthlyTransactions: (await spent()) + 10 * each });
  const id = await startRun(stack, 'monthly');
  const stopped = await inStatus(stack, id, /^StoppedAtBudget$/, 60_000);
  expect(stopped.reason).toContain("month's transactions");
  expect((await vision.stats()).calls).toBe(10);
  expect(await setQuota({ monthlyTransactions: null })).not.toHaveProperty('monthlyTransactions');
  expect((await resume(id)).status).toBe(202);
  expect(await ended(stack, id)).toMatchObject({ status: 'Completed' });
  expect(await violations(stack, 'monthly', id)).toEqual([]);
}, 120_000);

test('5: what a cancelled run left stays listed', async () => {
  await seeded(stack, 'given-up', 30);
  const each = transactionsACall(await runOf(stack, await firstRunOf('changed')));
  const id = await startRun(stack, 'given-up', { maxTransactions: 10 * each });
  await inStatus(stack, id, /^StoppedAtBudget$/, 60_000);
  expect((await stack.client.cancelRun({ params: { id } })).status).toBe(202);
  expect(await ended(stack, id)).toMatchObject({
    status: 'Cancelled',
    failureGroups: [{ reason: 'cancelled', count: 20 }],
  });
  const rest = await unanalysed('given-up');
  expect(rest).toHaveLength(20);
  expect(await imagesOf(id, { reason: 'cancelled' })).toEqual(rest);
  expect(await imagesOf(id, { reason: 'budget' })).toEqual([]);
  const report = await text(taken(await stack.client.getRunReport({ params: { id } })));
  expect(report.trimEnd().split('\n')).toHaveLength(30);
}, 120_000);

async function firstRunOf(container: string): Promise<string> {
  return taken(await stack.client.listRuns({ query: { container } })).value[0]?.id ?? '';
}

/** What one call is billed as. */
function transactionsACall({ quote }: Awaited<ReturnType<typeof runOf>>): number {
  return (quote?.transactions ?? 0) / (quote?.calls ?? 1);
}
