import fc from 'fast-check';
import { addListings, hasShrunk, type ListingCounts, NO_LISTING, quoteOf } from '../../../src/domain/money/quote';

const COUNTS: fc.Arbitrary<ListingCounts> = fc.record({
  total: fc.nat(5_000),
  new: fc.nat(2_000),
  changed: fc.nat(2_000),
  unchanged: fc.nat(2_000),
  missing: fc.nat(2_000),
  cached: fc.integer({ min: 1, max: 100 }),
  sparedTransactions: fc.integer({ min: 1, max: 100 }),
  uncertain: fc.integer({ min: 1, max: 100 }),
  ineligible: fc.dictionary(fc.constantFrom('empty', 'too-large-bytes'), fc.integer({ min: 1, max: 9 })),
});

describe('quoteOf', () => {
  const price = { unit: 0.001, currency: 'USD' };

  test('prices new and changed images, a transaction a feature', () => {
    const images = { ...NO_LISTING, total: 10, new: 3, changed: 2, unchanged: 4, ineligible: { empty: 1 } };
    expect(quoteOf(images, 4, price, 2)).toEqual({
      images,
      calls: 5,
      transactions: 20,
      price: { unit: 0.001, currency: 'USD', total: 0.02, estimate: true },
      duration: { atQuotaSeconds: 3 },
    });
  });

  test('what is known is neither called nor paid for', () => {
    // Of two features: 3 new ones, 2 that lack one feature, 1 whose answer is known.
    const images = { ...NO_LISTING, total: 6, new: 3, changed: 3, cached: 1, sparedTransactions: 2 * 1 + 1 * 2 };
    expect(quoteOf(images, 2, price)).toMatchObject({ calls: 5, transactions: 3 * 2 + 2 * 1 });
  });

  test('money shows no binary dust', () => {
    expect(quoteOf({ ...NO_LISTING, new: 3 }, 1, { unit: 0.1, currency: 'EUR' }).price.total).toBe(0.3);
  });

  test('says no duration where the quota is not known', () => {
    expect(quoteOf(NO_LISTING, 4, price).duration).toEqual({});
  });
});

test('listings are summed without order, ineligible reasons one by one', () => {
  fc.assert(
    fc.property(COUNTS, COUNTS, COUNTS, (a, b, c) => {
      expect(addListings(addListings(a, b), c)).toEqual(addListings(a, addListings(c, b)));
      expect(addListings(a, NO_LISTING)).toEqual(a);
    }),
  );
});

describe('hasShrunk', () => {
  const images = (missing: number, seen: number) => ({ ...NO_LISTING, total: seen, missing, unchanged: seen });

  test('an empty container without a past has not shrunk', () => {
    expect(hasShrunk(NO_LISTING, 0.2)).toBe(false);
  });

  test('exactly the share is still believed, one more is not', () => {
    expect(hasShrunk(images(20, 80), 0.2)).toBe(false);
    expect(hasShrunk(images(21, 80), 0.2)).toBe(true);
  });

  test('an empty listing of a known container is never believed, unless everything may be lost', () => {
    expect(hasShrunk(images(1, 0), 0.99)).toBe(true);
    expect(hasShrunk(images(500, 0), 1)).toBe(false);
  });

  test('new images do not hide lost ones', () => {
    expect(hasShrunk({ ...images(50, 50), new: 100_000, total: 100_050 }, 0.2)).toBe(true);
  });

  test('is monotone in what is lost', () => {
    fc.assert(
      fc.property(COUNTS, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(100), (counts, share, more) => {
        if (hasShrunk(counts, share))
          expect(hasShrunk({ ...counts, missing: counts.missing + more }, share)).toBe(true);
      }),
    );
  });
});
