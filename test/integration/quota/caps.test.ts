import { text } from 'node:stream/consumers';
import { type AskOf, type Endpoints, taken } from '../../../src/contract';
import { inStatus, seeded, startRun } from '../control/control';
import { startTestStack, type TestStack } from '../framework';
import { blobs, documents, ended, quoteOf, violations, visionOf } from '../main-job/client';

/** What a run, and a month, may spend. */
let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ vision: { rate: '20/s' } });
}, 120_000);

afterAll(() => stack?.stop(), 60_000);

const setQuota = async (body: NonNullable<AskOf<Endpoints['setQuota']>['body']>) =>
  taken(await stack.client.setQuota({ body }));
const spent = async () => taken(await stack.client.getQuota()).spent.transactions;
const resume = (id: string, body: AskOf<Endpoints['resumeRun']>['body'] = {}) =>
  stack.client.resumeRun({ params: { id }, body });

/** What one call is billed as. */
async function transactionsACall(container: string): Promise<number> {
  const { transactions, calls } = await quoteOf(stack, container);
  return transactions / calls;
}

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

test('1: a cap is never exceeded, and a higher one goes on', async () => {
  await seeded(stack, 'capped', 60);
  const vision = visionOf(stack);
  await vision.forget();
  const each = await transactionsACall('capped');
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

test('2: the cap of a month stops a run, and without it the run goes on', async () => {
  await seeded(stack, 'monthly', 40);
  const vision = visionOf(stack);
  await vision.forget();
  const each = await transactionsACall('monthly');
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

test('3: what a cancelled run left stays listed', async () => {
  await seeded(stack, 'given-up', 30);
  const each = await transactionsACall('given-up');
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
