import { addInto, type TotalsVector } from '../../../src/domain/container/totals';
import type { ImageDocument } from '../../../src/domain/image/image';
import type { NameInterval, ResultsGateway } from '../../../src/gateways/results/port';
import { imageDocument } from './documents';
import { HOSTILE_NAMES } from './hostile-names';

export interface ResultsSubject {
  readonly results: ResultsGateway;
  stop(): Promise<void>;
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

/** The contract of ResultsGateway: the same for every implementation. */
export function describeResults(name: string, start: () => Promise<ResultsSubject>): void {
  describe(`results: ${name}`, () => {
    let subject: ResultsSubject;
    let results: ResultsGateway;
    let containers = 0;
    beforeAll(async () => {
      subject = await start();
      results = subject.results;
    });
    afterAll(() => subject?.stop());

    const newContainer = (): string => {
      containers += 1;
      return `contract-${containers}`;
    };
    const saveAll = async (documents: readonly ImageDocument[]): Promise<void> => {
      const outcomes = await Promise.all(documents.map((document) => results.save(document, 'new')));
      expect(outcomes.filter((outcome) => !outcome.saved)).toEqual([]);
    };
    const versionOf = async (document: ImageDocument): Promise<string> => {
      const stored = await results.get(document.container, document.blob);
      if (!stored) throw new Error(`${document.blob} is not stored`);
      return stored.version;
    };
    const namesIn = async (container: string, interval: Partial<NameInterval>): Promise<string[]> =>
      (await collect(results.range(container, { prefix: '', ...interval }))).map((image) => image.blob);

    test('answers', async () => {
      await results.ping();
    });

    test('gives back what was saved, field by field', async () => {
      const document = imageDocument(newContainer(), 'photo.jpg');
      const outcome = await results.save(document, 'new');
      expect(outcome.saved).toBe(true);
      expect(await results.get(document.container, 'photo.jpg')).toEqual({
        document,
        version: outcome.saved && outcome.version,
      });
    });

    test('knows nothing of a document that was never saved', async () => {
      expect(await results.get(newContainer(), 'photo.jpg')).toBeUndefined();
      expect(await namesIn(newContainer(), {})).toEqual([]);
    });

    test('a second new document of the same image is refused and changes nothing', async () => {
      const first = imageDocument(newContainer(), 'photo.jpg');
      await saveAll([first]);
      const second = imageDocument(first.container, 'photo.jpg', { etag: 'other', runId: 'b'.repeat(32) });
      expect(await results.save(second, 'new')).toEqual({ saved: false });
      expect((await results.get(first.container, 'photo.jpg'))?.document).toEqual(first);
    });

    test('a replacement goes over the version it names and over no other', async () => {
      const first = imageDocument(newContainer(), 'photo.jpg');
      await saveAll([first]);
      const version = await versionOf(first);
      const second = imageDocument(first.container, 'photo.jpg', {
        etag: 'second',
        analyzedAt: '2026-01-02T00:00:00.000Z',
      });
      expect(await results.save(second, { version })).toMatchObject({ saved: true });
      const third = imageDocument(first.container, 'photo.jpg', {
        etag: 'third',
        analyzedAt: '2026-01-03T00:00:00.000Z',
      });
      expect(await results.save(third, { version })).toEqual({ saved: false });
      expect((await results.get(first.container, 'photo.jpg'))?.document).toEqual(second);
    });

    test('a replacement of what does not exist is refused', async () => {
      const document = imageDocument(newContainer(), 'photo.jpg');
      expect(await results.save(document, { version: '"nothing"' })).toEqual({ saved: false });
      expect(await results.get(document.container, 'photo.jpg')).toBeUndefined();
    });

    test('many saves at once are all answered, those that lose included', async () => {
      const container = newContainer();
      const standing = [3, 60, 119].map((index) => imageDocument(container, `image-${index}`, { etag: 'standing' }));
      await saveAll(standing);
      const documents = Array.from({ length: 120 }, (_, index) => imageDocument(container, `image-${index}`));
      const outcomes = await Promise.all(documents.map((document) => results.save(document, 'new')));
      const lost = outcomes.flatMap((outcome, index) => (outcome.saved ? [] : [index]));
      expect(lost).toEqual([3, 60, 119]);
      const stored = await collect(results.range(container, { prefix: '' }));
      expect(stored).toHaveLength(120);
      expect(stored.filter((image) => image.etag === 'standing')).toHaveLength(3);
      for (const [index, outcome] of outcomes.entries()) {
        const image = stored.find((found) => found.blob === `image-${index}`);
        if (outcome.saved) expect(image?.version).toBe(outcome.version);
      }
    });

    test('of ten writers of the same version one wins', async () => {
      const first = imageDocument(newContainer(), 'photo.jpg');
      await saveAll([first]);
      const version = await versionOf(first);
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          results.save(imageDocument(first.container, 'photo.jpg', { etag: `writer-${index}` }), { version }),
        ),
      );
      const winners = outcomes.flatMap((outcome, index) => (outcome.saved ? [index] : []));
      expect(winners).toHaveLength(1);
      expect((await results.get(first.container, 'photo.jpg'))?.document.etag).toBe(`writer-${winners[0]}`);
    });

    test('an interval excludes its first bound, includes its last, and keeps to the prefix', async () => {
      const container = newContainer();
      await saveAll(['a', 'b', 'b/1', 'b/2', 'c', 'd'].map((blob) => imageDocument(container, blob)));
      expect(await namesIn(container, {})).toEqual(['a', 'b', 'b/1', 'b/2', 'c', 'd']);
      expect(await namesIn(container, { from: 'b' })).toEqual(['b/1', 'b/2', 'c', 'd']);
      expect(await namesIn(container, { to: 'b/1' })).toEqual(['a', 'b', 'b/1']);
      expect(await namesIn(container, { from: 'a', to: 'c' })).toEqual(['b', 'b/1', 'b/2', 'c']);
      expect(await namesIn(container, { from: 'b/1', prefix: 'b/' })).toEqual(['b/2']);
    });

    test('an interval is complete beyond one page of the store, and shows what classification needs', async () => {
      const container = newContainer();
      const names = Array.from({ length: 450 }, (_, index) => `image-${String(index).padStart(3, '0')}`);
      const documents = names.map((blob) => imageDocument(container, blob));
      await saveAll(documents);
      const stored = await collect(results.range(container, { prefix: '' }));
      expect(stored.map((image) => image.blob)).toEqual(names);
      const { analysis: _a, container: _c, contentType: _t, ...expected } = documents[0] as ImageDocument;
      const { version, ...image } = stored[0] as (typeof stored)[number];
      expect(image).toEqual(expected);
      expect(version).toBe(await versionOf(documents[0] as ImageDocument));
    });

    test('a chunk finds what it wrote last, and nothing that another wrote since', async () => {
      const container = newContainer();
      const [first, second] = ['one', 'two'].map((blob) => imageDocument(container, blob, { chunkId: 'chunk-1' }));
      await saveAll([first as ImageDocument, second as ImageDocument]);
      const version = await versionOf(first as ImageDocument);
      await results.save({ ...(first as ImageDocument), chunkId: 'chunk-2' }, { version });
      expect((await collect(results.writtenBy(container, 'chunk-1'))).map((image) => image.blob)).toEqual(['two']);
      expect((await collect(results.writtenBy(container, 'chunk-2'))).map((image) => image.blob)).toEqual(['one']);
    });

    test('the recount sees every contribution of one container and of no other', async () => {
      const [container, other] = [newContainer(), newContainer()];
      await saveAll([imageDocument(container, 'a'), imageDocument(container, 'b'), imageDocument(other, 'c')]);
      const sum: Record<string, number> = {};
      for await (const contribution of results.contributions(container)) addInto(sum, contribution as TotalsVector);
      expect(sum).toMatchObject({ 'i:succeeded': 2, 'b:': 2_000, 't:sky': 2, 'u:sky': 10_000 });
    });

    test('lists by name, page by page', async () => {
      const container = newContainer();
      await saveAll(['c', 'a', 'e', 'b', 'd'].map((blob) => imageDocument(container, blob)));
      const first = await results.list(container, {}, { size: 2 });
      expect(first.value.map((document) => document.blob)).toEqual(['a', 'b']);
      expect(first.continuation).toMatch(/^[\w-]+$/);
      const rest = await results.list(container, {}, { size: 100, continuation: first.continuation ?? '' });
      expect(rest.value.map((document) => document.blob)).toEqual(['c', 'd', 'e']);
      expect(rest.continuation).toBeUndefined();
      expect(rest.value[0]).toEqual(imageDocument(container, 'c'));
    });

    test('lists by status and by tag of either kind, in lower case', async () => {
      const container = newContainer();
      await saveAll([
        imageDocument(container, 'tags', { analysis: { tags: [{ name: 'Blue SKY', confidence: 1 }] } }),
        imageDocument(container, 'words', { analysis: { description: { tags: ['blue sky'], captions: [] } } }),
        imageDocument(container, 'other', { analysis: { tags: [{ name: 'blue', confidence: 1 }] } }),
        imageDocument(container, 'failed', { status: 'failed', reason: 'vision-timeout' }),
      ]);
      const names = async (filter: Parameters<ResultsGateway['list']>[1]) =>
        (await results.list(container, filter, { size: 10 })).value.map((document) => document.blob);
      expect(await names({ tag: 'blue sky' })).toEqual(['tags', 'words']);
      expect(await names({ status: 'failed' })).toEqual(['failed']);
      expect(await names({ status: 'failed', tag: 'blue' })).toEqual([]);
    });

    test('every hostile name comes back as it went in, each its own document', async () => {
      const container = newContainer();
      await saveAll(HOSTILE_NAMES.map((blob) => imageDocument(container, blob, { etag: blob })));
      expect((await namesIn(container, {})).sort()).toEqual([...HOSTILE_NAMES].sort());
      for (const blob of HOSTILE_NAMES) {
        expect((await results.get(container, blob))?.document).toMatchObject({ blob, etag: blob });
        expect(await namesIn(container, { to: blob, prefix: blob })).toEqual([blob]);
      }
    });
  });
}
