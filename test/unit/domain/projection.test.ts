import fc from 'fast-check';
import { projectionOf } from '../../../src/domain/money/projection';
import { NO_LISTING } from '../../../src/domain/money/quote';
import type { Looked } from '../../../src/domain/money/sample';

/** Guarantee: a sample corrects what was priced on suspicion, kind by kind, and never upwards. */

const PRICE = { unit: 0.001, currency: 'USD' };
const quote = (calls: number, uncertain: number) => ({
  ...{ calls, transactions: calls * 4, images: { ...NO_LISTING, new: calls, uncertain } },
});
const looked = (status: Looked['outcome']['status'], isUncertain: boolean): Looked => ({
  ...{ outcome: { status, calls: 0, transactions: 0 }, tags: [], callsMs: [] },
  ...(isUncertain && { isUncertain }),
});
const times = (n: number, one: Looked): Looked[] => Array<Looked>(n).fill(one);

test('three photos and 300 files without a name that tells, none of which is an image', () => {
  const { calls, transactions, total } = projectionOf(quote(303, 300), times(20, looked('skipped', true)), PRICE);
  expect([calls, transactions, total]).toEqual([3, 12, 0.012]);
});

test('the share of each kind is its own', () => {
  const seen = [
    ...times(5, looked('skipped', true)),
    ...times(5, looked('succeeded', true)),
    looked('succeeded', false),
  ];
  // 100 uncertain ones are left, 5 of them known to be none; of the other 95 one in two. 40 photos stay 40.
  expect(projectionOf(quote(140, 100), seen, PRICE).calls).toBe(48 + 40);
});

test('one that failed is called again, and a kind that was not drawn stays as it is', () => {
  expect(projectionOf(quote(10, 4), times(2, looked('failed', true)), PRICE).calls).toBe(10);
  expect(projectionOf(quote(10, 4), [], PRICE)).toEqual({ calls: 10, transactions: 40, total: 0.04 });
  expect(projectionOf(quote(0, 0), [], PRICE)).toEqual({ calls: 0, transactions: 0, total: 0 });
});

test('it is never more than the quote', () => {
  const one = fc.record({
    status: fc.constantFrom('succeeded' as const, 'failed' as const, 'skipped' as const),
    sure: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.nat(200), fc.nat(200), fc.array(one, { maxLength: 30 }), (calls, doubtful, seen) => {
      const asked = quote(calls, Math.min(calls, doubtful));
      const found = projectionOf(
        asked,
        seen.map(({ status, sure }) => looked(status, !sure)),
        PRICE,
      );
      expect(found.calls).toBeLessThanOrEqual(asked.calls);
      expect(found.transactions).toBeLessThanOrEqual(asked.transactions);
      expect(found.calls).toBeGreaterThanOrEqual(0);
    }),
  );
});
