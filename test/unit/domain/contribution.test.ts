import fc from 'fast-check';
import type { Analyzer, ImageAnalysis } from '../../../src/domain/image/analysis';
import { addCounters, KEY, named } from '../../../src/domain/container/totals';
import { contributionOf, type ImageStatus } from '../../../src/domain/image/image';

const ANALYZER: Analyzer = { provider: 'azure', version: '3.2', features: ['Tags'], language: 'en' };
const succeeded = (analysis: ImageAnalysis) =>
  contributionOf({ status: 'succeeded', sizeBytes: 10, analysis, analyzer: ANALYZER });

const NAME = fc.constantFrom('Dog', 'dog', 'DOG', 'sky', '__proto__', '__PROTO__', 'Ä', 'ä', 'constructor');
const ANALYSIS: fc.Arbitrary<ImageAnalysis> = fc.record(
  {
    tags: fc.array(fc.record({ name: NAME, confidence: fc.double({ min: 0, max: 1, noNaN: true }) })),
    description: fc.record({ tags: fc.array(NAME), captions: fc.constant([]) }, { requiredKeys: ['captions'] }),
    categories: fc.array(fc.record({ name: NAME, score: fc.constant(1) })),
    color: fc.record({ dominantColors: fc.array(NAME) }),
  },
  { requiredKeys: [] },
);

describe('contributionOf', () => {
  test('tags are the union of both lists, lower case, each name once', () => {
    fc.assert(
      fc.property(ANALYSIS, (analysis) => {
        const names = [...(analysis.tags ?? []).map(({ name }) => name), ...(analysis.description?.tags ?? [])];
        const union = new Set(names.map((name) => name.toLowerCase()));
        const counted = Object.entries(named(succeeded(analysis), KEY.tag('')));
        expect(new Set(counted.map(([name]) => name))).toEqual(union);
        expect(counted.every(([, count]) => count === 1)).toBe(true);
      }),
    );
  });

  test('every value is a whole number, and the sum can be taken out again', () => {
    fc.assert(
      fc.property(ANALYSIS, (analysis) => {
        const sum = succeeded(analysis);
        expect(Object.values(sum).every((value) => Number.isSafeInteger(value) && value > 0)).toBe(true);
        expect(addCounters(sum, sum, -1)).toEqual({});
      }),
    );
  });

  test('a mean needs a confidence: words of a description have none', () => {
    const sum = succeeded({
      tags: [
        { name: 'dog', confidence: 0.98765 },
        { name: 'Dog', confidence: 0.1, hint: 'animal' },
      ],
      description: { tags: ['dog', 'outdoor'], captions: [] },
    });
    expect(named(sum, KEY.tagConfidence(''))).toEqual({ dog: 9877 });
    expect(named(sum, KEY.tagConfidenceCount(''))).toEqual({ dog: 1 });
    expect(named(sum, KEY.tag(''))).toEqual({ dog: 1, outdoor: 1 });
  });

  test('formats, categories, colours and the analyzer count once an image', () => {
    expect(
      succeeded({
        metadata: { width: 1, height: 1, format: 'Jpeg' },
        categories: [
          { name: 'outdoor_', score: 0.5 },
          { name: 'outdoor_', score: 0.2 },
        ],
        color: { dominantColors: ['Blue', 'Blue', 'White'] },
      }),
    ).toEqual({
      'i:succeeded': 1,
      'b:': 10,
      'f:Jpeg': 1,
      'c:outdoor_': 1,
      'd:Blue': 1,
      'd:White': 1,
      'a:azure 3.2': 1,
    });
  });

  test('an image that failed when more was asked for still counts with what is known', () => {
    const analysis = { tags: [{ name: 'dog', confidence: 1 }] };
    const sum = contributionOf({ status: 'failed', sizeBytes: 7, analysis, analyzer: ANALYZER });
    expect(sum).toMatchObject({ 'i:failed': 1, 'b:': 7, [KEY.tag('dog')]: 1, 'a:azure 3.2': 1 });
    expect(contributionOf({ status: 'failed', sizeBytes: 7 })).toEqual({ 'i:failed': 1, 'b:': 7 });
  });

  test.each<[ImageStatus, Record<string, number>]>([
    ['skipped', { 'i:skipped': 1, 'b:': 7 }],
    ['removed', { 'i:removed': 1 }],
  ])('an image that is %s counts as such, whatever analysis is left in it', (status, expected) => {
    const analysis = { tags: [{ name: 'dog', confidence: 1 }] };
    expect(contributionOf({ status, sizeBytes: 7, analysis, analyzer: ANALYZER })).toEqual(expected);
  });

  test('an empty image has no bytes to count', () => {
    expect(contributionOf({ status: 'skipped', sizeBytes: 0 })).toEqual({ 'i:skipped': 1 });
  });
});
