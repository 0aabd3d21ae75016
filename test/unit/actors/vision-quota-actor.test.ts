import { VisionQuotaActorLogic } from '../../../src/actors/quota/vision-quota-actor';
import { SETTLE_MS } from '../../../src/domain/run/chunk-lease';
import type { QuotaSettings } from '../../../src/domain/quota/quota';
import { createMemoryActors, createMemoryActorStore } from './memory-actors';

const ASK = { runId: 'r', asker: 'process', container: 'photos', want: 100, transactionsPerCall: 4 };

function site(defaults: QuotaSettings) {
  const store = createMemoryActorStore();
  const time = { ms: Date.UTC(2026, 0, 31, 23, 59, 0) };
  const activate = (settings = defaults) => new VisionQuotaActorLogic(store, settings, () => time.ms);
  return { store, time, activate };
}

test('grants at the rate, books what it granted and takes back what was not used', async () => {
  const { time, activate } = site({ ratePerSecond: 10 });
  const actor = activate();
  time.ms += 400;
  expect(await actor.lease(ASK)).toEqual({ calls: 4 });
  await actor.giveBack({ container: 'photos', transactions: 4 });
  expect((await actor.view()).ledger).toEqual({ month: '2026-01', transactions: 12, byContainer: { photos: 12 } });
});

test('takes back once what is told twice or late, and makes up for what was lost on the way', async () => {
  const { time, activate } = site({ ratePerSecond: 10 });
  const actor = activate();
  time.ms += 1_000;
  const { calls } = await actor.lease(ASK);
  const granted = Number(calls) * 4;
  const tell = async (transactions: number, total: number, by = 'r') => {
    await actor.giveBack({ container: 'photos', transactions, returned: { by, transactions: total } });
    return granted - (await actor.view()).ledger.transactions;
  };
  expect(await tell(4, 4)).toBe(4);
  expect(await tell(4, 4)).toBe(4); // delivered twice
  expect(await tell(4, 12)).toBe(12); // the word before it was lost
  expect(await tell(4, 8)).toBe(12); // and comes late
  expect(await tell(4, 400, 'forgotten')).toBe(16); // how much of that was told before is not known
  expect(await tell(4, 400, 'forgotten')).toBe(16);
  expect(await tell(4, 0, 'begun by an older build')).toBe(16); // a word of that build again: it may have been heard
  expect((await activate().view()).ledger.transactions).toBe(granted - 16);
});

test('a new month begins empty', async () => {
  const { time, activate } = site({ ratePerSecond: 10, monthlyTransactions: 16 });
  const actor = activate();
  time.ms += 1_000;
  expect(await actor.lease(ASK)).toEqual({ calls: 4 });
  expect(await actor.lease(ASK)).toEqual({ calls: 0, limit: 'month' });
  time.ms += 60_000;
  expect((await actor.lease(ASK)).calls).toBe(4);
  expect((await actor.view()).ledger).toMatchObject({ month: '2026-02', transactions: 16 });
});

test('what was not set follows the configuration; what was set outlives a move', async () => {
  const { time, activate } = site({ ratePerSecond: 10 });
  const actor = activate();
  time.ms += 1_000;
  await actor.lease(ASK);
  expect((await activate({ ratePerSecond: 20 }).view()).settings).toEqual({ ratePerSecond: 20 });
  await actor.configure({ monthlyTransactions: 99, weights: { r: 2 } });
  await actor.configure({ ratePerSecond: null });
  expect((await activate({ ratePerSecond: 20 }).view()).settings).toEqual({
    monthlyTransactions: 99,
    weights: { r: 2 },
  });
});

test('a 429 holds everybody back, and is shown', async () => {
  const { time, activate } = site({ ratePerSecond: 10 });
  const actor = activate();
  await actor.throttled({ retryAfterMs: 2_000 });
  time.ms += 1_999;
  expect(await actor.lease(ASK)).toMatchObject({ calls: 0, limit: 'paused' });
  expect(await actor.view()).toMatchObject({ pausedUntil: '2026-01-31T23:59:02.000Z', factor: expect.closeTo(0.74) });
  time.ms += 1;
  expect((await actor.lease(ASK)).calls).toBeGreaterThan(0);
  expect(await actor.view()).not.toHaveProperty('pausedUntil');
});

test('a Retry-After outlives a move, in one write for many 429s of a moment', async () => {
  const { store, time, activate } = site({ ratePerSecond: 10 });
  const actor = activate();
  await actor.throttled({ retryAfterMs: 3_000 });
  const { writes } = store;
  for (const laterMs of [10, 20, 30]) {
    time.ms += laterMs;
    await actor.throttled({ retryAfterMs: 2_900 });
  }
  expect(store.writes).toBe(writes);
  const moved = activate();
  time.ms += 2_500;
  expect(await moved.lease(ASK)).toMatchObject({ calls: 0, limit: 'paused' });
  expect(await moved.view()).toMatchObject({ pausedUntil: '2026-01-31T23:59:03.000Z' });
  time.ms += 1_000;
  expect((await moved.lease(ASK)).calls).toBeGreaterThan(0);
});

test('after a move in the middle of the work nothing is granted until everybody could tell of a Retry-After', async () => {
  const { time, activate } = site({ ratePerSecond: 10 });
  const actor = activate();
  time.ms += 400;
  await actor.lease(ASK);
  const moved = activate();
  time.ms += SETTLE_MS - 1;
  expect(await moved.lease(ASK)).toEqual({ calls: 0 });
  await moved.throttled({ retryAfterMs: 2_000 });
  time.ms += 1_000;
  expect(await moved.lease(ASK)).toMatchObject({ calls: 0, limit: 'paused' });
  time.ms += 60_000;
  const rested = activate(); // nobody has called for a minute
  time.ms += 200;
  expect((await rested.lease(ASK)).calls).toBeGreaterThan(0);
});

test('what the store did not take was not granted', async () => {
  const { store, time, activate } = site({ ratePerSecond: 10 });
  const actor = activate();
  time.ms += 400;
  store.failNext(1);
  await expect(actor.lease(ASK)).rejects.toThrow('the store did not answer');
  expect(await actor.lease(ASK)).toEqual({ calls: 4 });
});

describe('where nothing limits it', () => {
  const made = (transactions: number, session = 's1') => ({ ...ASK, made: { session, transactions } });

  test('what was made is booked afterwards, once however often it is told, and outlives a move', async () => {
    const { store, activate } = site({});
    const actor = activate();
    expect(await actor.lease(made(8))).toEqual({ calls: 'unlimited' });
    await actor.lease(made(8));
    await actor.lease(made(20));
    await activate().lease(made(20));
    await actor.lease({ ...made(4, 's2'), container: 'other' });
    expect((await actor.view()).ledger).toMatchObject({ transactions: 24, byContainer: { photos: 20, other: 4 } });
    const { writes } = store;
    await actor.lease(made(20));
    expect(store.writes).toBe(writes);
  });

  test('a cap that is set later counts it', async () => {
    const actor = site({}).activate();
    await actor.lease(made(96));
    await actor.configure({ monthlyTransactions: 104 });
    expect(await actor.lease(made(96))).toEqual({ calls: 2 });
    expect(await actor.lease(made(96))).toEqual({ calls: 0, limit: 'month' });
  });

  test('what could not be booked is booked when it is told again', async () => {
    const { store, activate } = site({});
    const actor = activate();
    store.failNext(1);
    await expect(actor.lease(made(8))).rejects.toThrow('the store did not answer');
    await actor.lease(made(8));
    expect((await actor.view()).ledger.transactions).toBe(8);
  });

  test('whoever has a limit of its own is granted a number, and it is booked', async () => {
    const actor = site({}).activate();
    expect(await actor.lease({ ...ASK, want: 3, counted: true })).toEqual({ calls: 3 });
    expect((await actor.view()).ledger.transactions).toBe(12);
  });

  test('a month that ends in between takes what came after', async () => {
    const { time, activate } = site({});
    const actor = activate();
    await actor.lease(made(8));
    time.ms += 60_000;
    await actor.lease(made(12));
    expect((await actor.view()).ledger).toMatchObject({ month: '2026-02', transactions: 4 });
  });
});

describe('samples that nobody approved', () => {
  const sample = (most: number, { runId = 's1', want = 3, returned = 0 } = {}) => ({
    ...{ ...ASK, runId, want, counted: true as const, sample: { most, returned } },
  });

  test('count together, outlive a move, and leave the runs alone', async () => {
    const { time, activate } = site({});
    expect(await activate().lease(sample(20))).toEqual({ calls: 3 });
    const moved = activate();
    time.ms += SETTLE_MS;
    expect(await moved.lease(sample(20, { runId: 's2' }))).toEqual({ calls: 2 });
    expect(await moved.lease(sample(20, { runId: 's3' }))).toEqual({ calls: 0, limit: 'samples' });
    expect(await moved.lease(ASK)).toEqual({ calls: 'unlimited' });
    expect((await moved.view()).sampled).toBe(20);
  });

  test('are held to the amount when many ask at once', async () => {
    const actor = createMemoryActors(() => Date.UTC(2026, 0, 31)).quota();
    const grants = await Promise.all(
      Array.from({ length: 10 }, (_, n) => actor.lease(sample(20, { runId: `s${n}`, want: 1 }))),
    );
    expect(grants.filter(({ calls }) => calls === 1)).toHaveLength(5);
    expect(grants.at(-1)).toEqual({ calls: 0, limit: 'samples' });
    expect(await actor.lease(ASK)).toEqual({ calls: 'unlimited' });
    expect(await actor.view()).toMatchObject({ sampled: 20, ledger: { transactions: 20 } });
  });

  test('give back once, however often it is told, to the month too', async () => {
    const { store, activate } = site({});
    const actor = activate();
    await actor.lease(sample(20));
    for (let n = 0; n < 3; n += 1) await actor.giveBack({ container: 'photos', transactions: 8, sample: 's1' });
    await actor.giveBack({ container: 'photos', transactions: 4, sample: 's1' }); // it was late
    expect(await actor.view()).toMatchObject({ sampled: 4, ledger: { transactions: 4, byContainer: { photos: 4 } } });
    const { writes } = store;
    await actor.giveBack({ container: 'photos', transactions: 8, sample: 's1' });
    await actor.giveBack({ container: 'photos', transactions: 8, sample: 'unknown' });
    expect(store.writes).toBe(writes);
  });

  test('what the store did not take was not granted', async () => {
    const { store, activate } = site({});
    const actor = activate();
    store.failNext(1);
    await expect(actor.lease(sample(4, { want: 1 }))).rejects.toThrow('the store did not answer');
    expect(await actor.lease(sample(4, { want: 1 }))).toEqual({ calls: 1 });
  });
});

test.each([-3_600_000, 3_600_000])('a wall clock that is set by %d ms neither starves nor floods', async (step) => {
  const wall = { ms: Date.UTC(2026, 0, 15) };
  const monotonic = { ms: 0 };
  const store = createMemoryActorStore();
  const settings = { ratePerSecond: 10 };
  const actor = new VisionQuotaActorLogic(
    store,
    settings,
    () => wall.ms,
    () => monotonic.ms,
  );
  await actor.throttled({ retryAfterMs: 2_000 });
  wall.ms += step;
  monotonic.ms += 1_999;
  expect(await actor.lease(ASK)).toMatchObject({ calls: 0, limit: 'paused' });
  expect((await actor.view()).pausedUntil).toBe(new Date(wall.ms + 1).toISOString());
  monotonic.ms += 1;
  expect((await actor.lease(ASK)).calls).toBeGreaterThan(0);
});
