import fc from 'fast-check';
import { classify, covers, missing } from '../../../src/domain/classification';
import type { ImageStatus, StoredImage } from '../../../src/domain/image';
import { ANALYZER, listed, stored } from './images';

const kindOf = (change: Partial<StoredImage>, chunk?: string) =>
  classify(listed('a'), stored('a', change), ANALYZER, chunk).kind;
const error = (retryable: boolean) => ({ code: 'vision-x', stage: 'vision' as const, message: '', retryable });

describe('classify', () => {
  test('an image without a document is new', () => {
    expect(classify(listed('a'), undefined, ANALYZER)).toEqual({ kind: 'new', blob: listed('a') });
  });

  test.each<[string, Partial<StoredImage>, string]>([
    ['same bytes, same analyzer', {}, 'unchanged'],
    ['another etag', { etag: '0x2' }, 'changed'],
    ['more features than asked for', { analyzer: { ...ANALYZER, features: ['Adult', 'Color', 'Tags'] } }, 'unchanged'],
    ['a feature that was not paid for', { analyzer: { ...ANALYZER, features: ['Tags'] } }, 'changed'],
    ['another version', { analyzer: { ...ANALYZER, version: '4.0' } }, 'changed'],
    ['another provider', { analyzer: { ...ANALYZER, provider: 'local-pixels' } }, 'changed'],
    ['another language', { analyzer: { ...ANALYZER, language: 'de' } }, 'changed'],
    ['skipped by the same analyzer', { status: 'skipped' }, 'unchanged'],
    ['skipped by another', { status: 'skipped', analyzer: { ...ANALYZER, version: '4.0' } }, 'changed'],
    ['refused for good', { status: 'failed', error: error(false) }, 'unchanged'],
    ['failed, and may succeed now', { status: 'failed', error: error(true) }, 'changed'],
    ['removed, and back again', { status: 'removed' }, 'changed'],
  ])('%s', (_, change, kind) => {
    expect(kindOf(change)).toBe(kind);
  });

  test('a failed image that no analyzer ever saw is tried again', () => {
    const { analyzer: _, ...unseen } = stored('a', { status: 'failed', error: error(false) });
    expect(classify(listed('a'), unseen, ANALYZER).kind).toBe('changed');
  });

  test('what this chunk has written it never works on again, whatever it was', () => {
    const statuses: ImageStatus[] = ['succeeded', 'failed', 'skipped', 'removed'];
    fc.assert(
      fc.property(fc.constantFrom(...statuses), fc.string(), fc.boolean(), (status, etag, retryable) => {
        expect(kindOf({ status, etag, error: error(retryable), chunkId: 'mine' }, 'mine')).toBe('written');
      }),
    );
    expect(kindOf({ etag: 'other', chunkId: 'mine' }, 'another')).toBe('changed');
  });

  test('the snapshot, which asks for no chunk, calls nothing written', () => {
    expect(kindOf({ etag: 'other', chunkId: 'mine' })).toBe('changed');
  });
});

describe('covers', () => {
  test('is a partial order by features', () => {
    const features = fc.uniqueArray(fc.constantFrom('Adult', 'Color', 'Tags', 'Objects'));
    fc.assert(
      fc.property(features, features, features, (a, b, c) => {
        const [x, y, z] = [a, b, c].map((all) => ({ ...ANALYZER, features: all })) as unknown as [
          typeof ANALYZER,
          typeof ANALYZER,
          typeof ANALYZER,
        ];
        expect(covers(x, x)).toBe(true);
        if (covers(x, y) && covers(y, z)) expect(covers(x, z)).toBe(true);
      }),
    );
    expect(covers(undefined, ANALYZER)).toBe(false);
  });
});

test('missing are the stored images that are not listed and not removed yet', () => {
  const images = [stored('a'), stored('b'), stored('c', { status: 'removed' })];
  expect(missing(images, new Set(['a'])).map(({ blob }) => blob)).toEqual(['b']);
});
