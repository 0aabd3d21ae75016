import { DEFAULT_VISION_FEATURES, resolveFeatures } from '../../../src/gateways/vision/features';

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
