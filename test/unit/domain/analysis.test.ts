import fc from 'fast-check';
import {
  type Analyzer,
  withFeatures,
  type ImageAnalysis,
  mergeAnalyses,
  missingFeatures,
} from '../../../src/domain/image/analysis';

const ANALYZER: Analyzer = { provider: 'azure', version: '3.2', features: ['Tags'], language: 'en' };
const FEATURES = fc.uniqueArray(fc.constantFrom('Adult', 'Color', 'Description', 'Tags', 'Objects'));

const answer = (features: readonly string[], analysis: ImageAnalysis = {}) => ({
  analysis,
  analyzer: { ...ANALYZER, features },
});

test('without a choice an analyzer is asked as it is configured', () => {
  expect(withFeatures(ANALYZER, undefined)).toBe(ANALYZER);
  expect(withFeatures(ANALYZER, ['Adult'])).toEqual({ ...ANALYZER, features: ['Adult'] });
});

test('after what is missing is paid for nothing is missing, and nothing is lost', () => {
  fc.assert(
    fc.property(FEATURES, FEATURES, (known, wanted) => {
      const paid = missingFeatures({ features: wanted }, { features: known });
      const { analyzer } = mergeAnalyses(answer(known), answer(paid));
      expect(missingFeatures({ features: wanted }, analyzer)).toEqual([]);
      expect(missingFeatures({ features: known }, analyzer)).toEqual([]);
      expect(analyzer.features).toEqual([...new Set([...known, ...wanted])].sort());
    }),
  );
});

test('the words of both answers stand side by side', () => {
  const tags = [{ name: 'sky', confidence: 1 }];
  const description = { tags: ['sky'], captions: [{ text: 'a sky', confidence: 1 }] };
  const merged = mergeAnalyses(answer(['Tags'], { tags }), answer(['Description'], { description }));
  expect(merged.analysis).toEqual({ tags, description });
});

test('details of categories add up, whichever came first', () => {
  const landmarks = [{ name: 'Alps', confidence: 0.8 }];
  const celebrities = [{ name: 'Heidi', confidence: 0.9 }];
  const category = { name: 'outdoor_', score: 0.9 };
  const first = answer(['Categories', 'Landmarks'], { categories: [{ ...category, detail: { landmarks } }] });
  const more = answer(['Celebrities'], { categories: [{ ...category, detail: { celebrities } }] });
  const both = [{ ...category, detail: { landmarks, celebrities } }];
  expect(mergeAnalyses(first, more).analysis.categories).toEqual(both);
  expect(mergeAnalyses(more, first).analysis.categories).toEqual(both);
  expect(mergeAnalyses(first, answer(['Tags'], {})).analysis.categories).toEqual(first.analysis.categories);
});

test('smart crops of other ratios are another feature: they add up, and the later answer of a ratio counts', () => {
  const crop = (aspectRatio: number, x: number) => ({ aspectRatio, rectangle: { x, y: 0, w: 9, h: 9 } });
  const first = answer(['smartCrops:0.90:1.33'], { smartCrops: [crop(0.9, 1), crop(1.33, 1)] });
  const other = answer(['smartCrops:1.00:1.33'], { smartCrops: [crop(1, 2), crop(1.33, 2)] });
  expect(missingFeatures(other.analyzer, first.analyzer)).toEqual(['smartCrops:1.00:1.33']);
  const both = mergeAnalyses(first, other);
  expect(both.analysis.smartCrops).toEqual([crop(0.9, 1), crop(1, 2), crop(1.33, 2)]);
  expect(missingFeatures(first.analyzer, both.analyzer)).toEqual([]);
  expect(mergeAnalyses(both, answer(['tags'], {})).analysis.smartCrops).toEqual(both.analysis.smartCrops);
});
