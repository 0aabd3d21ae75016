import fc from 'fast-check';
import { book } from '../../../src/domain/quota/month-spending';
import {
  type Bucket,
  burstOf,
  effectiveSettings,
  emptyBucket,
  lease,
  mergeChanges,
  parseRate,
  type QuotaSettings,
  throttle,
} from '../../../src/domain/quota/quota';

const NO_LEDGER = { month: '2026-01', transactions: 0, byContainer: {} };

/** Runs that ask again and again; each ask is told to `took`. */
function site(settings: QuotaSettings, { ledger = NO_LEDGER, each = 1 } = {}) {
  let bucket: Bucket = emptyBucket(0);
  let spent = ledger;
  return {
    ask(runId: string, want: number, nowMs: number, asker = 'process') {
      const request = { runId, asker, container: 'photos', want, transactionsPerCall: each };
      const leased = lease(bucket, { settings, ledger: spent }, request, nowMs);
      bucket = leased.bucket;
      const calls = leased.grant.calls === 'unlimited' ? want : leased.grant.calls;
      spent = book(spent, '2026-01', 'photos', calls * each);
      return { ...leased.grant, calls };
    },
    throttle(retryAfterMs: number, nowMs: number) {
      bucket = throttle(bucket, retryAfterMs, nowMs);
    },
    get spent() {
      return spent.transactions;
    },
  };
}

/** Every run asks once in `everyMs` for more than there is, one after another; answers calls by run. */
function starving(settings: QuotaSettings, runs: number, forMs: number, everyMs = 400): number[] {
  const { ask } = site(settings);
  const got = Array.from({ length: runs }, () => 0);
  for (let nowMs = 0; nowMs <= forMs; nowMs += everyMs) {
    for (let run = 0; run < runs; run++) {
      const atMs = nowMs + Math.floor((run * everyMs) / runs);
      got[run] = (got[run] ?? 0) + ask(`run-${run}`, 1_000_000, atMs).calls;
    }
  }
  return got;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
const rates = fc.oneof(
  fc.integer({ min: 1, max: 2_000 }).map((perMinute) => perMinute / 60),
  fc.integer({ min: 1, max: 200 }),
);
const asks = fc.array(
  fc.record({
    run: fc.integer({ min: 0, max: 4 }),
    want: fc.nat(200),
    afterMs: fc.nat(1_500),
    throttled: fc.boolean(),
  }),
  { minLength: 1, maxLength: 80 },
);

describe('what is granted', () => {
  test('never exceeds rate x span + the bucket, in any span, whoever asks (I1)', () => {
    fc.assert(
      fc.property(rates, asks, (ratePerSecond, asked) => {
        const { ask } = site({ ratePerSecond });
        const grants: { atMs: number; calls: number }[] = [];
        let nowMs = 0;
        for (const { run, want, afterMs } of asked) {
          nowMs += afterMs;
          grants.push({ atMs: nowMs, calls: ask(`run-${run}`, want, nowMs).calls });
        }
        for (let from = 0; from < grants.length; from++) {
          let calls = 0;
          for (const grant of grants.slice(from)) {
            calls += grant.calls;
            const spanS = (grant.atMs - (grants[from]?.atMs ?? 0)) / 1_000;
            expect(calls).toBeLessThanOrEqual(ratePerSecond * spanS + burstOf(ratePerSecond) + 0.001);
          }
        }
      }),
    );
  });

  test('is nothing inside a Retry-After (I2)', () => {
    fc.assert(
      fc.property(rates, asks, (ratePerSecond, asked) => {
        const quota = site({ ratePerSecond });
        let nowMs = 0;
        let untilMs = 0;
        for (const { run, want, afterMs, throttled } of asked) {
          nowMs += afterMs;
          if (throttled) {
            quota.throttle(1_000, nowMs);
            untilMs = nowMs + 1_000;
          }
          const { calls, limit } = quota.ask(`run-${run}`, want, nowMs);
          if (nowMs < untilMs) expect([calls, limit]).toEqual([0, 'paused']);
        }
      }),
    );
  });

  test('leaves nothing unused while somebody wants it, from one run or many, at slow rates and fast ones (I3)', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 30 }), (ratePerSecond, runs) => {
        const forMs = Math.ceil(Math.max(20_000, (20 / ratePerSecond) * 1_000));
        const calls = sum(starving({ ratePerSecond }, runs, forMs));
        expect(calls).toBeGreaterThanOrEqual(Math.floor(ratePerSecond * (forMs / 1_000) * 0.97) - 1);
      }),
      // A slow rate with many runs takes half a second: few cases, and the edges in each.
      {
        numRuns: 12,
        examples: [
          [1 / 60, 30],
          [200, 30],
        ],
      },
    );
  });

  test('leaves nothing unused of what the processes of a few runs want, each at its own pace (I3)', () => {
    const pace = fc.integer({ min: 400, max: 500 }); // a report, and what its way takes
    const processes = fc.array(pace, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.array(processes, { minLength: 1, maxLength: 4 }),
        (ratePerSecond, runs) => {
          const { ask } = site({ ratePerSecond });
          let calls = 0;
          for (let nowMs = 0; nowMs <= 60_000; nowMs += 10) {
            for (const [run, paces] of runs.entries()) {
              for (const [process, everyMs] of paces.entries()) {
                if (nowMs % everyMs < 10) calls += ask(`run-${run}`, 1_000, nowMs, `process-${process}`).calls;
              }
            }
          }
          const sinceLastAsk = ratePerSecond * 0.65;
          expect(calls).toBeGreaterThanOrEqual(ratePerSecond * 60 * 0.97 - sinceLastAsk - 1);
        },
      ),
      {
        numRuns: 25,
        examples: [
          [
            20,
            [
              [400, 400, 400],
              [400, 400, 400],
            ],
          ],
        ],
      },
    );
  });

  test('is shared by weight (I3)', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(rates, weights, (ratePerSecond, parts) => {
        const of = Object.fromEntries(parts.map((weight, run) => [`run-${run}`, weight]));
        const forMs = Math.ceil(Math.max(30_000, (200 / ratePerSecond) * 1_000));
        const got = starving({ ratePerSecond, weights: of }, parts.length, forMs);
        const total = sum(got);
        for (const [run, weight] of parts.entries()) {
          const fair = (total * weight) / sum(parts);
          expect(Math.abs((got[run] ?? 0) - fair)).toBeLessThanOrEqual(Math.max(weight + 1, fair * 0.05));
        }
      }),
      { numRuns: 20 },
    );
  });

  test('is shared by weight however seldom somebody asks, and by how many processes (I3)', () => {
    const everyMs = fc.oneof(fc.integer({ min: 100, max: 1_000 }), fc.integer({ min: 100, max: 4_000 }));
    const processes = fc.array(everyMs, { minLength: 1, maxLength: 3 });
    const run = fc.record({ weight: fc.integer({ min: 1, max: 3 }), processes });
    fc.assert(
      fc.property(fc.array(run, { minLength: 2, maxLength: 4 }), fc.boolean(), (runs, isOneIdle) => {
        const weights = Object.fromEntries(runs.map(({ weight }, id) => [`run-${id}`, weight]));
        const { ask } = site({ ratePerSecond: 10, weights });
        const got = runs.map(() => 0);
        for (let nowMs = 0; nowMs <= 50_000; nowMs += 20) {
          for (const [id, { processes }] of runs.entries()) {
            if (isOneIdle && nowMs % 400 === 0) ask(`run-${id}`, 0, nowMs, 'idle');
            for (const [process, everyMs] of processes.entries()) {
              if (Math.floor(nowMs / everyMs) === Math.floor((nowMs - 20) / everyMs)) continue;
              const { calls } = ask(`run-${id}`, 100, nowMs, `process-${process}`);
              if (nowMs > 20_000) got[id] = (got[id] ?? 0) + calls; // until then it is learned who asks how seldom
            }
          }
        }
        const weighed = sum(runs.map(({ weight }) => weight));
        for (const [id, { weight, processes }] of runs.entries()) {
          const share = weight / weighed;
          // The bucket holds six calls: whoever asks seldom finds its part of them.
          const held = Math.max(1, (6 * share) / processes.length);
          const fetched = sum(processes.map((everyMs) => (held * 1_000) / everyMs));
          expect((got[id] ?? 0) / 30).toBeGreaterThanOrEqual(0.35 * Math.min(10 * share, fetched));
        }
        const slowest = Math.max(...runs.flatMap(({ processes }) => processes));
        if (slowest <= 1_000) expect(sum(got) / 30).toBeGreaterThanOrEqual(7);
      }),
      { numRuns: 15 },
    );
  });

  test('two runs at 20 a minute take turns', () => {
    const got = starving({ ratePerSecond: 20 / 60 }, 2, 60_000);
    expect(sum(got)).toBeGreaterThanOrEqual(19);
    expect(Math.abs((got[0] ?? 0) - (got[1] ?? 0))).toBeLessThanOrEqual(1);
  });

  test('what a run leaves, the others take at once', () => {
    const { ask } = site({ ratePerSecond: 10 });
    for (let nowMs = 0; nowMs < 4_000; nowMs += 400) {
      ask('busy', 100, nowMs);
      ask('modest', 1, nowMs);
    }
    let calls = 0;
    for (let nowMs = 4_000; nowMs < 14_000; nowMs += 400) calls += ask('busy', 100, nowMs).calls;
    expect(calls).toBeGreaterThanOrEqual(97);
  });

  test('a run that died keeps nobody waiting for longer than two seconds', () => {
    const { ask } = site({ ratePerSecond: 10 });
    ask('alive', 100, 1_000);
    ask('dead', 100, 1_000);
    let calls = 0;
    for (let nowMs = 1_400; nowMs <= 11_000; nowMs += 400) calls += ask('alive', 100, nowMs).calls;
    expect(calls).toBeGreaterThanOrEqual(80);
  });

  test('a newcomer is served from its first question on', () => {
    const { ask } = site({ ratePerSecond: 10 });
    for (let nowMs = 0; nowMs < 60_000; nowMs += 400) ask('old', 100, nowMs);
    let [old, young] = [0, 0];
    for (let nowMs = 60_000; nowMs < 70_000; nowMs += 400) {
      old += ask('old', 100, nowMs).calls;
      young += ask('young', 100, nowMs).calls;
    }
    expect(Math.abs(old - young)).toBeLessThanOrEqual(5);
  });
});

describe('a month', () => {
  test('never exceeds its cap, nor a container its own (I4)', () => {
    const caps = fc.option(fc.nat(300), { nil: undefined });
    fc.assert(
      fc.property(caps, caps, fc.integer({ min: 1, max: 5 }), asks, (month, container, each, asked) => {
        const settings = {
          ratePerSecond: 50,
          ...(month !== undefined && { monthlyTransactions: month }),
          ...(container !== undefined && { containerMonthlyTransactions: container }),
        };
        const quota = site(settings, { each });
        let nowMs = 0;
        for (const { run, want, afterMs } of asked) {
          nowMs += afterMs;
          const { limit } = quota.ask(`run-${run}`, want, nowMs);
          if (limit === 'month') expect(quota.spent + each).toBeGreaterThan(Math.min(month ?? 1e9, container ?? 1e9));
        }
        expect(quota.spent).toBeLessThanOrEqual(Math.min(month ?? 1e9, container ?? 1e9));
      }),
    );
  });

  test('holds without a rate too', () => {
    const quota = site({ monthlyTransactions: 10 }, { each: 4 });
    expect(quota.ask('run', 100, 0)).toEqual({ calls: 2 });
    expect(quota.ask('run', 100, 0)).toEqual({ calls: 0, limit: 'month' });
  });
});

describe('429s although the rate was kept', () => {
  test('lower the rate once a pause, and time raises it again', () => {
    const limited = { settings: { ratePerSecond: 10 }, ledger: NO_LEDGER };
    const request = { runId: 'r', asker: 'process', container: 'c', want: 0, transactionsPerCall: 1 };
    let bucket = emptyBucket(0);
    for (const atMs of [0, 10, 20]) bucket = throttle(bucket, 1_000, atMs);
    expect(bucket.factor).toBeCloseTo(0.7);
    bucket = lease(bucket, limited, request, 10_000).bucket;
    expect(bucket.factor).toBeCloseTo(0.9);
    expect(lease(bucket, limited, request, 60_000).bucket.factor).toBe(1);
  });
});

describe('settings', () => {
  test('follow the configuration until somebody sets them', () => {
    expect(effectiveSettings({ ratePerSecond: 10 })).toEqual({ ratePerSecond: 10 });
    const changed = mergeChanges({ monthlyTransactions: 5_000 }, { ratePerSecond: 2 });
    expect(effectiveSettings({ ratePerSecond: 10 }, changed)).toEqual({ ratePerSecond: 2, monthlyTransactions: 5_000 });
  });

  test('null takes a limit away, also one of the configuration', () => {
    const changed = mergeChanges({}, { ratePerSecond: null });
    expect(effectiveSettings({ ratePerSecond: 10, monthlyTransactions: 5 }, changed)).toEqual({
      monthlyTransactions: 5,
    });
  });

  test('weights are set one by one, and the newest hundred are kept', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, run) => [`run-${run}`, 2]));
    const { weights = {} } = mergeChanges({ weights: many }, { weights: { mine: 3, 'run-99': null } });
    expect(weights).toMatchObject({ mine: 3, 'run-98': 2 });
    expect(weights).not.toHaveProperty('run-99');
    expect(Object.keys(mergeChanges({ weights }, { weights: { more: 1 } }).weights ?? {})).toHaveLength(100);
  });

  test.each([
    ['10/s', { ratePerSecond: 10 }],
    ['30/min', { ratePerSecond: 0.5 }],
    ['unlimited', {}],
    ['0/s', undefined],
    ['10', undefined],
  ])('%s is %j', (text, rate) => expect(parseRate(text)).toEqual(rate));
});
