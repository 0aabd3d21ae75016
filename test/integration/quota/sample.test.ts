/**
 * A quote with a sample spends what it says, and the run that follows does not pay for it again.
 *
 * 1. A sample of five out of 32 is five calls and no document; the quote is that of the other 27, at the rate in force; the run
 *    makes 27 calls and serves five images from the cache; its totals are a recount.
 * 2. A sample that is larger than the container takes all of it, and the run makes no call.
 * 3. A month's cap ends a sample before it is overdrawn, and refuses the next one with 409; the plain quote still answers.
 * 4. Where nothing limits calls, the month is counted all the same, and a cap that is set then holds.
 * 5. Samples that nobody approved spend no more than the amount, all together, also after a restart of the application.
 */

import { type AskOf, type Endpoints, taken } from '../../../src/contract';
import type { ContainerQuote } from '../../../src/domain/money/container-quote';
import { SAMPLE_CONTAINER, sampleFiles, uploadSamples } from '../../../packages/dev-stack/src/sample-pictures';
import { inStatus, seeded, startRun } from '../control/control';
import { eventually, startTestStack, type TestStack } from '../framework';
import { documents, ended, violations, visionOf, quoteOf } from '../main-job/client';

/** The three sample pictures that Vision does not take. */
const REFUSED = 3;
/** Of them, the one whose name says it: it is in no price and no sample. */
const KNOWN_BY_NAME = 1;
let stack: TestStack;

beforeAll(async () => {
  // 125 calls of four features: more than any run or sample here costs.
  stack = await startTestStack({ appEnv: { APPROVAL: 'above:0.5', PRICE_PER_TRANSACTION: '0.001' } });
  await uploadSamples(stack.endpoints.blobConnectionString, AbortSignal.timeout(30_000));
}, 120_000);

afterAll(() => stack?.stop(), 60_000);

async function setQuota(change: NonNullable<AskOf<Endpoints['setQuota']>['body']>) {
  expect((await stack.client.setQuota({ body: change })).status).toBe(200);
}

const spent = async () => taken(await stack.client.getQuota()).spent.transactions;

/** As a client that follows the operation sees it. */
async function sampled(container: string, size: number): Promise<ContainerQuote> {
  const answer = await stack.client.quote({ params: { container }, query: { sample: size } });
  if (answer.status === 200) return answer.body as ContainerQuote;
  expect(answer.status).toBe(202);
  const location = answer.headers.get('operation-location') ?? '';
  const operation = await eventually(
    async () => {
      const now = taken(await stack.client.follow('getOperation', location));
      return now.status === 'Running' ? undefined : now;
    },
    { what: 'the sample ends', timeoutMs: 150_000 },
  );
  expect(operation).toMatchObject({ status: 'Succeeded', kind: 'quote' });
  return operation.result as ContainerQuote;
}

const quoted = (container: string) => quoteOf(stack, container);

test('1: five of 32, and the run does the other 27', async () => {
  await seeded(stack, 'sampled', 32);
  await setQuota({ ratePerSecond: 9 });
  const vision = visionOf(stack);
  await vision.forget();
  const before = { spent: await spent(), quote: await quoted('sampled') };
  const each = before.quote.transactions / before.quote.calls;
  expect(before.quote).toMatchObject({ calls: 32, duration: { atQuotaSeconds: 4 } });

  const quote = await sampled('sampled', 5);
  expect((await vision.stats()).calls).toBe(5);
  expect(quote.sample).toMatchObject({
    ...{ size: 5, analysed: 5, cached: 0, failed: 0, errorRate: 0, calls: 5, transactions: 5 * each },
    cost: { total: 5 * each * quote.price.unit, currency: quote.price.currency },
  });
  expect(quote.sample?.tags.length).toBeGreaterThan(0);
  expect(quote.sample?.meanCallMs).toBeGreaterThanOrEqual(0);
  expect(quote).toMatchObject({
    ...{ images: { new: 32, cached: 5 }, calls: 27, transactions: 27 * each, duration: { atQuotaSeconds: 3 } },
  });
  expect(await spent()).toBe(before.spent + 5 * each);
  expect((await documents(stack, 'sampled')).size).toBe(0);

  const run = await ended(stack, await startRun(stack, 'sampled'));
  expect(run).toMatchObject({ status: 'Completed', calls: 27, cacheHits: 5, transactions: 27 * each });
  expect(run.quote).toMatchObject({ planHash: quote.planHash, calls: 27, transactions: 27 * each });
  expect((await vision.stats()).calls).toBe(32);
  expect((await stack.client.getReceipt({ params: { id: run.id } })).body).toMatchObject({
    calls: 27,
    cacheHits: 5,
    recount: { clean: true },
  });
  const verdict = await stack.client.verifyContainer({ params: { container: 'sampled' } });
  expect(verdict.body).toMatchObject({ clean: true });
  expect(await violations(stack, 'sampled', run.id)).toEqual([]);
  await eventually(async () => (await spent()) === before.spent + 32 * each, { what: 'the month has all 32' });

  expect(run.callsPerSecond).toBeGreaterThan(1);
  await seeded(stack, 'sampled', 64);
  const { duration, calls } = await quoted('sampled');
  expect(duration.atObservedSeconds).toBe(Math.ceil(calls / (run.callsPerSecond ?? 0)));
}, 240_000);

test('2: a sample of everything leaves nothing to pay', async () => {
  await setQuota({ ratePerSecond: 50 });
  const vision = visionOf(stack);
  await vision.forget();
  const { sample, calls } = await sampled(SAMPLE_CONTAINER, 100);
  const eligible = sampleFiles().length - REFUSED;
  expect(sample).toMatchObject({ size: sampleFiles().length - KNOWN_BY_NAME, analysed: eligible, failed: 0 });
  expect(Object.values(sample?.ineligible ?? {}).reduce((a, b) => a + b, 0)).toBe(REFUSED - KNOWN_BY_NAME);
  // Only a look tells the others that are refused.
  expect([calls, sample?.calls]).toEqual([REFUSED - KNOWN_BY_NAME, (await vision.stats()).calls]);
  await vision.forget();
  const run = await ended(stack, await startRun(stack, SAMPLE_CONTAINER));
  expect(run).toMatchObject({ calls: 0, transactions: 0, cacheHits: eligible });
  expect((await vision.stats()).calls).toBe(0);
}, 240_000);

test('3: the cap of a month holds', async () => {
  await seeded(stack, 'capped', 40);
  const vision = visionOf(stack);
  await vision.forget();
  const plain = await quoted('capped');
  const each = plain.transactions / plain.calls;
  await setQuota({ monthlyTransactions: (await spent()) + 3 * each });
  const { sample } = await sampled('capped', 20);
  expect(sample).toMatchObject({ size: 20, analysed: 3, calls: 3 });
  expect(sample?.reason).toContain("month's transactions");
  const refused = await stack.client.quote({ params: { container: 'capped' }, query: { sample: 1 } });
  expect(refused).toMatchObject({ status: 409, body: { code: 'month-used-up' } });
  expect((await vision.stats()).calls).toBe(3);
  expect(await quoted('capped')).toMatchObject({ calls: 37, images: { cached: 3 } });
  await setQuota({ monthlyTransactions: null });
}, 120_000);

test('4: without any limit the month is counted', async () => {
  await seeded(stack, 'unlimited', 120);
  await setQuota({ ratePerSecond: null });
  const before = await spent();
  const run = await ended(stack, await startRun(stack, 'unlimited'));
  expect(run).toMatchObject({ status: 'Completed', calls: 120 });
  await eventually(async () => (await spent()) === before + run.transactions, {
    what: 'the month has what the run has',
  });
  expect((await quoted('unlimited')).duration).not.toHaveProperty('atQuotaSeconds');
  await setQuota({ monthlyTransactions: before + run.transactions });
  await seeded(stack, 'refused', 5);
  const stopped = await inStatus(stack, await startRun(stack, 'refused'), /^StoppedAtBudget$/);
  expect(stopped.calls).toBe(0);
}, 120_000);

test('5: small samples add up to the amount, and no further', async () => {
  await setQuota({ monthlyTransactions: null });
  const vision = visionOf(stack);
  await vision.forget();
  const before = await spent();
  const ask = async (container: string, sample: number) => {
    await seeded(stack, container, sample);
    const answer = await stack.client.quote({ params: { container }, query: { sample } });
    if (answer.status === 202) return { sample: (await sampled(container, sample)).sample };
    return answer.status === 200 ? { sample: (answer.body as ContainerQuote).sample } : { refused: answer };
  };
  let calls = 0;
  for (let n = 0; ; n += 1) {
    expect(n).toBeLessThan(8);
    const { sample, refused } = await ask(`small-${n}`, 24);
    if (refused) {
      expect([refused.status, (refused.body as { code?: string }).code]).toEqual([409, 'approval-needed']);
      break;
    }
    expect(sample).toMatchObject({ size: 24, analysed: 24, calls: 24 });
    calls += 24;
  }
  expect(calls).toBeGreaterThan(0);
  expect((await vision.stats()).calls).toBe(calls);

  await stack.kill('app');
  await stack.ready('app');
  expect(await ask('small-again', 24)).toMatchObject({ refused: { status: 409 } });
  expect((await vision.stats()).calls).toBe(calls);
  const transactions = (await spent()) - before;
  expect(transactions).toBe(4 * calls);
  expect(transactions * 0.001).toBeLessThanOrEqual(0.5);
}, 240_000);
