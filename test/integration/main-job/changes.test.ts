/**
 * What a container of photos goes through between two runs, and what the second run makes of it.
 *
 * 1. Only what is new, changed or gone is touched; totals are a recount afterwards.
 * 2. A blob that comes back counts again.
 * 3. A run over a prefix touches nothing beside it.
 * 4. A listing that lost more than a fifth of what is known removes nothing until its owner confirms it (also an empty one).
 * 5. An empty container is a completed run of nothing.
 * 6. When Vision refuses the key the run ends Failed with its reason within seconds; the next run does all of it.
 * 7. Images that Vision rejects fail one by one, with their reason, and the others are analysed.
 * 8. Empty blobs that become directories leave the results, and are no loss: photos lie under them now.
 * 9. An archived photo costs nothing, is not missed, and is analysed by the next run after it is back.
 * 10. Side-cars beside photos are not in the price. An image among them is called for only when a price has counted it.
 */
import { createHash } from 'node:crypto';
import { taken } from '../../../src/contract';
import { createPictures } from '../../../packages/bench/src/pictures';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { eventually, startTestStack, type TestStack } from '../framework';
import { activityIds, blobs, documents, quoteOf, runToEnd, violations, visionOf } from './client';

const ALBUM = 'album';
const PHOTOS = 60;
const NOTHING = { succeeded: 0, failed: 0, skipped: 0, inFlight: 0 };

let stack: TestStack;
let picture: (n: number) => Buffer;

beforeAll(async () => {
  stack = await startTestStack();
  await seedContainer(stack.endpoints.blobConnectionString, ALBUM, PHOTOS);
  const pictureOf = await createPictures('later');
  picture = (n) => Buffer.from(pictureOf(n));
}, 120_000);

afterAll(() => stack?.stop(), 60_000);

const photo = (n: number) => `photo-${String(n).padStart(7, '0')}.jpg`;
const album = () => blobs(stack, ALBUM);
const put = (name: string, bytes: Buffer) => album().getBlockBlobClient(name).upload(bytes, bytes.length);
const remove = (name: string) => album().deleteBlob(name);
const totals = async (container = ALBUM) => taken(await stack.client.getContainer({ params: { container } }));

test('1: one replaced, one deleted, one added, one renamed', async () => {
  const first = await runToEnd(stack, ALBUM);
  expect(first).toMatchObject({ status: 'Completed', calls: PHOTOS, removed: 0 });
  expect(first.counts).toMatchObject({ ...NOTHING, total: PHOTOS, succeeded: PHOTOS });
  const before = await documents(stack, ALBUM);

  const moved = await album().getBlockBlobClient(photo(7)).downloadToBuffer();
  await put(photo(3), picture(3));
  await remove(photo(5));
  await put('added.jpg', picture(100));
  await put('renamed.jpg', moved);
  await remove(photo(7));
  const second = await runToEnd(stack, ALBUM);
  expect(second.quote?.images).toMatchObject({ total: PHOTOS, new: 2, changed: 1, unchanged: PHOTOS - 3, missing: 2 });
  expect(second).toMatchObject({ status: 'Completed', removed: 2 });
  expect(second.counts).toMatchObject({ ...NOTHING, total: PHOTOS, succeeded: 3, unchanged: PHOTOS - 3 });
  // The renamed one has bytes that are known: a call, or none where they are remembered.
  expect(second.calls + second.cacheHits).toBe(3);
  expect((await totals()).images).toEqual({ total: PHOTOS, succeeded: PHOTOS, failed: 0, skipped: 0, removed: 2 });

  const after = await documents(stack, ALBUM);
  const touched = [...after].filter(([, { runId }]) => runId === second.id).map(([blob]) => blob);
  expect(touched.sort()).toEqual(['added.jpg', photo(3), photo(5), photo(7), 'renamed.jpg'].sort());
  expect(after.get(photo(5))).toMatchObject({ status: 'removed', reason: 'gone' });
  expect(after.get(photo(5))?.analysis).toBeUndefined();
  expect(after.get(photo(3))?.contentHash).not.toBe(before.get(photo(3))?.contentHash);
  expect(after.get(photo(9))).toEqual(before.get(photo(9)));
  expect(await violations(stack, ALBUM, second.id, 1)).toEqual([]);
}, 60_000);

test('2: the deleted one comes back', async () => {
  await put(photo(5), picture(5));
  const run = await runToEnd(stack, ALBUM);
  expect(run).toMatchObject({ status: 'Completed', calls: 1, removed: 0 });
  expect(run.counts).toMatchObject({ total: PHOTOS + 1, succeeded: 1, unchanged: PHOTOS });
  expect((await totals()).images).toMatchObject({ total: PHOTOS + 1, removed: 1 });
  expect(await violations(stack, ALBUM, run.id, 1)).toEqual([]);
}, 60_000);

test('3: a run over a prefix', async () => {
  await put('sub/a.jpg', picture(201));
  await put('sub/b.jpg', picture(202));
  await put('sub-not/c.jpg', picture(203));
  await put(photo(1), picture(1));
  await remove(photo(2));
  const before = await documents(stack, ALBUM);
  const run = await runToEnd(stack, ALBUM, { prefix: 'sub/' });
  expect(run).toMatchObject({ status: 'Completed', prefix: 'sub/', calls: 2, removed: 0 });
  expect(run.counts).toMatchObject({ total: 2, succeeded: 2, unchanged: 0 });
  const after = await documents(stack, ALBUM);
  expect([...after.keys()].filter((blob) => !before.has(blob)).sort()).toEqual(['sub/a.jpg', 'sub/b.jpg']);
  for (const [blob, document] of before) expect(after.get(blob)).toEqual(document);

  const whole = await runToEnd(stack, ALBUM);
  expect(whole).toMatchObject({ status: 'Completed', calls: 2, removed: 1 });
  expect(await violations(stack, ALBUM, whole.id, 1)).toEqual([]);
}, 60_000);

test('4: a listing that lost too much removes nothing until that is confirmed', async () => {
  const before = await documents(stack, ALBUM);
  const imagesBefore = (await totals()).images;
  const known = imagesBefore.total;
  for (let n = 10; n < 30; n += 1) await remove(photo(n));
  const careful = await runToEnd(stack, ALBUM);
  expect(careful.failureGroups).toMatchObject([{ reason: 'shrink', count: 20 }]);
  expect(careful).toMatchObject({
    status: 'CompletedWithErrors',
    calls: 0,
    removed: 0,
    quote: { images: { missing: 20 } },
  });
  expect(careful.counts).toMatchObject({ ...NOTHING, total: known - 20, unchanged: known - 20 });
  expect(await documents(stack, ALBUM)).toEqual(before);
  expect((await totals()).images).toEqual(imagesBefore);
  expect(await violations(stack, ALBUM, careful.id, 1)).toEqual([]);

  const confirmed = await runToEnd(stack, ALBUM, { confirmShrink: true });
  expect(confirmed).toMatchObject({ status: 'Completed', calls: 0, removed: 20 });
  expect((await totals()).images).toMatchObject({ total: known - 20, removed: imagesBefore.removed + 20 });
  expect(await violations(stack, ALBUM, confirmed.id, 1)).toEqual([expect.stringMatching(/^I11: 20 of /)]); // had nobody agreed
  expect(await violations(stack, ALBUM, confirmed.id, 1, { confirmShrink: true })).toEqual([]);

  for (const { blob, status } of (await documents(stack, ALBUM)).values()) if (status !== 'removed') await remove(blob);
  const empty = await runToEnd(stack, ALBUM);
  expect(empty).toMatchObject({ status: 'CompletedWithErrors', removed: 0, counts: { total: 0 } });
  expect((await totals()).images).toMatchObject({ total: known - 20 });
  const emptied = await runToEnd(stack, ALBUM, { confirmShrink: true });
  expect(emptied).toMatchObject({ status: 'Completed', removed: known - 20, counts: { total: 0 } });
  expect(await totals()).toMatchObject({ images: { total: 0 }, bytes: 0, tags: [], formats: {} });
  expect(await violations(stack, ALBUM, emptied.id, 1, { confirmShrink: true })).toEqual([]);
}, 90_000);

test('5: an empty container', async () => {
  await blobs(stack, 'empty').createIfNotExists();
  const run = await runToEnd(stack, 'empty');
  expect(run).toMatchObject({ status: 'Completed', calls: 0, counts: { ...NOTHING, total: 0, totalIsFinal: true } });
  expect(await totals('empty')).toMatchObject({ images: { total: 0, removed: 0 }, bytes: 0, lastRun: run.id });
  expect(await violations(stack, 'empty', run.id, 1)).toEqual([]);
}, 60_000);

test('6: Vision refuses the key', async () => {
  const container = 'refused';
  await seedContainer(stack.endpoints.blobConnectionString, container, 40);
  await visionOf(stack).arm({ behaviour: 'status-401', times: 1_000 });
  const began = Date.now();
  const run = await runToEnd(stack, container);
  const tookMs = Date.now() - began;
  expect(run).toMatchObject({ status: 'Failed', counts: { succeeded: 0, inFlight: 0 } });
  expect(run.reason).toMatch(/vision-unauthorized/);
  expect(tookMs).toBeLessThan(20_000);
  expect(await activityIds(stack, container)).toContain(`${run.id}/run-failed`);
  expect(await stack.client.getInstance({ params: { instanceId: run.id } })).toMatchObject({
    status: 200,
    body: { runtimeStatus: 'Failed', output: { reason: run.reason } },
  });

  await visionOf(stack).disarm();
  const next = await eventually(() => runToEnd(stack, container), { what: 'the next run starts' });
  expect(next).toMatchObject({ status: 'Completed', calls: 40, counts: { total: 40, succeeded: 40 } });
  expect(await violations(stack, container, next.id, 1)).toEqual([]);
  process.stdout.write(`refused key: Failed after ${tookMs} ms\n`);
}, 90_000);

test('7: Vision rejects three images', async () => {
  const container = 'rejected';
  await seedContainer(stack.endpoints.blobConnectionString, container, 40);
  const rejected = [4, 14, 24].map(photo);
  const hashes = await Promise.all(
    rejected.map(async (name) => {
      const bytes = await blobs(stack, container).getBlockBlobClient(name).downloadToBuffer();
      return createHash('sha256').update(bytes).digest('hex');
    }),
  );
  await visionOf(stack).arm(...hashes.map((match) => ({ behaviour: 'status-400' as const, times: 100, match })));
  const run = await runToEnd(stack, container);
  expect(run).toMatchObject({ status: 'CompletedWithErrors', counts: { total: 40, succeeded: 37, failed: 3 } });
  expect(run.failureGroups).toMatchObject([
    {
      reason: 'vision-rejected',
      code: 'vision-rejected',
      stage: 'vision',
      count: 3,
      retryable: false,
      advice: expect.any(String),
      sample: expect.any(String),
    },
  ]);
  expect(rejected).toContain(run.failureGroups[0]?.sample);
  const query = { status: 'failed' } as const;
  const { value: failed } = taken(await stack.client.listImages({ params: { container }, query }));
  expect(failed.map(({ blob }) => blob)).toEqual(rejected);
  for (const { error } of failed)
    expect(error).toMatchObject({ code: 'vision-rejected', httpStatus: 400, retryable: false });
  expect(await violations(stack, container, run.id, 1)).toEqual([]);
  await visionOf(stack).disarm();
}, 60_000);

test('8: empty blobs that become directories', async () => {
  const container = 'markers';
  const marked = blobs(stack, container);
  await marked.createIfNotExists();
  const write = (name: string, bytes: Buffer = Buffer.alloc(0)) =>
    marked.getBlockBlobClient(name).upload(bytes, bytes.length);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await write(name);
  const first = await runToEnd(stack, container);
  expect(first).toMatchObject({ status: 'Completed', calls: 0, counts: { total: 5, skipped: 5 } });

  for (const name of ['a', 'b', 'c', 'd', 'e']) await write(`${name}/1.jpg`, picture(name.charCodeAt(0)));
  const second = await runToEnd(stack, container); // without confirmShrink
  expect(second.quote?.images).toMatchObject({ total: 5, new: 5, missing: 0 });
  expect(second).toMatchObject({ status: 'Completed', removed: 5, failureGroups: [], counts: { succeeded: 5 } });
  expect((await totals(container)).images).toMatchObject({ total: 5, succeeded: 5, skipped: 0, removed: 5 });
  expect(taken(await stack.client.verifyContainer({ params: { container } }))).toMatchObject({ clean: true });
  const third = await runToEnd(stack, container);
  expect(third).toMatchObject({ status: 'Completed', calls: 0, removed: 0, counts: { unchanged: 5 } });
}, 90_000);

test('9: a photo in the archive tier', async () => {
  const container = 'archive';
  await seedContainer(stack.endpoints.blobConnectionString, container, 2);
  const client = blobs(stack, container).getBlobClient(photo(1));
  await client.setAccessTier('Archive');
  expect(await quoteOf(stack, container)).toMatchObject({ calls: 1, images: { new: 1, ineligible: { archived: 1 } } });
  const first = await runToEnd(stack, container);
  expect(first).toMatchObject({ status: 'Completed', calls: 1, counts: { succeeded: 1, skipped: 1 } });
  const archived = { status: 'skipped', reason: 'archived', error: { code: 'archived', stage: 'listing' } };
  expect((await documents(stack, container)).get(photo(1))).toMatchObject({ ...archived, attempts: [] });
  const history = taken(await stack.client.getImageHistory({ params: { container, blob: photo(1) } }));
  expect(history.advice).toMatch(/rehydrate it/);
  const second = await runToEnd(stack, container);
  expect(second).toMatchObject({ status: 'Completed', calls: 0, removed: 0, counts: { unchanged: 2, skipped: 0 } });

  await client.setAccessTier('Hot');
  expect(await quoteOf(stack, container)).toMatchObject({ calls: 1, images: { changed: 1, unchanged: 1, missing: 0 } });
  const third = await runToEnd(stack, container);
  expect(third).toMatchObject({ status: 'Completed', calls: 1, counts: { succeeded: 1, unchanged: 1 } });
  expect((await documents(stack, container)).get(photo(1))?.error).toBeUndefined();
  expect(await violations(stack, container, third.id, 1)).toEqual([]);
}, 60_000);

test('10: three photos, and a hundred side-cars of which one is a photo', async () => {
  const container = 'side-cars';
  await seedContainer(stack.endpoints.blobConnectionString, container, 3);
  const client = blobs(stack, container);
  const write = (name: string, bytes: Buffer) => client.getBlockBlobClient(name).upload(bytes, bytes.length);
  await Promise.all(Array.from({ length: 99 }, (_, n) => write(`${photo(n)}.json`, Buffer.from(`{"n":${n}}`))));
  await write('photo.json', picture(900));
  const quote = await quoteOf(stack, container);
  const each = quote.transactions / quote.calls;
  expect(quote).toMatchObject({ calls: 3, images: { total: 103, new: 3, ineligible: { 'not-an-image': 100 } } });
  expect(quote.images.uncertain).toBeUndefined();

  // It costs what needs no consent, and one call more would need it.
  const approval = { above: 3 * each * quote.price.unit };
  const first = await runToEnd(stack, container, { approval });
  expect(first).toMatchObject({
    status: 'CompletedWithErrors',
    calls: 3,
    counts: { succeeded: 3, skipped: 99, failed: 1 },
  });
  expect(first.failureGroups).toMatchObject([{ reason: 'not-priced', count: 1, sample: 'photo.json' }]);
  const second = await runToEnd(stack, container, { approval });
  expect(second.quote).toMatchObject({ calls: 1, images: { changed: 1, unchanged: 102 } });
  expect(second).toMatchObject({ status: 'Completed', calls: 1, counts: { succeeded: 1, unchanged: 102 } });
  expect(await violations(stack, container, second.id, 1)).toEqual([]);
}, 60_000);
