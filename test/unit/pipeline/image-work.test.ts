import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { cacheKey, listedKey } from '../../../src/domain/image/analysis';
import type { Classified } from '../../../src/domain/image/classification';
import { RESOURCE_REFUSALS } from '../../../src/domain/image/resource-refusal';
import { AppError } from '../../../src/domain/errors';
import { contributionOf, type ImageDocument, type ListedBlob } from '../../../src/domain/image/image';
import { outcomeOf } from '../../../src/domain/run/report';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import { createMemoryCache, type MemoryCache } from '../../../src/gateways/cache/memory-cache';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { storedImageOf } from '../../../src/gateways/results/stored-document';
import { createMemoryVision, type MemoryScript } from '../../../src/gateways/vision/memory-vision';
import type { VisionCallOptions, VisionCode, VisionFailure } from '../../../src/gateways/vision/port';
import { FairSemaphore } from '../../../src/pipeline/fair-semaphore';
import { ImageWork } from '../../../src/pipeline/image-work';
import type { Permit } from '../../../src/pipeline/run-session';
import { CircuitBreaker } from '../../../src/pipeline/circuit-breaker';
import { KeyedMutex } from '../../../src/pipeline/keyed-mutex';
import { picture } from './pictures';
import { VirtualClock } from './virtual-clock';

const failure = (code: VisionCode, change: Partial<VisionFailure> = {}): VisionFailure => {
  return { ok: false, code, message: `it said ${code}`, retryable: false, ...change };
};

function createSite(script: MemoryScript = () => undefined, cache: MemoryCache = createMemoryCache()) {
  const clock = new VirtualClock();
  const blobs = createMemoryBlobs();
  const results = createMemoryResults();
  const vision = createMemoryVision({ script });
  const semaphore = new FairSemaphore({ maxItems: 2, maxBytes: 1_000_000 });
  const asked: (readonly string[])[] = [];
  const state = {
    permit: 'go' as Permit,
    callPermit: undefined as Permit | undefined,
    inFlight: 0,
    unused: 0,
    granted: 0,
    troubles: [] as string[],
    ended: new Set<string>(),
  };
  const deps = {
    ...{ blobs, results, semaphore, clock, cache, keyedMutex: new KeyedMutex() },
    vision: {
      ...vision,
      analyze: (bytes: Uint8Array, options: VisionCallOptions = {}) => {
        asked.push(options.features ?? []);
        return vision.analyze(bytes, options);
      },
    },
    notifyThrottled: () => {},
    hasEnded: async (runId: string) => state.ended.has(runId),
    ...{ blobBreaker: new CircuitBreaker(clock, 'Blob Storage'), visionBreaker: new CircuitBreaker(clock, 'Vision') },
  };
  blobs.createContainer('photos');
  const context = {
    ...{ container: 'photos', runId: 'run-2', startedAt: '2026-01-02T00:00:00.000Z', chunkId: 'run-2-chunk' },
    permit: async () => state.permit,
    callPermit: async (transactions: number) => {
      state.granted += transactions;
      return state.callPermit ?? state.permit;
    },
    callUnused: (transactions: number) => {
      state.unused += transactions;
    },
    inFlight: (change: 1 | -1) => {
      state.inFlight += change;
    },
    trouble: (message: string) => void state.troubles.push(message),
  };
  const start = (item: Classified) => new ImageWork(deps, context, item).run();
  const work = (item: Classified) => clock.until(start(item));
  /** A run of its own over one blob, with its own choice of features; answers what was saved. */
  let runs = 0;
  const run = async (blob: ListedBlob, features?: readonly string[]): Promise<ImageDocument> => {
    const now = await results.get('photos', blob.name);
    const stored = now && storedImageOf(now.document, now.version);
    const runId = `run-3-${++runs}`;
    const scope = { ...context, runId, chunkId: `${runId}-chunk`, ...(features && { features }) };
    const item: Classified = stored ? { kind: 'changed', blob, stored } : { kind: 'new', blob };
    const result = await clock.until(new ImageWork(deps, scope, item).run());
    if (!result.saved) throw new Error(`it stopped: ${result.stop}`);
    expect((await results.get('photos', blob.name))?.document).toEqual(result.document);
    return result.document;
  };
  /** Works on a new blob and answers what was saved. */
  const document = async (bytes: Uint8Array): Promise<ImageDocument> => {
    const result = await work({ kind: 'new', blob: blobs.put('photos', 'a.gif', bytes) });
    if (!result.saved) throw new Error(`it stopped: ${result.stop}`);
    expect(results.documents('photos')).toEqual([result.document]);
    expect([state.inFlight, semaphore.inside]).toEqual([0, 0]);
    return result.document;
  };
  return { clock, blobs, results, vision, cache, asked, semaphore, state, start, work, run, document };
}

const calls = ({ attempts }: Pick<ImageDocument, 'attempts'>) => attempts.filter(({ stage }) => stage === 'vision');

describe('an image that Vision takes', () => {
  test('is saved with its analysis, its hash, its attempt and what it adds to the totals', async () => {
    const bytes = picture('one');
    const document = await createSite().document(bytes);
    expect(document).toMatchObject({
      status: 'succeeded',
      source: 'call',
      transactions: 4,
      contentHash: createHash('sha256').update(bytes).digest('hex'),
      attempts: [
        { stage: 'download', runId: 'run-2' },
        { stage: 'vision', runId: 'run-2', httpStatus: 200, requestId: 'memory-1' },
      ],
      contribution: { 'i:succeeded': 1 },
      replaced: {},
    });
  });

  test('that was stored before keeps what it added before', async () => {
    const { blobs, results, work } = createSite();
    const blob = blobs.put('photos', 'a.gif', picture('new bytes'));
    const first = await work({ kind: 'new', blob });
    if (!first.saved) throw new Error('stopped');
    const old = {
      ...first.document,
      chunkId: 'run-1-chunk',
      runId: 'run-1',
      etag: 'old',
      contribution: { 'i:failed': 1 },
    };
    const standing = await results.get('photos', 'a.gif');
    await results.save(old, { version: standing?.version ?? '' });
    const now = await results.get('photos', 'a.gif');
    const again = await work({ kind: 'changed', blob, stored: storedImageOf(old, now?.version ?? '') });
    expect(again).toMatchObject({ saved: true, document: { replaced: { 'i:failed': 1 } } });
  });
});

describe('features', () => {
  const bytes = picture('one');

  test('one more is paid for alone, and the document holds both', async () => {
    const { blobs, run, asked, state, cache } = createSite();
    const blob = blobs.put('photos', 'a.gif', bytes);
    const first = await run(blob, ['Tags']);
    expect(first).toMatchObject({ transactions: 1, analyzer: { features: ['Tags'] } });
    expect(first.analysis?.description).toBeUndefined();
    const second = await run(blob, ['Description', 'Tags']);
    expect(asked).toEqual([['Tags'], ['Description']]);
    expect(state.granted).toBe(2);
    expect(second).toMatchObject({
      ...{ status: 'succeeded', source: 'call', transactions: 1, analyzer: { features: ['Description', 'Tags'] } },
      analysis: { tags: first.analysis?.tags, description: expect.anything() },
      replaced: first.contribution,
    });
    expect(second.contribution).toEqual(contributionOf(second));
    expect([...cache.entries.values()]).toMatchObject([{ analyzer: { features: ['Description', 'Tags'] } }]);
  });

  test('fewer of them drop nothing, though the blob was written again', async () => {
    const { blobs, run, asked } = createSite();
    const before = await run(blobs.put('photos', 'a.gif', bytes), ['Description', 'Tags']);
    const after = await run(blobs.put('photos', 'a.gif', bytes), ['Tags']);
    expect(asked).toHaveLength(1);
    expect(after).toMatchObject({ source: 'cache', transactions: 0 });
    expect([after.analysis, after.analyzer]).toEqual([before.analysis, before.analyzer]);
  });

  test('what the cache has forgotten is taken from the document, and told to the cache again', async () => {
    const { blobs, run, asked, cache } = createSite();
    const blob = blobs.put('photos', 'a.gif', bytes);
    const first = await run(blob, ['Tags']);
    cache.forget();
    const second = await run(blob, ['Description', 'Tags']);
    expect(asked).toEqual([['Tags'], ['Description']]);
    expect(second.analysis?.tags).toEqual(first.analysis?.tags);
    cache.forget();
    const third = await run(blobs.put('photos', 'a.gif', bytes), ['Description']);
    expect(asked).toHaveLength(2);
    expect(third).toMatchObject({ source: 'cache', transactions: 0 });
    expect([third.analysis, third.analyzer]).toEqual([second.analysis, second.analyzer]);
    expect([...cache.entries.values()]).toMatchObject([
      { analysis: second.analysis, paid: { holder: 'run-3-2-chunk' } },
    ]);
  });

  test('what the cache forgot in part is made whole from the document', async () => {
    const { blobs, run, asked, cache } = createSite();
    const before = await run(blobs.put('photos', 'a.gif', bytes), ['Description', 'Tags']);
    cache.forget();
    await run(blobs.put('photos', 'b.gif', bytes), ['Tags']);
    const after = await run(blobs.put('photos', 'a.gif', bytes), ['Tags']);
    expect(asked).toEqual([['Description', 'Tags'], ['Tags']]);
    expect(after.analyzer?.features).toEqual(['Description', 'Tags']);
    expect(after.analysis?.description).toEqual(before.analysis?.description);
  });

  test('what is paid for is known by what a listing tells of the bytes, and so is what is added later', async () => {
    const { blobs, run, cache, vision } = createSite();
    const blob = blobs.put('photos', 'a.gif', bytes);
    const { contentMd5 = '' } = blobs.put('photos', 'b.gif', bytes);
    const key = listedKey(contentMd5, bytes.length, vision.analyzer);
    const known = async () => [...(await cache.known([key, 'nothing'])).entries()];
    expect(await known()).toEqual([]);
    await run(blob, ['Tags']);
    expect(await known()).toEqual([[key, ['Tags']]]);
    await run(blob, ['Description']);
    expect(await known()).toEqual([[key, ['Description', 'Tags']]]);
  });

  test('other bytes drop what was said of the old ones', async () => {
    const { blobs, run } = createSite();
    await run(blobs.put('photos', 'a.gif', bytes), ['Description', 'Tags']);
    const after = await run(blobs.put('photos', 'a.gif', picture('two')), ['Tags']);
    expect(after.analyzer?.features).toEqual(['Tags']);
    expect(after.analysis?.description).toBeUndefined();
  });

  test('one that Vision refuses costs nothing of what is known', async () => {
    const refused = failure('vision-rejected', { httpStatus: 400 });
    const { blobs, run, asked } = createSite(({ features }) =>
      features.includes('Celebrities') ? refused : undefined,
    );
    const blob = blobs.put('photos', 'a.gif', bytes);
    const first = await run(blob, ['Tags']);
    const second = await run(blob, ['Celebrities', 'Tags']);
    expect(second).toMatchObject({
      ...{ status: 'failed', reason: 'vision-rejected', error: { features: ['Celebrities'] } },
      ...{ analysis: first.analysis, analyzer: first.analyzer, transactions: 0 },
    });
    expect(second.contribution).toEqual({ ...first.contribution, 'i:succeeded': undefined, 'i:failed': 1 });
    expect(await run(blob, ['Tags'])).toMatchObject({ status: 'succeeded', analysis: first.analysis });
    expect(asked).toEqual([['Tags'], ['Celebrities']]);
  });

  test('nor does a download that fails', async () => {
    const { blobs, run } = createSite();
    const blob = blobs.put('photos', 'a.gif', bytes);
    const { analysis, analyzer } = await run(blob, ['Tags']);
    blobs.failNext('download', 5);
    const after = await run(blob, ['Description', 'Tags']);
    expect(after).toMatchObject({ status: 'failed', reason: 'download-failed', analysis, analyzer });
    expect(await run(blob, ['Description', 'Tags'])).toMatchObject({ status: 'succeeded', transactions: 1 });
  });

  /** The store of results does not answer the next `times` reads of images in work. */
  function failReads({ results, semaphore }: ReturnType<typeof createSite>, times: number): void {
    const { get } = results;
    let left = times;
    results.get = async (...asked) => {
      if (semaphore.inside > 0 && left-- > 0) {
        throw new AppError('results-unavailable', 'The document was not read.', { retryable: true });
      }
      return get(...asked);
    };
  }

  test.each([
    ['an answer', 0, 'succeeded'],
    ['a failure', 5, 'failed'],
  ])('the document that %s is united with is asked for until the store answers', async (_, lostDownloads, status) => {
    const site = createSite();
    const blob = site.blobs.put('photos', 'a.gif', bytes);
    const first = await site.run(blob, ['Tags']);
    site.cache.forget();
    site.blobs.failNext('download', lostDownloads);
    failReads(site, 3);
    const second = await site.run(blob, ['Description', 'Tags']);
    expect(second.status).toBe(status);
    expect(second.analysis?.tags).toEqual(first.analysis?.tags);
    expect(site.state.troubles).toEqual(Array(3).fill('The document was not read.'));
    const unread = second.attempts.filter(({ code }) => code === 'results-unavailable');
    expect(unread.map(({ stage }) => stage)).toEqual(Array(3).fill('cache'));
  });

  test('but not for a run that has stopped', async () => {
    const site = createSite();
    const blob = site.blobs.put('photos', 'a.gif', bytes);
    await site.run(blob, ['Tags']);
    site.cache.forget();
    failReads(site, 1_000);
    const work = site.run(blob, ['Description', 'Tags']);
    const ended = expect(work).rejects.toMatchObject({ code: 'results-unavailable' });
    await site.clock.advance(2_000);
    site.state.permit = 'pause';
    await ended;
    expect(site.asked).toHaveLength(1);
    expect(site.state.troubles.length).toBeLessThan(6);
  });

  test('an image that was never answered is known by nobody, whatever was asked for', async () => {
    const down = failure('vision-rejected');
    const { blobs, run, vision } = createSite(() => down);
    const blob = blobs.put('photos', 'a.gif', bytes);
    expect(await run(blob, ['Tags'])).toMatchObject({ status: 'failed', analyzer: { features: [] } });
    vision.script(() => undefined);
    expect(await run(blob, ['Description'])).toMatchObject({ analyzer: { features: ['Description'] } });
  });
});

test('the same bytes under two names are one call, of the name it was made for, also when its save was lost', async () => {
  const bytes = picture('one');
  const cache = createMemoryCache();
  const execution = () => {
    const site = createSite(undefined, cache);
    const of = (name: string): Classified => ({ kind: 'new', blob: site.blobs.put('photos', name, bytes) });
    return { ...site, a: of('a.gif'), b: of('b.gif') };
  };
  const paid = { document: { source: 'call', transactions: 4 } };
  const spared = { document: { source: 'cache', transactions: 0 } };
  const first = execution();
  expect([await first.work(first.a), await first.work(first.b)]).toMatchObject([paid, spared]);
  const second = execution(); // nothing that the first one saved is there
  expect([await second.work(second.b), await second.work(second.a)]).toMatchObject([spared, paid]);
  expect([first.vision.calls, second.vision.calls]).toEqual([1, 0]);
});

describe('an image that Vision would refuse costs no call', () => {
  test.each<[string, Uint8Array, string]>([
    ['empty', Buffer.from(''), 'empty'],
    ['text', Buffer.from('hello, I am no picture'), 'not-an-image'],
    ['small', picture('x', 49, 500), 'too-small'],
    ['huge', picture('x', 16_001, 100), 'too-large-pixels'],
    ['heavy', new Uint8Array(4 * 1024 * 1024), 'too-large-bytes'],
  ])('%s', async (_, bytes, reason) => {
    const { document, vision } = createSite();
    expect(await document(bytes)).toMatchObject({
      status: 'skipped',
      reason,
      transactions: 0,
      analyzer: vision.analyzer,
    });
    expect(vision.calls).toBe(0);
  });

  test('and by its size alone not even a download', async () => {
    const { document, blobs } = createSite();
    await document(new Uint8Array(4 * 1024 * 1024));
    expect(blobs.downloads).toEqual([]);
  });
});

describe('failures', () => {
  test('a permanent one is one call and says what it was', async () => {
    const { document, vision } = createSite(() =>
      failure('vision-invalid-format', { httpStatus: 400, requestId: 'r' }),
    );
    const error = { code: 'vision-invalid-format', stage: 'vision', retryable: false, httpStatus: 400, requestId: 'r' };
    expect(await document(picture('x'))).toMatchObject({ status: 'failed', reason: 'vision-invalid-format', error });
    expect(vision.calls).toBe(1);
  });

  test('a passing one is tried five times, with growing pauses', async () => {
    const { document, vision, clock } = createSite(() =>
      failure('vision-unavailable', { retryable: true, httpStatus: 503 }),
    );
    const saved = await document(picture('x'));
    expect(saved).toMatchObject({ status: 'failed', reason: 'vision-unavailable', error: { retryable: true } });
    expect([vision.calls, calls(saved).length]).toEqual([5, 5]);
    expect(clock.monotonicMs()).toBe(250 + 500 + 1_000 + 2_000);
  });

  test('one that passes leaves its story behind', async () => {
    const script: MemoryScript = ({ number }) =>
      number < 3 ? failure('vision-timeout', { retryable: true }) : undefined;
    const saved = await createSite(script).document(picture('x'));
    expect(saved.status).toBe('succeeded');
    expect(calls(saved).map(({ code }) => code)).toEqual(['vision-timeout', 'vision-timeout', undefined]);
  });

  test('a rate limit is waited for, however often, and is nobody’s fault', async () => {
    const refuse = failure('vision-throttled', { retryable: true, retryAfterMs: 1_000 });
    const { document, vision, clock, state } = createSite(({ number }) => (number <= 40 ? refuse : undefined));
    const saved = await document(picture('x'));
    expect(state.unused).toBe(40 * 4); // each was granted, and none of them is on the bill
    expect([saved.status, vision.calls]).toEqual(['succeeded', 41]);
    expect(clock.monotonicMs()).toBe(40_000);
    expect(calls(saved)).toHaveLength(2); // a row of refusals is one entry
  });

  test.each(RESOURCE_REFUSALS)('%s ends the run, not the image', async (code) => {
    const { blobs, work, results, state, semaphore } = createSite(() => failure(code, { httpStatus: 401 }));
    const blob = blobs.put('photos', 'a.gif', picture('x'));
    await expect(work({ kind: 'new', blob })).rejects.toMatchObject({ code, retryable: false });
    expect(results.documents('photos')).toEqual([]);
    expect([state.inFlight, semaphore.inside]).toEqual([0, 0]);
    expect(state.unused).toBe(state.granted); // no cap counts what is not on the bill
  });

  test('an outage costs probes, not the image’s attempts', async () => {
    const down = failure('vision-network', { retryable: true });
    const { blobs, results, clock, start } = createSite(() => (clock.monotonicMs() < 120_000 ? down : undefined));
    const items = Array.from({ length: 12 }, (_, i) => blobs.put('photos', `${i}.gif`, picture(`image ${i}`)));
    await clock.until(Promise.all(items.map((blob) => start({ kind: 'new', blob }))));
    const statuses = results.documents('photos').map(({ status }) => status);
    expect(statuses.filter((status) => status === 'failed').length).toBeLessThanOrEqual(2); // before it is known to be one
    expect(statuses).toHaveLength(12);
  });
});

test('images that always fail end, though they look like an outage when only they are left', async () => {
  const down = failure('vision-unavailable', { retryable: true });
  const { blobs, results, clock, start } = createSite(() => down);
  const items = Array.from({ length: 12 }, (_, i) => blobs.put('photos', `${i}.gif`, picture(`image ${i}`)));
  const began = clock.monotonicMs();
  await clock.until(Promise.all(items.map((blob) => start({ kind: 'new', blob }))));
  expect(results.documents('photos').every(({ status }) => status === 'failed')).toBe(true);
  expect(clock.monotonicMs() - began).toBeLessThan(1_800_000);
});

test.each([1, 4, 20])('%s images that Vision fails on every time cost five attempts and seconds', async (count) => {
  const failed = failure('vision-unavailable', { retryable: true, httpStatus: 500 });
  const { blobs, results, clock, start, vision } = createSite(() => failed);
  const items = Array.from({ length: count }, (_, i) => blobs.put('photos', `${i}.gif`, picture(`image ${i}`)));
  const began = clock.monotonicMs();
  await clock.until(Promise.all(items.map((blob) => start({ kind: 'new', blob }))));
  expect(results.documents('photos').every(({ status }) => status === 'failed')).toBe(true);
  expect(vision.calls).toBe(5 * count);
  expect(clock.monotonicMs() - began).toBeLessThan(4_000 * Math.ceil(count / 2)); // two at a time
});

describe('downloads', () => {
  test('twenty blobs that Blob Storage fails on every time cost five attempts and seconds', async () => {
    const { blobs, results, clock, start } = createSite();
    const refusal = { ok: false, code: 'download-failed', message: 'no', retryable: true, httpStatus: 500 } as const;
    blobs.failNext('download', 1_000, refusal);
    const items = Array.from({ length: 20 }, (_, i) => blobs.put('photos', `${i}.gif`, picture(`image ${i}`)));
    const began = clock.monotonicMs();
    await clock.until(Promise.all(items.map((blob) => start({ kind: 'new', blob }))));
    expect(results.documents('photos').every(({ status }) => status === 'failed')).toBe(true);
    expect(blobs.downloads).toHaveLength(100);
    expect(clock.monotonicMs() - began).toBeLessThan(40_000); // two at a time
  });

  test('one that fails for a while is tried again', async () => {
    const { document, blobs } = createSite();
    blobs.failNext('download', 3);
    expect((await document(picture('x'))).status).toBe('succeeded');
    expect(blobs.downloads).toHaveLength(4);
  });

  test('one that fails five times fails the image', async () => {
    const { document, blobs, vision } = createSite();
    blobs.failNext('download', 5);
    expect(await document(picture('x'))).toMatchObject({
      status: 'failed',
      reason: 'download-failed',
      error: { stage: 'download', retryable: true },
    });
    expect(vision.calls).toBe(0);
  });

  test('one that was archived since it was listed is skipped, and what is known of it stays', async () => {
    const { blobs, results, run, vision } = createSite();
    const blob = blobs.put('photos', 'a.gif', picture('x'));
    blobs.withhold('photos', 'a.gif', 'archived');
    const archived = { reason: 'archived', error: { code: 'archived', stage: 'download', httpStatus: 409 } };
    expect(await run(blob)).toMatchObject({ status: 'skipped', ...archived });
    expect(await run({ ...blob, unreadable: 'rehydrate-pending' })).toMatchObject({
      ...{ status: 'skipped', reason: 'archived', error: { code: 'rehydrate-pending', stage: 'listing' } },
    });
    expect(blobs.downloads).toHaveLength(1);
    blobs.withhold('photos', 'a.gif', undefined);
    expect(await run(blob, ['Tags'])).toMatchObject({ status: 'succeeded', analyzer: { features: ['Tags'] } });
    blobs.withhold('photos', 'a.gif', 'archived');
    const kept = { status: 'failed', analysis: expect.anything(), analyzer: { features: ['Tags'] } };
    expect(await run(blob, ['Tags', 'Color'])).toMatchObject({ ...kept, ...archived });
    expect(results.documents('photos')).toHaveLength(1);
    expect(vision.calls).toBe(1);
  });

  test('one that is forbidden alone fails alone, and is tried again by the next run', async () => {
    const { blobs, work, vision } = createSite();
    const blob = blobs.put('photos', 'a.gif', picture('x'));
    blobs.put('photos', 'b.gif', picture('another'));
    const refusal = {
      ok: false,
      code: 'download-forbidden',
      message: 'no',
      retryable: false,
      httpStatus: 403,
    } as const;
    blobs.failNext('download', 1, refusal);
    expect(await work({ kind: 'new', blob })).toMatchObject({
      document: {
        ...{ status: 'failed', reason: 'download-forbidden' },
        error: { stage: 'download', httpStatus: 403, retryable: true },
      },
    });
    expect([blobs.downloads, vision.calls]).toEqual([['a.gif', 'b.gif'], 0]);
    blobs.failNext('download', 2, refusal);
    await expect(work({ kind: 'new', blob })).rejects.toMatchObject({ code: 'storage-forbidden' });
  });

  test('one that was uploaded compressed says so; a wrong encoding of a whole image does not matter', async () => {
    const { blobs, run, vision } = createSite();
    const coded = gzipSync(picture('x'));
    const put = (name: string, bytes: Uint8Array, contentEncoding?: string) =>
      run(blobs.put('photos', name, bytes, contentEncoding === undefined ? {} : { contentEncoding }));
    expect(await put('a.gif', coded, 'gzip')).toMatchObject({ status: 'skipped', reason: 'encoded' });
    expect(await put('b.gif', coded)).toMatchObject({ status: 'skipped', reason: 'not-an-image' });
    expect(await put('c.gif', Buffer.from('text'), 'utf-8')).toMatchObject({ reason: 'not-an-image' });
    expect(vision.calls).toBe(0);
    expect(await put('d.gif', picture('x'), 'gzip')).toMatchObject({ status: 'succeeded' });
  });

  test('a forbidden one ends the run', async () => {
    const { blobs, work } = createSite();
    blobs.failNext('download', 1, { ok: false, code: 'download-forbidden', message: 'no', retryable: false });
    const blob = blobs.put('photos', 'a.gif', picture('x'));
    await expect(work({ kind: 'new', blob })).rejects.toMatchObject({ code: 'storage-forbidden' });
  });

  test('an image deleted since it was listed is removed', async () => {
    const { blobs, work, vision } = createSite();
    const blob = blobs.put('photos', 'a.gif', picture('x'));
    blobs.remove('photos', 'a.gif');
    expect(await work({ kind: 'new', blob })).toMatchObject({
      document: { status: 'removed', reason: 'gone', contribution: { 'i:removed': 1 } },
    });
    expect(vision.calls).toBe(0);
  });

  test('an image changed since it was listed is analysed at its new content', async () => {
    const { blobs, work, vision } = createSite();
    const old = blobs.put('photos', 'a.gif', picture('old'));
    const now = blobs.put('photos', 'a.gif', picture('a longer content'));
    expect(await work({ kind: 'new', blob: old })).toMatchObject({
      document: { status: 'succeeded', etag: now.etag, sizeBytes: now.sizeBytes },
    });
    expect(vision.calls).toBe(1);
  });

  test('one that never stands still is left to the next run', async () => {
    const { blobs, work, vision } = createSite();
    const blob = blobs.put('photos', 'a.gif', picture('x'));
    blobs.failNext('download', 9, { ok: false, code: 'changed', message: '412', retryable: false, httpStatus: 412 });
    expect(await work({ kind: 'new', blob })).toMatchObject({
      document: { status: 'failed', reason: 'changed', error: { retryable: true } },
    });
    expect([vision.calls, blobs.downloads.length]).toEqual([0, 3]);
  });
});

describe('permits', () => {
  test.each(['pause', 'cancel', 'fail', 'lost'] as const)(
    'a run that says %s writes nothing and calls nobody',
    async (permit) => {
      const { blobs, work, state, vision, results, semaphore } = createSite();
      state.permit = permit;
      const blob = blobs.put('photos', 'a.gif', picture('x'));
      expect(await work({ kind: 'new', blob })).toEqual({ saved: false, stop: permit });
      expect([vision.calls, results.writes.length, semaphore.inside]).toEqual([0, 0, 0]);
    },
  );

  test('one that is taken back while the rate limit is waited for stops the call', async () => {
    const refuse = failure('vision-throttled', { retryable: true, retryAfterMs: 30_000 });
    const { blobs, start, clock, state, vision } = createSite(() => refuse);
    const result = start({ kind: 'new', blob: blobs.put('photos', 'a.gif', picture('x')) });
    clock.at(10_000, () => {
      state.permit = 'pause';
    });
    expect(await clock.until(result)).toEqual({ saved: false, stop: 'pause' });
    expect(vision.calls).toBe(1);
    expect(clock.monotonicMs()).toBeLessThan(11_000); // at once, and not when the wait is over
  });
});

describe('saves', () => {
  test('are offered again to a store that does not answer, without another call', async () => {
    const { document, results, vision, state } = createSite();
    results.failNext(20);
    const saved = await document(picture('x'));
    expect(saved.status).toBe('succeeded');
    expect(vision.calls).toBe(1);
    expect(state.troubles).toHaveLength(20);
    // The call stays in the books, however long the store was away.
    expect(outcomeOf({ ...saved, version: '' }, true)).toMatchObject({ calls: 1, transactions: 4, retries: 20 });
  });

  test('one whose answer was lost is not written twice', async () => {
    const { document, results } = createSite();
    results.failNext(1, 'after-write');
    const saved = await document(picture('x'));
    expect(results.writes).toHaveLength(1);
    expect(calls(saved)).toHaveLength(1);
  });

  test.each([
    { permit: 'go', calls: 2, transactions: 8 },
    { permit: 'pause', calls: 2, transactions: 8 },
    { permit: 'lost', calls: 1, transactions: 4 },
  ] as const)('one that another execution of the chunk was faster with tells of both calls: $permit', async (told) => {
    const { blobs, cache, clock, start, results, state } = createSite();
    const blob = blobs.put('photos', 'a.gif', picture('x'));
    const item = { kind: 'new', blob } as const;
    const save = results.save.bind(results);
    const race = jest.spyOn(results, 'save').mockImplementationOnce(async () => ({ saved: true, version: 'stalled' }));
    const early = (await clock.until(start(item))) as { document: ImageDocument };
    cache.forget();
    await clock.advance(6_000);
    race.mockImplementationOnce(async (document, expected) => {
      state.permit = told.permit;
      await save(early.document, 'new');
      return save(document, expected);
    });
    const late = (await clock.until(start(item))) as { document: ImageDocument };
    race.mockRestore();
    expect(outcomeOf({ ...late.document, version: '' }, true)).toMatchObject({
      calls: told.calls,
      transactions: told.transactions,
    });
    expect(results.documents('photos')).toEqual([late.document]);
    expect(late.document.contribution).toEqual(early.document.contribution);
  });

  test('a document that an older run wrote meanwhile is replaced, and what it added remembered', async () => {
    const { blobs, results, work } = createSite();
    const first = await work({ kind: 'new', blob: blobs.put('photos', 'b.gif', picture('x')) });
    if (!first.saved) throw new Error('stopped');
    const blob = blobs.put('photos', 'a.gif', picture('y'));
    const other = {
      ...first.document,
      blob: 'a.gif',
      runId: 'run-1',
      chunkId: 'run-1-chunk',
      contribution: { 'i:failed': 1 },
    };
    await results.save(other, 'new');
    expect(await work({ kind: 'new', blob })).toMatchObject({
      document: { runId: 'run-2', replaced: { 'i:failed': 1 } },
    });
  });

  test('a document that a later run wrote meanwhile stays', async () => {
    const { blobs, results, work } = createSite();
    const first = await work({ kind: 'new', blob: blobs.put('photos', 'b.gif', picture('x')) });
    if (!first.saved) throw new Error('stopped');
    const blob = blobs.put('photos', 'a.gif', picture('y'));
    const later = {
      ...{ ...first.document, blob: 'a.gif', runId: 'run-0', chunkId: 'run-0-chunk' },
      runStartedAt: '2026-01-02T00:00:00.001Z',
    };
    await results.save(later, 'new');
    expect(await work({ kind: 'new', blob })).toEqual({ saved: true, document: later });
    expect((await results.get('photos', 'a.gif'))?.document).toEqual(later);
  });
});

describe('claims', () => {
  /** The first `times` claims are not answered, though they may be written. */
  function forgetful(times: number, when: 'before-write' | 'after-write'): MemoryCache {
    const cache = createMemoryCache();
    let left = times;
    return {
      ...cache,
      async claim(...asked) {
        if (left-- <= 0) return cache.claim(...asked);
        if (when === 'after-write') await cache.claim(...asked);
        throw new AppError('results-unavailable', 'The cache did not answer.', { retryable: true });
      },
    };
  }

  test.each(['before-write', 'after-write'] as const)('that are not answered are asked for again: %s', async (when) => {
    const { document, vision, state } = createSite(undefined, forgetful(5, when));
    const saved = await document(picture('x'));
    expect([saved.status, vision.calls, state.troubles.length]).toEqual(['succeeded', 1, 5]);
    // No call was under way: nothing may have been billed.
    expect(saved.attempts.map(({ stage, code }) => [stage, code])).toEqual([
      ['download', undefined],
      ...Array(5).fill(['cache', 'results-unavailable']),
      ['vision', undefined],
    ]);
  });

  test('that a run left behind are taken over when it has ended, and told as maybe billed', async () => {
    const { blobs, cache, clock, start, state, vision } = createSite();
    const bytes = picture('x');
    const key = cacheKey(createHash('sha256').update(bytes).digest('hex'), vision.analyzer);
    const owner = 'a'.repeat(32);
    const leaseMs = 900_000;
    await cache.claim(key, ['Tags'], { holder: `${owner}-p00000-c00`, nowMs: clock.nowMs(), leaseMs });
    const result = start({ kind: 'new', blob: blobs.put('photos', 'a.gif', bytes) });
    clock.at(10_000, () => {
      expect([vision.calls, state.troubles.length > 0]).toEqual([0, true]); // it may be at work
      state.ended.add(owner);
    });
    const { document } = (await clock.until(result)) as { document: ImageDocument };
    expect(clock.monotonicMs()).toBeLessThan(13_000);
    expect(outcomeOf({ ...document, version: '' }, true)).toMatchObject({
      calls: 1,
      maybeBilled: [expect.any(String)],
    });
  });

  test('of a call that a death left behind are told by whoever saves, however often the work stops before', async () => {
    const { blobs, cache, clock, results, start, state, vision } = createSite();
    const bytes = picture('x');
    const blob = blobs.put('photos', 'a.gif', bytes);
    const key = cacheKey(createHash('sha256').update(bytes).digest('hex'), vision.analyzer);
    const [diedAt, leaseMs] = [clock.nowMs(), 900_000];
    await cache.claim(key, ['Tags'], { holder: 'run-2-chunk', nowMs: diedAt, leaseMs });
    for (const permit of ['budget', 'pause', 'lost'] as const) {
      state.callPermit = permit;
      expect(await clock.until(start({ kind: 'new', blob }))).toEqual({ saved: false, stop: permit });
      expect([vision.calls, results.documents('photos')]).toEqual([0, []]);
    }
    state.callPermit = 'go';
    const { document } = (await clock.until(start({ kind: 'new', blob }))) as { document: ImageDocument };
    const maybeBilled = [new Date(diedAt).toISOString()];
    expect(outcomeOf({ ...document, version: '' }, true)).toMatchObject({ calls: 1, maybeBilled });
  });

  test('of calls whose answer was lost are told after a stop between two tries', async () => {
    const lost = failure('vision-timeout', { retryable: true });
    const { blobs, clock, start, state } = createSite(({ attempt }) => (attempt === 1 ? lost : undefined));
    const blob = blobs.put('photos', 'a.gif', picture('x'));
    const stopped = start({ kind: 'new', blob });
    clock.at(1, () => {
      state.callPermit = 'pause';
    });
    expect(await clock.until(stopped)).toEqual({ saved: false, stop: 'pause' });
    state.callPermit = 'go';
    const { document } = (await clock.until(start({ kind: 'new', blob }))) as { document: ImageDocument };
    expect(outcomeOf({ ...document, version: '' }, true)).toMatchObject({
      calls: 1,
      maybeBilled: [expect.any(String)],
    });
  });

  test('of several deaths are told together, also when the last one kept its answer and saved nothing', async () => {
    const { blobs, cache, clock, start, results, vision } = createSite();
    const bytes = picture('x');
    const blob = blobs.put('photos', 'a.gif', bytes);
    const key = cacheKey(createHash('sha256').update(bytes).digest('hex'), vision.analyzer);
    const claimant = () => ({ holder: 'run-2-chunk', nowMs: clock.nowMs(), leaseMs: 900_000 });
    for (const _ of [1, 2]) {
      await cache.claim(key, ['Tags'], claimant());
      await clock.advance(10);
    }
    const save = jest.spyOn(results, 'save').mockRejectedValue(new AppError('internal', 'The process died.'));
    await expect(clock.until(start({ kind: 'new', blob }))).rejects.toThrow('The process died.');
    save.mockRestore();
    const { document } = (await clock.until(start({ kind: 'new', blob }))) as { document: ImageDocument };
    expect(vision.calls).toBe(1);
    const outcome = outcomeOf({ ...document, version: '' }, true);
    expect(outcome).toMatchObject({ calls: 1, transactions: 4 });
    expect(new Set(outcome.maybeBilled).size).toBe(2);
  });

  test('of images that Vision refuses end when that is saved: a death before leaves them, twins take turns', async () => {
    const script: MemoryScript = () => failure('vision-rejected', { httpStatus: 400 });
    const dying = createSite(script);
    const bytes = picture('x');
    const [blob, twin] = ['a.gif', 'b.gif'].map((name) => dying.blobs.put('photos', name, bytes)) as [
      ListedBlob,
      ListedBlob,
    ];
    jest.spyOn(dying.results, 'save').mockReturnValue(new Promise(() => {}));
    void dying.start({ kind: 'new', blob });
    await dying.clock.advance(1_000);
    expect(dying.vision.calls).toBe(1);
    const next = createSite(script, dying.cache);
    for (const name of ['a.gif', 'b.gif']) next.blobs.put('photos', name, bytes);
    const works = [blob, twin].map((each) => next.start({ kind: 'new', blob: each }));
    await next.clock.until(Promise.all(works));
    const told = next.results.documents('photos').map((document) => outcomeOf({ ...document, version: '' }, true));
    expect(told.map(({ calls, maybeBilled = [] }) => [calls, maybeBilled.length])).toEqual([
      [1, 1],
      [1, 0],
    ]);
    expect(next.cache.entries.size).toBe(0);
  });

  test('of a store that stays away end the chunk, not the image', async () => {
    const { blobs, work, results, semaphore } = createSite(undefined, forgetful(1_000, 'before-write'));
    const blob = blobs.put('photos', 'a.gif', picture('x'));
    await expect(work({ kind: 'new', blob })).rejects.toMatchObject({ code: 'results-unavailable', retryable: true });
    expect([results.writes.length, semaphore.inside]).toEqual([0, 0]);
  });
});
