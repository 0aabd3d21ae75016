import fc from 'fast-check';
import { listedKey } from '../../../src/domain/image/analysis';
import { PAGE_SIZE } from '../../../src/domain/ids';
import type { ImageDocument } from '../../../src/domain/image/image';
import { compareNames, isWithin, type NameOrder } from '../../../src/domain/image/name-order';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import { createMemoryCache } from '../../../src/gateways/cache/memory-cache';
import { createMemoryManifests } from '../../../src/gateways/manifests/memory-manifests';
import type { ChunkBounds, PageIndex } from '../../../src/domain/run/page-index';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { createMemoryVision } from '../../../src/gateways/vision/memory-vision';
import type { RunScope } from '../../../src/domain/run/run-scope';
import { Listing } from '../../../src/pipeline/listing';
import { picture } from './pictures';

const RUN_ID = 'a'.repeat(32);
const SCOPE = { runId: RUN_ID, container: 'photos', prefix: '' };
/** The orders of the services that list, and one that the store of results has too. */
const ORDERS: readonly NameOrder[] = ['utf-16', 'path', 'code-point'];
/** Names that the orders sort differently, and that share beginnings. */
const NAMES = fc.uniqueArray(
  fc.string({ unit: fc.constantFrom('a', 'b', '/', '-', 'é', 'Ａ', '🎞', '📷', '\uffee'), minLength: 1, maxLength: 4 }),
  { maxLength: 40 },
);

function createSite(names: readonly string[], sizes?: { page: number; chunk: number }, order?: NameOrder) {
  const blobs = createMemoryBlobs(order);
  const results = createMemoryResults();
  const manifests = createMemoryManifests();
  const vision = createMemoryVision();
  const cache = createMemoryCache();
  blobs.createContainer('photos');
  for (const name of names) blobs.put('photos', name, picture(name));
  const gateways = { blobs, cache, results, manifests, vision };
  const listing = new Listing({ ...gateways, ...(sizes && { sizes }) });
  return { blobs, cache, results, manifests, vision, listing };
}

type Site = ReturnType<typeof createSite>;

async function pagesOf({ listing }: Site, scope: RunScope = SCOPE): Promise<PageIndex[]> {
  const pages: PageIndex[] = [];
  do pages.push(await listing.page(scope, pages.length));
  while (pages.at(-1)?.next !== undefined);
  return pages;
}

/** A stored result for a blob as it lies there now, or as it lay there once. */
async function store(site: Site, name: string, change: Partial<ImageDocument> = {}): Promise<void> {
  const etag = (await site.blobs.head('photos', name))?.etag ?? '0xOLD';
  const document: ImageDocument = {
    ...{ id: name, container: 'photos', blob: name, etag, sizeBytes: 1, status: 'succeeded', transactions: 0 },
    ...{ analyzer: site.vision.analyzer, runId: 'old', chunkId: 'old', attempts: [], contribution: {}, replaced: {} },
    ...{ analyzedAt: '2026-01-01T00:00:00.000Z' },
    ...change,
  };
  await site.results.save(document, 'new');
}

/** Each chunk begins where the one before ended; open below and above. */
function expectNoGap(chunks: readonly ChunkBounds[]): void {
  expect(chunks[0]?.from).toBeUndefined();
  expect(chunks.at(-1)?.to).toBeUndefined();
  for (let i = 1; i < chunks.length; i++) {
    expect(chunks[i]?.from).toBe(chunks[i - 1]?.to);
    expect(chunks[i]?.from).toBeDefined();
  }
}

describe('the snapshot', () => {
  test.each(ORDERS)('chunks cover every name once, whatever the names: listed by %s', async (order) => {
    await fc.assert(
      fc.asyncProperty(NAMES, fc.constantFrom({ page: 6, chunk: 2 }, { page: 5, chunk: 5 }), async (names, sizes) => {
        const site = createSite(names, sizes, order);
        const pages = await pagesOf(site);
        expectNoGap(pages.flatMap(({ chunks }) => chunks));
        const listed: string[] = [];
        for (const [page, { chunks }] of pages.entries()) {
          for (const [chunk, bounds] of chunks.entries()) {
            if (bounds.settled) continue;
            const part = (await site.manifests.readChunk({ runId: RUN_ID, page, chunk })) ?? [];
            expect(part).toHaveLength(bounds.count);
            for (const { name } of part) {
              expect(isWithin(name, bounds)).toBe(true);
            }
            listed.push(...part.map(({ name }) => name));
          }
        }
        expect(listed).toEqual([...names].sort((a, b) => compareNames(a, b, order)));
        expect(pages.reduce((sum, { counts }) => sum + counts.total, 0)).toBe(names.length);
      }),
    );
  });

  test.each(ORDERS)('what was analysed is found again, and nothing else is missing: listed by %s', async (order) => {
    await fc.assert(
      fc.asyncProperty(NAMES, NAMES, async (names, gone) => {
        const site = createSite(names, { page: 4, chunk: 2 }, order);
        for (const name of names) await store(site, name);
        const missing = gone.filter((name) => !names.includes(name));
        for (const name of missing) await store(site, name);
        const pages = await pagesOf(site);
        const sum = (of: (page: PageIndex) => number) => pages.reduce((total, page) => total + of(page), 0);
        expect(sum(({ counts }) => counts.unchanged)).toBe(names.length);
        expect(sum(({ counts }) => counts.missing)).toBe(missing.length);
        expect(sum(({ counts }) => counts.new + counts.changed)).toBe(0);
        if (missing.length === 0)
          expect(pages.every(({ chunks }) => chunks.every(({ settled }) => settled))).toBe(true);
      }),
    );
  });

  test('a page has 2,000 images in 20 chunks of 100', async () => {
    const names = Array.from({ length: PAGE_SIZE + 150 }, (_, i) => String(i).padStart(5, '0'));
    const pages = await pagesOf(createSite(names));
    expect(pages.map(({ chunks }) => chunks.map(({ count }) => count))).toEqual([Array(20).fill(100), [100, 50]]);
  });

  test('what does not look like an image is not priced, and its manifest says so', async () => {
    const site = createSite([]);
    for (let n = 0; n < 3; n += 1) site.blobs.put('photos', `${n}.jpg`, picture(`${n}`));
    for (let n = 0; n < 30; n += 1) site.blobs.put('photos', `${n}.jpg.json`, Buffer.from(`{"n":${n}}`));
    site.blobs.put('photos', 'a.heic', picture('heic'));
    site.blobs.put('photos', 'no-extension', picture('unknown'));
    site.blobs.put('photos', 'known.txt', picture('known'));
    await store(site, 'known.txt', { analyzer: { ...site.vision.analyzer, features: ['Tags'] } });
    const drawn: [name: string, isUncertain: boolean | undefined][] = [];
    const counted = await site.listing.count(SCOPE, ({ image, isUncertain }) =>
      drawn.push([image.blob.name, isUncertain]),
    );
    const [page] = await pagesOf(site);
    expect(page?.counts).toEqual(counted);
    expect(counted).toEqual({
      ...{ total: 36, new: 4, changed: 1, unchanged: 0, missing: 0, uncertain: 1, sparedTransactions: 1 },
      ineligible: { 'not-an-image': 30, 'unsupported-format': 1 },
    });
    expect(drawn.sort()).toEqual([
      ...[
        ['0.jpg', undefined],
        ['1.jpg', undefined],
        ['2.jpg', undefined],
        ['known.txt', undefined],
      ],
      ['no-extension', true],
    ]);
    const manifest = (await site.manifests.readChunk({ runId: RUN_ID, page: 0, chunk: 0 })) ?? [];
    const priced = Object.fromEntries(manifest.map(({ name, priced }) => [name, priced]));
    expect(priced).toMatchObject({ 'a.heic': 0, '5.jpg.json': 0, 'known.txt': 3 });
    expect([priced['0.jpg'], priced['no-extension']]).toEqual([undefined, undefined]);
    // Lost, it is listed again, and says the same of what does not look like an image.
    const again = await site.listing.listChunk({
      ref: { runId: RUN_ID, page: 0, chunk: 0 },
      container: 'photos',
      prefix: '',
    });
    expect(again.find(({ name }) => name === '5.jpg.json')?.priced).toBe(0);
  });

  test('a marker that became a directory is no loss, and its chunk is still to do', async () => {
    const site = createSite([]);
    site.blobs.put('photos', 'album', new Uint8Array());
    await store(site, 'album', { status: 'skipped', reason: 'empty', sizeBytes: 0 });
    const before = await site.listing.count(SCOPE);
    expect([before.total, before.missing]).toEqual([1, 0]);
    site.blobs.put('photos', 'album/1.jpg', picture('1'));
    const page = await site.listing.page(SCOPE, 0);
    expect(page.counts).toMatchObject({ total: 1, new: 1, missing: 0 });
    expect(page.chunks).toMatchObject([{ settled: false }]);
  });

  test('an empty container has one chunk, open on both sides', async () => {
    const [page] = await pagesOf(createSite([]));
    expect(page).toEqual({
      chunks: [{ count: 0, settled: true, order: 'utf-16' }],
      counts: { total: 0, new: 0, changed: 0, unchanged: 0, missing: 0, ineligible: {} },
    });
  });

  test('a prefix limits the listing and what counts as missing', async () => {
    const site = createSite(['a/1', 'a/2', 'b/1']);
    await store(site, 'a/gone');
    await store(site, 'b/gone');
    const [page] = await pagesOf(site, { ...SCOPE, prefix: 'a/' });
    expect(page?.counts).toMatchObject({ total: 2, new: 2, missing: 1 });
  });

  test('counts what is new, changed, unchanged, missing and refused by size alone', async () => {
    const site = createSite(['changed', 'new', 'unchanged']);
    site.blobs.put('photos', 'zero', Buffer.from(''));
    await store(site, 'unchanged');
    await store(site, 'changed', { etag: '0xOLD' });
    await store(site, 'missing');
    await store(site, 'removed', { status: 'removed' });
    site.blobs.put('photos', 'emptied', Buffer.from(''));
    await store(site, 'emptied', { etag: '0xOLD' }); // it was an image, and no call will be made for what it is now
    const [page] = await pagesOf(site);
    expect(page?.counts).toEqual({
      total: 5,
      new: 1,
      changed: 1,
      unchanged: 1,
      missing: 1,
      uncertain: 2, // their names have no extension
      ineligible: { empty: 2 },
    });
  });

  test('counts what known answers spare: only what is missing is paid for', async () => {
    const site = createSite(['all', 'less', 'more', 'other', 'old']);
    const having = (...features: string[]) => ({ analyzer: { ...site.vision.analyzer, features } });
    await store(site, 'all', having('Adult', 'Tags'));
    await store(site, 'less', having('Tags'));
    await store(site, 'more', { ...having('Adult', 'Tags'), status: 'failed' }); // it failed when more was asked for
    await store(site, 'other', having('Color'));
    await store(site, 'old', { ...having('Adult', 'Tags'), etag: '0xOLD' });
    const counts = { total: 5, new: 0, changed: 4, unchanged: 1, cached: 1, sparedTransactions: 3 };
    const scope = { ...SCOPE, features: ['Adult', 'Tags'] };
    expect((await pagesOf(site, scope))[0]?.counts).toMatchObject(counts);
    expect(await site.listing.count(scope)).toMatchObject(counts);
    expect(await site.listing.count({ ...scope, features: ['Tags'] })).toMatchObject({ unchanged: 2, changed: 3 });
  });

  test('counts what the cache will answer of images that were never read here, by what the listing tells of them', async () => {
    const site = createSite(['both', 'one', 'unknown', 'replaced', 'half', 'tampered']);
    await store(site, 'replaced', { etag: '0xOLD' });
    await store(site, 'half', { analyzer: { ...site.vision.analyzer, features: ['Adult'] } });
    const note = async (name: string, features: string[], change: { version?: string; sizeBytes?: number } = {}) => {
      const { contentMd5 = '', sizeBytes = 0 } = (await site.blobs.head('photos', name)) ?? {};
      const analyzer = { ...site.vision.analyzer, features, ...(change.version && { version: change.version }) };
      const claim = await site.cache.claim(name, features, { holder: 'h', nowMs: 0, leaseMs: 1 });
      if (claim.state !== 'granted') throw new Error(claim.state);
      const paid = { holder: 'h', blob: name, at: '2026-01-01T00:00:00Z', transactions: 1 };
      await site.cache.put(
        claim,
        { analysis: {}, analyzer, paid },
        listedKey(contentMd5, change.sizeBytes ?? sizeBytes, analyzer),
      );
    };
    await note('both', ['Adult', 'Color', 'Tags']);
    await note('one', ['Tags']);
    await note('replaced', ['Adult', 'Tags']);
    await note('half', ['Tags']); // the document has the other half
    await note('unknown', ['Adult', 'Tags'], { version: '4.0' });
    await note('tampered', ['Adult', 'Tags'], { sizeBytes: 1 });
    const counts = await site.listing.count({ ...SCOPE, features: ['Adult', 'Tags'] });
    expect(counts).toMatchObject({ total: 6, new: 4, changed: 2, cached: 3, sparedTransactions: 3 * 2 + 1 });
  });

  test('a chunk is settled when all of it is unchanged and nothing between its bounds is missing', async () => {
    const site = createSite(['a', 'b', 'c', 'd', 'e', 'f'], { page: 6, chunk: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'f']) await store(site, name);
    await store(site, 'bb'); // gone, between the bounds of the second chunk
    const [page] = await pagesOf(site);
    expect(page?.chunks.map(({ settled }) => settled)).toEqual([true, false, false]);
    expect(site.manifests.keys().filter((key) => key.includes('/chunk-'))).toHaveLength(2);
  });
});

describe('listed twice', () => {
  test('the bounds of the first listing stand', async () => {
    const site = createSite(['b', 'd'], { page: 2, chunk: 1 });
    const first = await site.listing.page(SCOPE, 0);
    site.blobs.put('photos', 'a', picture('a'));
    expect(await site.listing.page(SCOPE, 0)).toEqual(first);
  });

  test('of two that list at once one index stands, for both', async () => {
    const site = createSite(['a', 'b', 'c'], { page: 2, chunk: 1 });
    const [one, two] = await Promise.all([site.listing.page(SCOPE, 0), site.listing.page(SCOPE, 0)]);
    expect(one).toEqual(two);
  });
});

describe('lost inputs', () => {
  test.each(ORDERS)('a chunk is listed again from its bounds: listed by %s', async (order) => {
    await fc.assert(
      fc.asyncProperty(NAMES, fc.nat(), async (names, pick) => {
        const site = createSite(names, { page: 6, chunk: 2 }, order);
        const pages = await pagesOf(site);
        const page = pick % pages.length;
        const chunk = pick % (pages[page]?.chunks.length ?? 1);
        const ref = { runId: RUN_ID, page, chunk };
        const before = await site.manifests.readChunk(ref);
        const again = await site.listing.listChunk({ ...SCOPE, ref });
        expect(again.map(({ contentMd5: _, ...blob }) => blob)).toEqual(before ?? []);
      }),
    );
  });

  test('the last chunk loses no image of the snapshot, however many came before it since', async () => {
    const site = createSite(['m', 'n', 'y', 'z'], { page: 4, chunk: 2 });
    await pagesOf(site);
    for (const name of ['a', 'b', 'c', 'd', 'e']) site.blobs.put('photos', name, picture(name));
    const again = await site.listing.listChunk({ ...SCOPE, ref: { runId: RUN_ID, page: 0, chunk: 1 } });
    expect(again.map(({ name }) => name)).toEqual(['y', 'z']);
  });

  test.each(ORDERS)('a page that is lost fits between its neighbours, whatever came and went: by %s', async (order) => {
    await fc.assert(
      fc.asyncProperty(NAMES, NAMES, fc.nat(), async (names, others, pick) => {
        const site = createSite(names, { page: 6, chunk: 2 }, order);
        const pages = await pagesOf(site);
        fc.pre(pages.length > 1);
        const lost = pick % (pages.length - 1);
        site.manifests.lose(`${RUN_ID}/page-${String(lost).padStart(5, '0')}/index`);
        for (const name of names.filter((_, i) => (i + pick) % 3 === 0)) site.blobs.remove('photos', name);
        for (const name of others) site.blobs.put('photos', name, picture(name));
        const again = await site.listing.page(SCOPE, lost);
        expectNoGap(pages.flatMap((page, i) => (i === lost ? again : page).chunks));
        expect(again.next).toBe(pages[lost]?.next);
      }),
    );
  });

  test('all pages lost at once are listed again, each from the one before', async () => {
    const site = createSite(['a', 'b', 'c', 'd', 'e'], { page: 2, chunk: 1 });
    const pages = await pagesOf(site);
    for (const key of site.manifests.keys()) site.manifests.lose(key);
    expect(await site.listing.page(SCOPE, 2)).toEqual(pages[2]);
    expect(await pagesOf(site)).toEqual(pages);
  });
});
