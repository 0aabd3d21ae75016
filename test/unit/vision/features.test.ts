import { FeaturesSchema } from '../../../src/contract/schemas/analysis';
import { DEFAULT_VISION_FEATURES, resolveFeatures, spellFeature } from '../../../src/gateways/vision/features';

describe('resolveFeatures', () => {
  it('spells and sorts, each once', () => {
    expect(resolveFeatures('3.2', ['tags', ' Color', 'TAGS'])).toEqual(['Color', 'Tags']);
    expect(resolveFeatures('4.0', ['Description', 'caption', 'Read'])).toEqual(['caption', 'read']);
  });

  it('drops from the default list what 4.0 does not have, and refuses it in any other', () => {
    expect(resolveFeatures('4.0', DEFAULT_VISION_FEATURES)).toEqual(['caption', 'tags']);
    expect(() => resolveFeatures('4.0', ['Tags', 'Color'])).toThrow('4.0 has no feature Color');
    expect(() => resolveFeatures('3.2', ['Tags', 'Read', 'constructor'])).toThrow('no feature Read, constructor');
    expect(() => resolveFeatures('4.0', ['__proto__'])).toThrow(RangeError);
    expect(() => resolveFeatures('3.2', [' '])).toThrow('names no feature');
  });
});

describe('smart crops', () => {
  const configured = ['1.00', '1.78'];

  it('carry their aspect ratios in their name: those they name, else those that are configured', () => {
    expect(resolveFeatures('4.0', ['SmartCrops', 'tags'])).toEqual(['smartCrops', 'tags']);
    expect(resolveFeatures('4.0', ['SmartCrops', 'tags'], configured)).toEqual(['smartCrops:1.00:1.78', 'tags']);
    expect(resolveFeatures('4.0', ['smartcrops:1.8:0.75:1.80'], configured)).toEqual(['smartCrops:0.75:1.80']);
    expect(spellFeature('4.0', ' smartCrops ', configured)).toBe('smartCrops:1.00:1.78');
  });

  it.each(['smartCrops:0.74', 'smartCrops:1.81', 'smartCrops:', 'smartCrops:1.333', 'smartCrops:wide', 'tags:1.00'])(
    'are not %s',
    (name) => {
      expect(spellFeature('4.0', name)).toBeUndefined();
    },
  );

  it('are none of 3.2, and not asked for twice in a call', () => {
    expect(() => resolveFeatures('3.2', ['smartCrops'], configured)).toThrow('3.2 has no feature smartCrops');
    expect(() => resolveFeatures('4.0', ['smartCrops', 'smartCrops:1.33'])).toThrow('names smartCrops twice');
  });

  it('take six ratios, whose name is as long as a name may be', () => {
    const six = 'smartCrops:0.75:0.90:1.00:1.33:1.50:1.78';
    expect(resolveFeatures('4.0', [six])).toEqual([six]);
    expect(FeaturesSchema.safeParse([six]).success).toBe(true);
    expect(spellFeature('4.0', `${six}:1.80`)).toBeUndefined();
  });
});
