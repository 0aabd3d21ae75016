import type { Analyzer } from '../../../src/domain/image/analysis';
import { classify } from '../../../src/domain/image/classification';
import type { StoredImage } from '../../../src/domain/image/image';
import type { RetryFilter } from '../../../src/domain/run/retry-filter';
import { RetryTally } from '../../../src/domain/run/retry-forecast';

const ANALYZER: Analyzer = { provider: 'p', version: '3.2', features: ['Tags'], language: 'en' };

function stored(blob: string, retryable: boolean, change: Partial<StoredImage> = {}): StoredImage {
  const error = { code: 'vision-500', stage: 'vision' as const, message: '', retryable };
  return {
    ...{
      id: blob,
      blob,
      etag: 'e',
      sizeBytes: 1,
      status: 'failed',
      reason: 'vision-failed',
      error,
      analyzer: { ...ANALYZER, features: [] },
    },
    ...{ transactions: 0, runId: 'r', chunkId: 'c', attempts: [], contribution: {}, replaced: {}, version: 'v' },
    ...change,
  };
}

const kindOf = (image: StoredImage, filter: RetryFilter) =>
  classify({ name: image.blob, etag: 'e', sizeBytes: 1 }, image, ANALYZER, undefined, filter).kind;

test('a retry works on what failed and may succeed, within its filter', () => {
  const flaky = stored('a/1.jpg', true);
  expect(kindOf(flaky, {})).toBe('changed');
  expect(kindOf(flaky, { code: 'vision-500', reason: 'vision-failed', prefix: 'a/', status: 'failed' })).toBe(
    'changed',
  );
  for (const filter of [{ code: 'x' }, { reason: 'x' }, { prefix: 'b/' }, { status: 'skipped' as const }]) {
    expect(kindOf(flaky, filter)).toBe('unchanged');
  }
  expect(kindOf(stored('a', false), {})).toBe('unchanged');
});

test('who names why they failed has them tried, though they were refused for good', () => {
  const refused = stored('a', false);
  for (const filter of [{ reason: 'vision-failed' }, { code: 'vision-500' }]) {
    expect(kindOf(refused, filter)).toBe('changed');
    const tally = new RetryTally(filter, ANALYZER);
    tally.add(refused);
    expect(tally.forecast()).toEqual({ willRetry: 1, willNot: [] });
  }
  expect(kindOf(refused, { status: 'failed', prefix: 'a' })).toBe('unchanged');
  expect(kindOf(stored('a', true, { status: 'succeeded' }), { reason: 'vision-failed' })).toBe('unchanged');
});

test('a retry calls nothing that another run never saw, or that has succeeded since', () => {
  expect(classify({ name: 'new', etag: 'e', sizeBytes: 1 }, undefined, ANALYZER, undefined, {}).kind).toBe('unchanged');
  expect(kindOf(stored('a', true, { status: 'succeeded', etag: 'older' }), {})).toBe('unchanged');
  expect(kindOf(stored('a', true, { status: 'removed' }), {})).toBe('unchanged');
});

test('the forecast counts what will be tried, and why the rest will not', () => {
  const tally = new RetryTally({}, { ...ANALYZER });
  const images = [
    stored('a', true),
    stored('b', false, { reason: 'corrupt' }),
    stored('c', false, { reason: 'corrupt' }),
    stored('d', false),
    stored('e', false, { analyzer: { ...ANALYZER, version: '3.1' } }), // another analyzer may take it
    stored('f', true, { status: 'succeeded' }),
  ];
  for (const image of images) tally.add(image);
  expect(tally.forecast()).toEqual({
    willRetry: 2,
    willNot: [
      { reason: 'corrupt', count: 2 },
      { reason: 'vision-failed', count: 1 },
    ],
  });
});
