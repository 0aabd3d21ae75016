import fc from 'fast-check';
import { answered, classify, missing } from '../../../src/domain/image/classification';
import type { ImageStatus, StoredImage } from '../../../src/domain/image/image';
import { RESOURCE_REFUSALS } from '../../../src/domain/image/resource-refusal';
import { ANALYZER, listed, stored } from './images';

const kindOf = (change: Partial<StoredImage>, chunk?: string) =>
  classify(listed('a'), stored('a', change), ANALYZER, chunk).kind;
const error = (retryable: boolean, code = 'vision-x', features = ANALYZER.features) => {
  return { code, stage: 'vision' as const, message: '', retryable, features };
};
const asked = (...features: string[]) => ({ ...ANALYZER, features });

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
    ['skipped, whatever was asked for then', { status: 'skipped', analyzer: asked('Adult') }, 'unchanged'],
    ['refused for good', { status: 'failed', analyzer: asked(), error: error(false) }, 'unchanged'],
    [
      'refused for its bytes, whatever was asked for',
      { status: 'failed', analyzer: asked(), error: error(false, 'vision-invalid-format', ['Adult']) },
      'unchanged',
    ],
    [
      'refused when something was asked for that is not asked for now',
      {
        status: 'failed',
        analyzer: asked(),
        error: error(false, 'vision-rejected', ['Celebrities', 'Tags']),
      },
      'changed',
    ],
    [
      'refused for good when one more was asked for',
      { status: 'failed', analyzer: asked('Color'), error: error(false, 'vision-x', ['Tags']) },
      'unchanged',
    ],
    [
      'refused for more than is asked for now, which is known',
      { status: 'failed', error: error(false, 'vision-x', ['Celebrities']) },
      'changed',
    ],
    ...RESOURCE_REFUSALS.map((code): [string, Partial<StoredImage>, string] => [
      `refused for the resource by an earlier build: ${code}`,
      { status: 'failed', analyzer: asked(), error: error(false, code) },
      'changed',
    ]),
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

describe('answered', () => {
  test('what is asked for is either answered or worked on, and never both', () => {
    const features = fc.uniqueArray(fc.constantFrom('Adult', 'Color', 'Tags', 'Objects'), { minLength: 1 });
    fc.assert(
      fc.property(features, features, (known, wanted) => {
        const image = stored('a', { analyzer: asked(...known) });
        const isUnchanged = classify(listed('a'), image, asked(...wanted)).kind === 'unchanged';
        const have = answered(image, asked(...wanted));
        expect(isUnchanged).toBe(have.length === wanted.length);
        expect(have).toEqual(wanted.filter((feature) => known.includes(feature)));
      }),
    );
  });

  test.each<[string, Partial<StoredImage>, string[]]>([
    ['a failure keeps what was known before', { status: 'failed', analyzer: asked('Tags') }, ['Tags']],
    ['a skipped image has no answer', { status: 'skipped' }, []],
    ['nor has a removed one', { status: 'removed' }, []],
    ['another analyzer has said nothing', { analyzer: { ...ANALYZER, version: '4.0' } }, []],
  ])('%s', (_, change, expected) => {
    expect(answered(stored('a', change), ANALYZER)).toEqual(expected);
  });
});

test('missing are the stored images that are not listed and not removed yet', () => {
  const images = [stored('a'), stored('b'), stored('c', { status: 'removed' })];
  expect(missing(images, new Set(['a'])).map(({ blob }) => blob)).toEqual(['b']);
});
