/**
 * Features are chosen per run, and each is paid for once.
 *
 * 1. A run asks for what it was told, and says so in its record and its receipt.
 * 2. Asked for one more, each image costs one call of one transaction: the quote says so, a cap of just that is enough,
 *    Vision is asked for nothing else, and each document holds both.
 * 3. Asked for both again, or for one of them, nothing is called and nothing is lost.
 * 4. The same photos in another container, or written again, cost nothing, and their quote says so before they are read.
 * 5. A retry asks for what its run asked for.
 * 6. A feature that Vision refuses costs nothing of what is known, and a retry without it is not needed.
 */
import { taken } from '../../../src/contract';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { startTestStack, type TestStack } from '../framework';
import { blobs, documents, ended, quoteOf, runToEnd, violations, visionOf } from './client';

const ALBUM = 'album';
const COPY = 'copy';
const PHOTOS = 130; // more than one chunk
const BOTH = ['Description', 'Tags'];
const WORK = { succeeded: PHOTOS, failed: 0, skipped: 0, unchanged: 0 };
const NO_WORK = { succeeded: 0, failed: 0, skipped: 0, unchanged: PHOTOS };

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
  await seedContainer(stack.endpoints.blobConnectionString, ALBUM, PHOTOS);
}, 120_000);

afterAll(() => stack?.stop(), 60_000);

/** What Vision has seen since it was last told to forget. */
async function seen() {
  const { calls, transactions } = await visionOf(stack).stats();
  await visionOf(stack).forget();
  return { calls, transactions };
}

const isClean = async (container: string) => (await stack.client.verifyContainer({ params: { container } })).body;

async function featuresOf(container: string): Promise<string[]> {
  const all = [...(await documents(stack, container)).values()];
  for (const { analysis, analyzer } of all) {
    expect([analysis?.tags !== undefined, analysis?.description !== undefined]).toEqual([
      analyzer?.features.includes('Tags'),
      analyzer?.features.includes('Description'),
    ]);
  }
  return [...new Set(all.map(({ analyzer }) => analyzer?.features.join(',') ?? ''))];
}

test('1: a run asks for what it was told', async () => {
  const quote = await quoteOf(stack, ALBUM, { features: ['tags'] });
  expect(quote).toMatchObject({ features: ['Tags'], calls: PHOTOS, transactions: PHOTOS });
  const run = await runToEnd(stack, ALBUM, { features: ['tags'] });
  expect(run).toMatchObject({ status: 'Completed', features: ['Tags'], calls: PHOTOS, transactions: PHOTOS });
  expect(await seen()).toEqual({ calls: PHOTOS, transactions: PHOTOS });
  expect(await featuresOf(ALBUM)).toEqual(['Tags']);
  const { analyzer } = taken(await stack.client.getReceipt({ params: { id: run.id } }));
  expect(analyzer).toMatchObject({ features: ['Tags'] });
  expect(await violations(stack, ALBUM, run.id)).toEqual([]);
}, 90_000);

test('2: one more feature is paid for alone', async () => {
  const quote = await quoteOf(stack, ALBUM, { features: BOTH });
  expect(quote).toMatchObject({ calls: PHOTOS, transactions: PHOTOS, images: { changed: PHOTOS, new: 0 } });
  const run = await runToEnd(stack, ALBUM, { features: BOTH, maxTransactions: quote.transactions });
  expect(run).toMatchObject({ status: 'Completed', features: BOTH, calls: PHOTOS, transactions: PHOTOS });
  expect(run.quote).toMatchObject({ calls: PHOTOS, transactions: PHOTOS });
  expect(run.counts).toMatchObject(WORK);
  expect(await seen()).toEqual({ calls: PHOTOS, transactions: PHOTOS });
  expect(await featuresOf(ALBUM)).toEqual([BOTH.join(',')]);
  expect(await isClean(ALBUM)).toMatchObject({ clean: true, count: 0 });
  expect(await violations(stack, ALBUM, run.id)).toEqual([]);
}, 90_000);

test('3: both again, or one of them, is nothing to do', async () => {
  const before = await documents(stack, ALBUM);
  for (const features of [BOTH, ['Tags']]) {
    expect(await quoteOf(stack, ALBUM, { features })).toMatchObject({ calls: 0, transactions: 0 });
    const run = await runToEnd(stack, ALBUM, { features });
    expect(run).toMatchObject({ status: 'Completed', features, calls: 0, transactions: 0, counts: NO_WORK });
  }
  expect(await seen()).toEqual({ calls: 0, transactions: 0 });
  expect(await documents(stack, ALBUM)).toEqual(before);
  expect(await isClean(ALBUM)).toMatchObject({ clean: true, count: 0 });
}, 90_000);

test('4: the same photos elsewhere', async () => {
  await blobs(stack, COPY).createIfNotExists();
  for await (const { name } of blobs(stack, ALBUM).listBlobsFlat()) {
    const bytes = await blobs(stack, ALBUM).getBlockBlobClient(name).downloadToBuffer();
    await blobs(stack, COPY).getBlockBlobClient(`copy of ${name}`).upload(bytes, bytes.length);
  }
  const images = { new: PHOTOS, cached: PHOTOS, unchanged: 0 };
  expect(await quoteOf(stack, COPY, { features: BOTH })).toMatchObject({ images, calls: 0, transactions: 0 });
  const more = { images: { ...images, cached: 0 }, calls: PHOTOS, transactions: 2 * PHOTOS };
  expect(await quoteOf(stack, COPY, { features: ['Adult', 'Objects', 'Tags'] })).toMatchObject(more);
  const run = await runToEnd(stack, COPY, { features: BOTH });
  expect(run.quote).toMatchObject({ images, calls: 0, transactions: 0 });
  expect(run).toMatchObject({ status: 'Completed', calls: 0, transactions: 0, cacheHits: PHOTOS, counts: WORK });
  expect(await seen()).toEqual({ calls: 0, transactions: 0 });
  expect(await featuresOf(COPY)).toEqual([BOTH.join(',')]);
  expect(await isClean(COPY)).toMatchObject({ clean: true, count: 0 });
  expect(await violations(stack, COPY, run.id)).toEqual([]);

  for await (const { name } of blobs(stack, ALBUM).listBlobsFlat()) {
    const blob = blobs(stack, ALBUM).getBlockBlobClient(name);
    const bytes = await blob.downloadToBuffer();
    await blob.upload(bytes, bytes.length);
  }
  const again = { images: { changed: PHOTOS, cached: PHOTOS, new: 0 }, calls: 0, transactions: 0 };
  expect(await quoteOf(stack, ALBUM, { features: ['Tags'] })).toMatchObject(again);
  expect(await runToEnd(stack, ALBUM, { features: ['Tags'] })).toMatchObject({ calls: 0, cacheHits: PHOTOS });
  expect(await featuresOf(ALBUM)).toEqual([BOTH.join(',')]); // fewer were asked for, and none was dropped
  expect(await seen()).toEqual({ calls: 0, transactions: 0 });
}, 120_000);

test('5 and 6: a refusal costs nothing of what is known, and a retry asks for the same', async () => {
  const before = await documents(stack, COPY);
  await visionOf(stack).arm({ behaviour: 'status-400', times: PHOTOS });
  const three = ['Adult', ...BOTH];
  const refused = await runToEnd(stack, COPY, { features: three });
  expect(refused).toMatchObject({ status: 'CompletedWithErrors', counts: { ...WORK, succeeded: 0, failed: PHOTOS } });
  await visionOf(stack).disarm();
  const kept = await documents(stack, COPY);
  for (const [blob, document] of kept) {
    expect(document).toMatchObject({ status: 'failed', error: { features: ['Adult'] } });
    expect(document.analysis).toEqual(before.get(blob)?.analysis);
  }
  expect(await isClean(COPY)).toMatchObject({ clean: true, count: 0 });
  expect(await violations(stack, COPY, refused.id)).toEqual([]);
  await seen();

  // What was refused for good is not asked again, unless somebody names why it failed.
  const again = { params: { id: refused.id } };
  expect((await stack.client.retryRun(again)).body).toMatchObject({ status: 409, code: 'nothing-to-retry' });
  const [first] = kept.values();
  const said = { ...again, body: { reason: first?.reason ?? '', prefix: first?.blob ?? '' } };
  const answer = await stack.client.retryRun(said);
  if (answer.status !== 202) throw new Error(`The retry did not start: ${answer.status}`);
  const retry = await ended(stack, answer.body.id);
  expect(retry).toMatchObject({ status: 'Completed', features: three, retryOf: refused.id, calls: 1, transactions: 1 });
  expect(await seen()).toEqual({ calls: 1, transactions: 1 });

  // Without the feature everything is known.
  const healed = await runToEnd(stack, COPY, { features: BOTH });
  const counts = { ...WORK, succeeded: PHOTOS - 1, unchanged: 1 };
  expect(healed).toMatchObject({ status: 'Completed', calls: 0, transactions: 0, counts });
  expect(await seen()).toEqual({ calls: 0, transactions: 0 });
  expect((await featuresOf(COPY)).sort()).toEqual([three.join(','), BOTH.join(',')]);
  expect(await isClean(COPY)).toMatchObject({ clean: true, count: 0 });
  expect(await violations(stack, COPY, healed.id)).toEqual([]);
}, 120_000);
