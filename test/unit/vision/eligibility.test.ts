import { checkEligibility, ineligibleByListing } from '../../../src/domain/image/eligibility';
import { VISION_LIMITS } from '../../../src/gateways/vision/limits';

const v32 = VISION_LIMITS['3.2'];
const v40 = VISION_LIMITS['4.0'];
const image = (width: number, height: number, format = 'jpeg') => ({ kind: 'image', format, width, height }) as const;

describe('eligibility', () => {
  it('takes sides of 50 to 16,000 pixels', () => {
    expect(checkEligibility(image(50, 16_000), 1000, v32)).toBeUndefined();
    expect(checkEligibility(image(49, 300), 1000, v32)).toBe('too-small');
    expect(checkEligibility(image(16_001, 300), 1000, v32)).toBe('too-large-pixels');
  });

  it('takes less than 4 MB with 3.2 and up to 20 MB with 4.0', () => {
    expect(checkEligibility(image(100, 100), 4_194_303, v32)).toBeUndefined();
    expect(checkEligibility(image(100, 100), 4_194_304, v32)).toBe('too-large-bytes');
    expect(checkEligibility(image(100, 100), 20_971_520, v40)).toBeUndefined();
    expect(checkEligibility(image(100, 100), 20_971_521, v40)).toBe('too-large-bytes');
  });

  it('takes WEBP, ICO and TIFF with 4.0 only', () => {
    for (const format of ['webp', 'ico', 'tiff']) {
      expect(checkEligibility(image(100, 100, format), 1000, v32)).toBe('unsupported-format');
      expect(checkEligibility(image(100, 100, format), 1000, v40)).toBeUndefined();
    }
  });

  it('says what is wrong before what is too large', () => {
    expect(checkEligibility({ kind: 'not-an-image' }, 0, v32)).toBe('empty');
    expect(checkEligibility({ kind: 'not-an-image' }, 10, v32)).toBe('not-an-image');
    expect(checkEligibility({ kind: 'corrupt' }, 10, v32)).toBe('corrupt');
    expect(checkEligibility({ kind: 'unsupported', format: 'svg' }, 10, v32)).toBe('unsupported-format');
  });

  it('knows from the listing what need not be downloaded', () => {
    expect(ineligibleByListing(0, v32)).toBe('empty');
    expect(ineligibleByListing(1, v32)).toBeUndefined();
    expect(ineligibleByListing(1e9, v40)).toBe('too-large-bytes');
  });
});
