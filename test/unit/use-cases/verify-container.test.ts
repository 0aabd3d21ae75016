import fc from 'fast-check';
import { contributionOf, type ImageDocument } from '../../../src/domain/image/image';
import type { NameOrder } from '../../../src/domain/image/name-order';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { type ComparisonDeps, ContainerComparison } from '../../../src/use-cases/containers/container-comparison';
import { createRepairContainer, type RepairContainerDeps } from '../../../src/use-cases/containers/repair-container';
import { createVerifyContainer } from '../../../src/use-cases/containers/verify-container';
import { imageDocument } from '../../contract/gateways/documents';
import { createMemoryActors } from '../actors/memory-actors';

const CONTAINER = 'photos';
const RUN = 'a'.repeat(32);
const ANALYZER = { provider: 'azure', version: '3.2', features: ['tags'], language: 'en' };

function verificationOf(deps: ComparisonDeps & Omit<RepairContainerDeps, 'comparison'>) {
  const comparison = new ContainerComparison(deps);
  return {
    verify: createVerifyContainer({ comparison, nowMs: deps.nowMs }),
    repair: createRepairContainer({ ...deps, comparison }),
  };
}

/** A container whose listing, documents and totals agree: `count` images of one run that has ended. */
async function aSite(count: number, order?: NameOrder) {
  const blobs = createMemoryBlobs(order);
  blobs.createContainer(CONTAINER);
  const results = createMemoryResults();
  const actors = createMemoryActors(() => 0);
  const actor = actors.container(CONTAINER);
  await actor.beginRun({ runId: RUN });
  const save = async (name: string, change: Partial<ImageDocument> = {}) => {
    const { etag } = blobs.put(CONTAINER, name, new Uint8Array([1]));
    const document = imageDocument(CONTAINER, name, { etag, ...change });
    await results.save(document, 'new');
    return document;
  };
  const names = Array.from({ length: count }, (_, n) => `photo-${String(n).padStart(5, '0')}`);
  const totals: Record<string, number> = {};
  for (const name of names) {
    for (const [key, value] of Object.entries((await save(name)).contribution))
      totals[key] = (totals[key] ?? 0) + value;
  }
  await actor.replaceAggregate({ runId: RUN, counters: totals });
  await actor.endRun({ runId: RUN });
  const vision = { analyzer: ANALYZER };
  const deps = {
    actors,
    blobs,
    results,
    vision,
    containerIndex: { refresh: async () => {} },
    maxLostShare: 0.2,
    nowMs: () => Date.UTC(2026, 0, 2),
  };
  return { blobs, results, actor, names, totals, save, deps, verification: verificationOf(deps) };
}

test('what agrees is clean, and a repair changes nothing', async () => {
  const { verification } = await aSite(30);
  const clean = { clean: true, checkedAt: '2026-01-02T00:00:00.000Z', differences: [], count: 0 };
  expect(await verification.verify(CONTAINER)).toEqual(clean);
  const repaired = await verification.repair(CONTAINER, { confirmShrink: false });
  expect(repaired).toEqual({ ...clean, changed: { orphans: 0, totals: 0 } });
});

test('which features a run asked for is its own choice: a document that holds others is not stale', async () => {
  const { verification, results } = await aSite(2);
  for await (const { blob } of results.range(CONTAINER, { prefix: '' })) {
    const { document, version } = (await results.get(CONTAINER, blob)) ?? {};
    if (!document || version === undefined) throw new Error('it was listed');
    await results.save({ ...document, analyzer: { ...ANALYZER, features: ['adult'] } }, { version });
  }
  expect(await verification.verify(CONTAINER)).toMatchObject({ clean: true, count: 0 });
});

test('each kind of difference is found, by its blob or its field', async () => {
  const { verification, blobs, results, names, save } = await aSite(10);
  blobs.put(CONTAINER, 'photo-00004-new', new Uint8Array([1]));
  blobs.remove(CONTAINER, names[2] as string);
  const replaced = blobs.put(CONTAINER, names[5] as string, new Uint8Array([2]));
  await save('\u{1F600}.jpg', { analyzer: { ...ANALYZER, version: '3.1' } });
  const found = await verification.verify(CONTAINER);
  expect(found.clean).toBe(false);
  const old = (await results.get(CONTAINER, names[5] as string))?.document.etag;
  expect(found.differences).toEqual([
    { kind: 'orphan', blob: names[2], expected: 'removed, as the blob is gone', actual: 'a document' },
    { kind: 'stale', blob: names[5], field: 'etag', expected: replaced.etag, actual: old },
    {
      kind: 'stale',
      blob: '\u{1F600}.jpg',
      field: 'analyzer',
      expected: 'azure 3.2 en',
      actual: 'azure 3.1 en',
    },
    { kind: 'missing', blob: 'photo-00004-new', expected: 'one document', actual: 'none' },
    { kind: 'total', field: 'analyzers.azure 3.1', expected: 1, actual: 0 },
    { kind: 'total', field: 'bytes', expected: 11_000, actual: 10_000 },
    { kind: 'total', field: 'images.succeeded', expected: 11, actual: 10 },
    { kind: 'total', field: 'tags.sky', expected: 11, actual: 10 },
    { kind: 'total', field: 'tagConfidences.sky', expected: 55_000, actual: 50_000 },
    { kind: 'total', field: 'tagConfidenceCounts.sky', expected: 11, actual: 10 },
  ]);
});

/** Names that the services sort differently, each with a blob, a document, or both. */
const PRESENCE = fc.uniqueArray(
  fc.record({
    name: fc.string({ unit: fc.constantFrom('a', '/', '-', 'Ａ', '🎞'), minLength: 1, maxLength: 4 }),
    has: fc.constantFrom('blob', 'document', 'both'),
  }),
  { maxLength: 30, selector: ({ name }) => name },
);

test.each(['utf-16', 'path', 'code-point'] as const)('over many pages each is looked at once: listed by %s', (order) =>
  fc.assert(
    fc.asyncProperty(PRESENCE, async (all) => {
      const { blobs, deps, save } = await aSite(0, order);
      for (const { name, has } of all) {
        if (has === 'blob') blobs.put(CONTAINER, name, new Uint8Array([1]));
        else await save(name);
        if (has === 'document') blobs.remove(CONTAINER, name);
      }
      let listed = 0;
      const listPage: typeof blobs.listPage = (container, options) => {
        listed += 1;
        return blobs.listPage(container, { ...options, pageSize: 3 });
      };
      const found = await verificationOf({ ...deps, blobs: { ...blobs, listPage } }).verify(CONTAINER);
      const names = (kind: string) => found.differences.flatMap((one) => (one.kind === kind ? one.blob : [])).sort();
      const having = (wanted: string) => all.flatMap(({ name, has }) => (has === wanted ? name : [])).sort();
      expect([names('missing'), names('orphan'), names('stale')]).toEqual([having('blob'), having('document'), []]);
      const blobCount = all.filter(({ has }) => has !== 'document').length;
      expect(listed).toBe(Math.max(1, Math.ceil(blobCount / 3)));
      const documents = found.differences.find(({ field }) => field === 'images.succeeded')?.expected ?? 0;
      expect(documents).toBe(all.length - having('blob').length);
    }),
  ),
);

test('a repair takes orphans out and puts totals right; then the container is clean', async () => {
  const { verification, blobs, results, actor, names } = await aSite(10);
  blobs.remove(CONTAINER, names[2] as string);
  const repaired = await verification.repair(CONTAINER, { confirmShrink: false });
  // The totals agreed with the documents: that they follow them is no difference that was found.
  expect(repaired).toMatchObject({ count: 1, differences: [{ kind: 'orphan' }], changed: { orphans: 1, totals: 0 } });
  expect((await results.get(CONTAINER, names[2] as string))?.document).toMatchObject({
    ...{ status: 'removed', reason: 'gone', contribution: { 'i:removed': 1 } },
  });
  expect((await actor.summary()).counters).toMatchObject({ 'i:succeeded': 9, 'i:removed': 1, 'b:': 9_000 });
  expect((await verification.verify(CONTAINER)).clean).toBe(true);
});

test('many orphans are left as they are until somebody says that it is true', async () => {
  const { verification, blobs, actor, names } = await aSite(10);
  for (const name of names.slice(0, 5)) blobs.remove(CONTAINER, name);
  const held = await verification.repair(CONTAINER, { confirmShrink: false });
  expect(held).toMatchObject({ clean: false, count: 5, changed: { orphans: 0, totals: 0 } });
  expect(held.held).toContain('5 of 10');
  expect((await actor.summary()).counters).toMatchObject({ 'i:succeeded': 10 });
  const repaired = await verification.repair(CONTAINER, { confirmShrink: true });
  expect(repaired).toMatchObject({ changed: { orphans: 5 } });
  expect((await verification.verify(CONTAINER)).clean).toBe(true);
});

test('a container that does not exist, or whose listing fails, changes nothing', async () => {
  const { verification, blobs, results } = await aSite(5);
  const before = results.writes.length;
  blobs.failNext('listPage', 1);
  await expect(verification.repair(CONTAINER, { confirmShrink: true })).rejects.toMatchObject({
    code: 'storage-unavailable',
  });
  blobs.deleteContainer(CONTAINER);
  await expect(verification.repair(CONTAINER, { confirmShrink: true })).rejects.toMatchObject({
    code: 'container-not-found',
  });
  expect(results.writes).toHaveLength(before);
});

test('while a run is active both are refused, and one that begins meanwhile makes the answer void', async () => {
  const { verification, actor, deps, blobs } = await aSite(5);
  const beginning = verificationOf({
    ...deps,
    blobs: {
      ...blobs,
      listPage: async (container, options) => {
        await actor.beginRun({ runId: 'b'.repeat(32) });
        await actor.replaceAggregate({ runId: 'b'.repeat(32), counters: {} });
        await actor.endRun({ runId: 'b'.repeat(32) });
        return blobs.listPage(container, options);
      },
    },
  });
  await expect(beginning.verify(CONTAINER)).rejects.toMatchObject({ code: 'run-active' });
  await actor.beginRun({ runId: 'c'.repeat(32) });
  for (const ask of [verification.verify(CONTAINER), verification.repair(CONTAINER, { confirmShrink: true })]) {
    await expect(ask).rejects.toMatchObject({ code: 'run-active', context: { existingRun: 'c'.repeat(32) } });
  }
  expect(await actor.repair({ lastRun: 'b'.repeat(32), counters: {} })).toEqual({ repaired: false });
});

test('differences beyond a thousand are counted, not listed', async () => {
  const { verification, blobs } = await aSite(1);
  for (let n = 0; n < 1_200; n++) blobs.put(CONTAINER, `new-${n}`, new Uint8Array([1]));
  const found = await verification.verify(CONTAINER);
  expect([found.differences.length, found.count]).toEqual([1_000, 1_200]);
});

test('a removed image that is back is missing; one that stays away is no orphan', async () => {
  const { verification, blobs, results } = await aSite(0);
  const gone = { status: 'removed', reason: 'gone', replaced: {} } as const;
  for (const name of ['back', 'away']) {
    const document = imageDocument(CONTAINER, name, gone);
    await results.save({ ...document, contribution: contributionOf(document) }, 'new');
  }
  blobs.put(CONTAINER, 'back', new Uint8Array([1]));
  const found = await verification.verify(CONTAINER);
  expect(found.differences.map(({ kind, blob, field }) => [kind, blob ?? field])).toEqual([
    ['missing', 'back'],
    ['total', 'images.removed'],
  ]);
});

test.each([0, 1, 7, 29])(
  'a repair that is told to end after %s removals changes no more, and the totals follow',
  async (most) => {
    const { deps, blobs, results, names, actor } = await aSite(30);
    for (const name of names) blobs.remove(CONTAINER, name);
    const ending = new AbortController();
    let saves = 0;
    if (most === 0) ending.abort(new Error('cancelled'));
    const watched = {
      ...results,
      save: async (...args: Parameters<typeof results.save>) => {
        const saved = await results.save(...args);
        saves += 1;
        if (saves === most) ending.abort(new Error('cancelled'));
        return saved;
      },
    };
    const { repair, verify } = verificationOf({ ...deps, results: watched });
    const repairing = repair(CONTAINER, { confirmShrink: true, signal: ending.signal });
    await expect(repairing).rejects.toThrow('cancelled');
    expect(saves).toBe(most);
    expect((await actor.summary()).counters['i:removed'] ?? 0).toBe(most);
    expect((await verify(CONTAINER)).differences.filter(({ kind }) => kind === 'total')).toEqual([]);
    expect((await repair(CONTAINER, { confirmShrink: true })).changed).toEqual({ orphans: 30 - most, totals: 0 });
  },
);
