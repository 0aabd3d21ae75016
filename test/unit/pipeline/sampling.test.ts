import { createHash } from 'node:crypto';
import { cacheKey } from '../../../src/domain/image/analysis';
import type { Classified } from '../../../src/domain/image/classification';
import { AppError } from '../../../src/domain/errors';
import type { ImageDocument } from '../../../src/domain/image/image';
import type { QuotaSettings } from '../../../src/domain/quota/quota';
import { outcomeOf } from '../../../src/domain/run/report';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import { createMemoryCache } from '../../../src/gateways/cache/memory-cache';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { createMemoryVision, type MemoryScript } from '../../../src/gateways/vision/memory-vision';
import { FairSemaphore } from '../../../src/pipeline/fair-semaphore';
import { ImageWork } from '../../../src/pipeline/image-work';
import { Sampling } from '../../../src/pipeline/sampling';
import { CircuitBreaker } from '../../../src/pipeline/circuit-breaker';
import { KeyedMutex } from '../../../src/pipeline/keyed-mutex';
import { createMemoryActors } from '../actors/memory-actors';
import { picture } from './pictures';
import { settled, VirtualClock } from './virtual-clock';

const EACH = 4;

function createSite(settings: QuotaSettings = {}, script: MemoryScript = () => undefined) {
  const clock = new VirtualClock();
  const [blobs, results, cache] = [createMemoryBlobs(), createMemoryResults(), createMemoryCache()];
  const vision = createMemoryVision({ script });
  const quota = createMemoryActors(() => clock.nowMs()).quota();
  void quota.configure(settings);
  const deps = {
    ...{ blobs, results, vision, cache, clock, keyedMutex: new KeyedMutex() },
    semaphore: new FairSemaphore({ maxItems: 20, maxBytes: 1_000_000 }),
    ...{ blobBreaker: new CircuitBreaker(clock, 'Blob Storage'), visionBreaker: new CircuitBreaker(clock, 'Vision') },
    notifyThrottled: (retryAfterMs: number) => void quota.throttled({ retryAfterMs }),
    hasEnded: async () => false,
  };
  let ids = 0;
  const sampling = new Sampling({ ...deps, quota: () => quota, newId: () => String(++ids) });
  blobs.createContainer('photos');
  const put = (name: string, bytes = picture(name)): Classified => ({
    kind: 'new',
    blob: blobs.put('photos', name, bytes),
  });
  const images = (n: number) => Array.from({ length: n }, (_, i) => put(`${i}.gif`));
  const start = (drawn: readonly Classified[]) =>
    sampling.run({
      ...{ container: 'photos', features: vision.analyzer.features },
      calls: drawn.map((image) => ({ image, transactions: EACH })),
    });
  const take = (drawn: readonly Classified[]) => clock.until(start(drawn));
  const booked = async () => (await quota.view()).ledger.transactions;
  /** What a run in another process would do with it now. */
  const analyse = async (image: Classified) => {
    const context = {
      ...{ container: 'photos', runId: 'run', chunkId: 'run-chunk' },
      ...{ permit: async () => 'go' as const, callPermit: async () => 'go' as const, callUnused: () => {} },
      ...{ inFlight: () => {}, trouble: () => {} },
    };
    const elsewhere = {
      ...deps,
      keyedMutex: new KeyedMutex(),
      semaphore: new FairSemaphore({ maxItems: 20, maxBytes: 1_000_000 }),
    };
    const done = await clock.until(new ImageWork(elsewhere, context, image).run());
    return done.saved ? done.document : undefined;
  };
  return { clock, blobs, results, cache, vision, quota, sampling, put, images, start, take, booked, analyse };
}

test('each image is called once, booked and cached; no document is written', async () => {
  const { images, take, vision, booked, results, analyse } = createSite();
  const drawn = images(20);
  const { looked, kept, ended } = await take(drawn);
  expect([looked.length, kept.length, ended, vision.calls]).toEqual([20, 20, undefined, 20]);
  expect(looked[0]).toMatchObject({ outcome: { status: 'succeeded', calls: 1, transactions: EACH, source: 'call' } });
  expect(looked.flatMap(({ tags }) => tags)).toHaveLength(20);
  expect(looked.flatMap(({ callsMs }) => callsMs)).toHaveLength(20);
  expect(await booked()).toBe(20 * EACH);
  expect(results.documents('photos')).toEqual([]);
  for (const image of drawn) expect(await analyse(image)).toMatchObject({ source: 'cache', transactions: 0 });
  expect(vision.calls).toBe(20);
});

test('images with the same bytes are paid for once, and a second sample pays nothing', async () => {
  const { put, take, vision, booked } = createSite();
  const drawn = [put('a.gif', picture('same')), put('b.gif', picture('same'))];
  const { looked, kept } = await take(drawn);
  expect(looked.map(({ outcome }) => [outcome.source, outcome.calls, outcome.transactions])).toEqual([
    ['call', 1, EACH],
    ['cache', 0, 0],
  ]);
  expect((await take(drawn)).looked.every(({ outcome }) => outcome.source === 'cache')).toBe(true);
  expect([kept.length, vision.calls, await booked()]).toEqual([2, 1, EACH]);
});

test('what Vision does not take, refuses, or what is gone costs what it costs and is not called known', async () => {
  const { put, take, blobs, booked } = createSite({}, ({ image }) =>
    Buffer.from(image).includes('bad')
      ? { ok: false, code: 'vision-invalid-format', message: 'no', retryable: false }
      : undefined,
  );
  const drawn = [put('good.gif'), put('bad.gif'), put('small.gif', picture('x', 10, 10)), put('gone.gif')];
  blobs.remove('photos', 'gone.gif');
  const { looked, kept } = await take(drawn);
  const seen = looked.map(({ outcome }) => outcome.reason ?? outcome.status).sort();
  expect(seen).toEqual(['gone', 'succeeded', 'too-small', 'vision-invalid-format']);
  expect([kept.map(({ image }) => image.blob.name), await booked()]).toEqual([['good.gif'], 2 * EACH]);
});

test('of known answers only the missing features are paid for, and booked', async () => {
  const { put, take, sampling, clock, booked } = createSite();
  const image = put('a.gif');
  const fewer = { container: 'photos', features: ['Tags'], calls: [{ image, transactions: 1 }] };
  expect((await clock.until(sampling.run(fewer))).looked[0]?.outcome.transactions).toBe(1);
  const { looked } = await take([image, put('b.gif')]);
  expect(looked.map(({ outcome }) => outcome.transactions).sort()).toEqual([EACH - 1, EACH]);
  expect(await booked()).toBe(2 * EACH);
});

test('calls keep the rate', async () => {
  const { clock, images, take, vision } = createSite({ ratePerSecond: 2 });
  const beganMs = clock.monotonicMs();
  await take(images(20));
  expect(vision.calls).toBe(20);
  expect(clock.monotonicMs() - beganMs).toBeGreaterThanOrEqual(9_000);
  expect(clock.monotonicMs() - beganMs).toBeLessThan(12_000);
});

test('a Retry-After that is longer than a sample ends it at once, and it says so', async () => {
  const { clock, images, quota, take, vision } = createSite();
  await quota.throttled({ retryAfterMs: 3_600_000 });
  const before = clock.nowMs();
  const { ended } = await take(images(3));
  expect(ended).toEqual({ why: 'paused', reason: expect.stringContaining('asked to wait') });
  expect(vision.calls).toBe(0);
  expect(clock.nowMs() - before).toBeLessThan(5_000);
});

test('a month that has no more ends the sample with what it has, and is never overdrawn', async () => {
  const { images, take, vision, booked, cache } = createSite({ monthlyTransactions: 3 * EACH + 1 });
  const { looked, ended } = await take(images(10));
  expect([looked.length, vision.calls, await booked()]).toEqual([3, 3, 3 * EACH]);
  expect(ended).toEqual({ why: 'month', reason: expect.stringContaining("month's transactions") });
  expect(cache.entries.size).toBe(3); // what was claimed and not called is free again
});

test('samples that nobody approved end together at what they may spend, and give back what they did not', async () => {
  let asked = 0;
  const { images, quota, sampling, clock, vision, booked } = createSite({}, () => {
    asked += 1;
    return asked === 1
      ? { ok: false, code: 'vision-throttled', message: 'slow', retryable: true, retryAfterMs: 1_000 }
      : undefined;
  });
  const drawn = images(12).map((image) => ({ image, transactions: EACH }));
  const { features } = vision.analyzer;
  const take = (calls: typeof drawn, most?: number) =>
    sampling.run({ container: 'photos', features, calls, ...(most !== undefined && { most }) });
  const most = 5 * EACH + 1;
  const both = await clock.until(Promise.all([take(drawn.slice(0, 4), most), take(drawn.slice(4, 8), most)]));
  await settled();
  expect(both.flatMap(({ looked }) => looked)).toHaveLength(5);
  expect(both.flatMap(({ ended }) => ended?.why ?? [])).toContain('samples');
  expect([(await quota.view()).sampled, await booked()]).toEqual([5 * EACH, 5 * EACH]);
  const approved = await clock.until(take(drawn.slice(8)));
  expect([approved.looked.length, (await quota.view()).sampled, await booked()]).toEqual([4, 5 * EACH, 9 * EACH]);
});

test('a pause that Vision asked for is kept, and costs nothing', async () => {
  let asked = 0;
  const { clock, images, take, vision, booked } = createSite({}, () => {
    asked += 1;
    return asked === 1
      ? { ok: false, code: 'vision-throttled', message: 'slow', retryable: true, retryAfterMs: 5_000 }
      : undefined;
  });
  const beganMs = clock.monotonicMs();
  const { looked } = await take(images(1));
  expect(looked[0]?.outcome).toMatchObject({ status: 'succeeded', calls: 1, transactions: EACH });
  expect(clock.monotonicMs() - beganMs).toBeGreaterThanOrEqual(5_000);
  await settled();
  expect([vision.calls, await booked()]).toEqual([2, EACH]);
});

test('it ends by itself when the quota stands still, and leaves no claim behind', async () => {
  const { clock, images, take, vision, cache } = createSite({ ratePerSecond: 0.01 });
  const beganMs = clock.monotonicMs();
  const { looked, ended } = await take(images(10));
  expect(looked.length).toBeLessThanOrEqual(2);
  expect(vision.calls).toBe(looked.length);
  expect(ended).toEqual({ why: 'time', reason: expect.stringContaining('120 s') });
  expect(clock.monotonicMs() - beganMs).toBeLessThan(125_000);
  expect(cache.entries.size).toBe(looked.length);
});

test('no call starts while the process ends', async () => {
  const { clock, images, start, sampling, vision } = createSite({ ratePerSecond: 1 });
  const sample = start(images(20));
  await clock.advance(3_000);
  const { calls } = vision;
  sampling.drain();
  const { looked, ended } = await clock.until(sample);
  expect([vision.calls, looked.length]).toEqual([calls, calls]);
  expect(ended).toEqual({ why: 'drain', reason: expect.stringContaining('stopped') });
});

test('a refused key is said, after what was under way has ended', async () => {
  const { images, take, vision, cache, booked } = createSite({}, ({ number }) =>
    number === 3 ? { ok: false, code: 'vision-unauthorized', message: 'no', retryable: false } : undefined,
  );
  await expect(take(images(30))).rejects.toEqual(expect.any(AppError));
  expect([vision.inFlight, vision.calls < 30]).toEqual([0, true]);
  expect(cache.entries.size).toBe(vision.calls - 1);
  await settled();
  expect(await booked()).toBe((vision.calls - 1) * EACH);
});

test('what a killed sample left claimed holds a run up for minutes, not for a quarter of an hour', async () => {
  const { clock, put, start, vision, analyse } = createSite({}, ({ number }) =>
    number === 1 ? new Promise(() => {}) : undefined,
  );
  const image = put('a.gif');
  void start([image]); // its process dies in the call
  for (let n = 0; n < 100 && vision.calls === 0; n += 1) await clock.advance(100); // a new keeper of the quota waits at first
  expect(vision.calls).toBe(1);
  const beganMs = clock.monotonicMs();
  const document = await analyse(image);
  expect(document).toMatchObject({ status: 'succeeded', source: 'call' });
  expect(document?.attempts.map(({ code }) => code)).toContain('maybe-billed');
  expect(clock.monotonicMs() - beganMs).toBeLessThan(250_000);
});

test.each(['answers', 'is refused'])(
  'a call that a dead run left behind is told by the next run, though a sample %s first',
  async (how) => {
    const { clock, cache, put, take, analyse, vision } = createSite({}, ({ number }) =>
      how === 'answers' || number > 1
        ? undefined
        : { ok: false, code: 'vision-rejected', message: 'no', retryable: false },
    );
    const bytes = picture('left behind');
    const key = cacheKey(createHash('sha256').update(bytes).digest('hex'), vision.analyzer);
    const diedMs = clock.nowMs();
    await cache.claim(key, ['Tags'], { holder: 'a dead run', nowMs: diedMs, leaseMs: 1_000 });
    await clock.advance(2_000);
    const drawn = [put('a.gif', bytes)];
    for (const _ of [1, 2]) await take(drawn);
    const document = await analyse(drawn[0] as Classified);
    const told = outcomeOf({ ...(document as ImageDocument), version: '' }, true);
    expect(told).toMatchObject({ source: 'cache', calls: 0, maybeBilled: [new Date(diedMs).toISOString()] });
    expect(vision.calls).toBe(how === 'answers' ? 1 : 2);
    expect((await analyse(put('b.gif', bytes)))?.attempts.map(({ code }) => code)).not.toContain('maybe-billed');
  },
);
