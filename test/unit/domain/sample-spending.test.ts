import fc from 'fast-check';
import { freeTransactions, needsApproval } from '../../../src/domain/run/approval';
import { priceOf } from '../../../src/domain/money/quote';
import { monthOf } from '../../../src/domain/quota/month-spending';
import {
  bookGranted,
  bookUnused,
  emptyBucket,
  lease,
  type QuotaState,
  sampledOf,
} from '../../../src/domain/quota/quota';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 31, 12);

/** A resource without any limit of its own, and what was really spent: each grant, less what its sample gave back. */
function site() {
  let state: QuotaState = { version: 0, ledger: { month: '2026-01', transactions: 0, byContainer: {} } };
  const grants: { readonly sample: string; readonly atMs: number; spent: number }[] = [];
  const returned: Record<string, number> = {};
  const timeOf = (atMs: number) => ({ month: monthOf(new Date(atMs).toISOString()), wallMs: atMs });
  return {
    grants,
    ask(sample: string, { want, each, most }: { want: number; each: number; most: number | undefined }, atMs: number) {
      const request = {
        ...{ runId: sample, asker: 'sample', container: 'photos', want, transactionsPerCall: each },
        ...{ counted: true as const, ...(most !== undefined && { sample: { most, returned: returned[sample] ?? 0 } }) },
      };
      const limits = { settings: {}, ledger: state.ledger, sampled: sampledOf(state, atMs) };
      const { grant } = lease(emptyBucket(0), limits, request, 0);
      const spent = Number(grant.calls) * each;
      state = bookGranted(state, request, spent, timeOf(atMs));
      if (most !== undefined && spent > 0) grants.push({ sample, atMs, spent });
      return grant;
    },
    /** The latest calls, or the first ones, were not made; told as often as somebody likes, and what was told before too. */
    giveBack(sample: string, transactions: number, atMs: number, { isLatest = true, times = 1 } = {}) {
      const mine = grants.filter((grant) => grant.sample === sample);
      let left = Math.min(transactions, sum(mine.map(({ spent }) => spent)));
      const before = returned[sample] ?? 0;
      returned[sample] = before + left;
      for (const grant of isLatest ? [...mine].reverse() : mine) {
        const less = Math.min(left, grant.spent);
        grant.spent -= less;
        left -= less;
      }
      for (let n = 0; n < times; n += 1) {
        for (const told of [before, returned[sample]].slice(n === 0 ? 1 : 0)) {
          state = bookUnused(state, { container: 'photos', transactions: told, sample }, timeOf(atMs));
        }
      }
    },
    sampled: (atMs: number) => sampledOf(state, atMs),
    get state() {
      return state;
    },
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

const pauses = fc.oneof(
  { weight: 3, arbitrary: fc.nat(240_000) },
  fc.nat(3 * HOUR_MS),
  fc.nat(30 * HOUR_MS),
  fc.constantFrom(HOUR_MS, DAY_MS - HOUR_MS, DAY_MS, DAY_MS + HOUR_MS - 1),
);
const steps = fc.array(
  fc.record({
    afterMs: pauses,
    sample: fc.integer({ min: 0, max: 5 }).map((n) => `sample-${n}`),
    want: fc.nat(12),
    each: fc.integer({ min: 1, max: 5 }),
    unused: fc.option(fc.nat(20), { nil: undefined }),
    isLatest: fc.boolean(),
    times: fc.integer({ min: 1, max: 3 }),
    isApproved: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

describe('samples that nobody approved', () => {
  test('cost no more than the amount in any 24 hours, whatever their sizes, prices and times', () => {
    const amounts = fc.integer({ min: 0, max: 60 }).map((thousandths) => thousandths / 1_000);
    const units = fc.constantFrom(0.001, 0.0015, 0.003, 0.1);
    fc.assert(
      fc.property(amounts, units, steps, (above, unit, sequence) => {
        const most = freeTransactions({ above }, { unit });
        const { ask, giveBack, grants } = site();
        let nowMs = START_MS;
        for (const { afterMs, sample, want, each, unused, isLatest, times, isApproved } of sequence) {
          nowMs += afterMs;
          if (isApproved) ask(`${sample} approved`, { want, each, most: undefined }, nowMs);
          else ask(sample, { want, each, most }, nowMs);
          if (unused !== undefined) giveBack(sample, unused, nowMs, { isLatest, times });
          // A day that ends with a grant holds the most.
          const within = grants.filter(({ atMs }) => atMs > nowMs - DAY_MS);
          expect(priceOf(sum(within.map(({ spent }) => spent)), { unit })).toBeLessThanOrEqual(above);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('are booked and given back exactly: what is left is what was spent, in the month too', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const quota = site();
        let nowMs = START_MS;
        for (const { afterMs, sample, want, each, unused, isLatest, times } of sequence) {
          nowMs += afterMs % 60_000; // within an hour or two: nothing has run out
          quota.ask(sample, { want, each, most: 1_000_000 }, nowMs);
          if (unused !== undefined) quota.giveBack(sample, unused, nowMs, { isLatest, times });
          const spent = sum(quota.grants.map((grant) => grant.spent));
          expect([quota.sampled(nowMs), quota.state.ledger.transactions]).toEqual([spent, spent]);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('what they spent is free again 24 hours after the end of its hour, and not before', () => {
    const { ask } = site();
    const all = { want: 10, each: 1, most: 4 };
    expect(ask('one', all, START_MS + 60_000)).toEqual({ calls: 4 });
    expect(ask('two', all, START_MS + DAY_MS + HOUR_MS - 1)).toEqual({ calls: 0, limit: 'samples' });
    expect(ask('two', all, START_MS + DAY_MS + HOUR_MS)).toEqual({ calls: 4 });
  });

  test('a clock that is set back frees nothing', () => {
    const { ask } = site();
    expect(ask('one', { want: 4, each: 1, most: 4 }, START_MS)).toEqual({ calls: 4 });
    expect(ask('two', { want: 4, each: 1, most: 4 }, START_MS - 2 * DAY_MS)).toEqual({ calls: 0, limit: 'samples' });
  });

  test('a sample that is not known gives nothing back', () => {
    const { ask, giveBack, sampled } = site();
    ask('one', { want: 4, each: 1, most: 4 }, START_MS);
    giveBack('another', 4, START_MS);
    expect(sampled(START_MS)).toBe(4);
  });

  test('of ten days no more is kept than of a day', () => {
    const quota = site();
    let atMs = START_MS;
    for (let n = 0; n < 10 * 24; n += 1) {
      atMs += HOUR_MS;
      quota.ask(`sample-${n}`, { want: 1, each: 1, most: 1_000 }, atMs);
    }
    for (let n = 0; n < 250; n += 1) quota.ask(`busy-${n}`, { want: 1, each: 1, most: 5_000 }, atMs);
    const { byHour = {}, samples = {} } = quota.state.samples ?? {};
    expect([Object.keys(byHour).length, Object.keys(samples).length]).toEqual([25, 200]);
  });
});

test('the most transactions without consent are those that need none', () => {
  const amounts = fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1_000);
  const units = fc.integer({ min: 1, max: 1_000_000 }).map((millionths) => millionths / 1e6);
  fc.assert(
    fc.property(amounts, units, (above, unit) => {
      const most = freeTransactions({ above }, { unit }) ?? Number.NaN;
      const asks = (transactions: number) =>
        needsApproval({ above }, { transactions, price: { total: priceOf(transactions, { unit }) } });
      expect([asks(most), asks(most + 1)]).toEqual([false, true]);
    }),
    { numRuns: 1_000 },
  );
  expect(freeTransactions('always', { unit: 0.001 })).toBe(0);
  expect(freeTransactions('auto', { unit: 0.001 })).toBeUndefined();
  expect(freeTransactions({ above: 0 }, { unit: 0 })).toBeUndefined();
});
