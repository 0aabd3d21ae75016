import { CallGrants } from '../../../../src/actors/run/grants';
import { type Heard, newlyReturned } from '../../../../src/domain/money/unbooked-calls';
import type { LeaseGrant, LeaseRequest, Unused } from '../../../../src/domain/quota/quota';
import { controlOf } from '../../../../src/domain/run/facts';
import { enterPhase, newRun, type RunState } from '../../../../src/domain/run/run-state';

const AT = '2026-01-01T00:00:00.000Z';
const EACH = 4;

/** Grants of one run; `said` is what happened, in order. */
function grants(maxTransactions: number | undefined, answer: LeaseGrant = { calls: 'unlimited' }) {
  const time = { wallMs: Date.parse(AT), monotonicMs: 0 };
  const said: string[] = [];
  const asked: LeaseRequest[] = [];
  const request = { id: 'a'.repeat(32), container: 'photos', prefix: '', features: [], confirmShrink: false };
  const run = newRun({ ...request, startedAt: AT, ...(maxTransactions !== undefined && { maxTransactions }) });
  const stored = { state: enterPhase(run, 'analyze', AT) };
  const commit = async (state: RunState) => {
    said.push('commit');
    stored.state = { ...state, version: state.version + 1 };
    return stored.state;
  };
  let heard: Heard = {};
  /** As the quota takes it: what is told again is no news. */
  const quota = {
    lease: async (lease: LeaseRequest) => {
      said.push('lease');
      asked.push(lease);
      return answer.calls === 'unlimited' && lease.counted ? { ...answer, calls: lease.want } : answer;
    },
    giveBack: async ({ transactions, returned = { by: 'nobody', transactions: 0 } }: Unused) => {
      const news = newlyReturned(heard, returned, transactions);
      if (news) said.push(`give back ${news.transactions}`);
      heard = news?.heard ?? heard;
      return { booked: true as const };
    },
  };
  const clock = { nowMs: () => time.wallMs, monotonicMs: () => time.monotonicMs };
  const all = new CallGrants(clock, commit, quota);
  const ask = (want: number) => all.grant(stored.state, { asker: 'one', want, transactionsPerCall: EACH });
  const settle = (seq: number, unused: number) => all.settle(stored.state, { session: 'one', seq, unused }, undefined);
  return { all, time, said, asked, stored, ask, settle };
}

test('without a cap and a limit calls are not counted, and nothing is stored', async () => {
  const { ask, said } = grants(undefined);
  expect(await ask(9)).toEqual({ control: 'run', calls: 'unlimited' });
  expect(said).toEqual(['lease']);
});

test('under a cap numbers are granted, reserved before they are answered, and never beyond it', async () => {
  const { ask, said, asked, stored } = grants(10 * EACH);
  expect(await ask(7)).toEqual({ control: 'run', calls: 7 });
  expect(await ask(7)).toEqual({ control: 'run', calls: 3 });
  expect(stored.state.budget?.reserved).toBe(10 * EACH);
  expect(asked.map(({ want, counted }) => [want, counted])).toEqual([
    [7, true],
    [3, true],
  ]);
  expect(said).toEqual(['lease', 'commit', 'lease', 'commit']);
});

test('a cap that is reached stops the run once what was granted had the time to come back', async () => {
  const { ask, time, stored } = grants(2 * EACH);
  await ask(2);
  time.monotonicMs += 2_500;
  expect(await ask(1)).toEqual({ control: 'run', calls: 0 });
  time.monotonicMs += 1;
  expect(await ask(0)).toEqual({ control: 'run', calls: 0 }); // it wants none
  expect(await ask(1)).toEqual({ control: 'budget', calls: 0 });
  expect(stored.state.hold).toEqual({ by: 'budget', since: AT, reason: expect.stringContaining('cap of 8') });
});

test('what comes back is stored before the quota hears of it, once', async () => {
  const { ask, settle, said, stored } = grants(10 * EACH);
  await ask(5);
  said.length = 0;
  await settle(1, 2 * EACH);
  await settle(1, 2 * EACH); // the report arrives twice
  await settle(2, 0);
  expect(said).toEqual(['commit', `give back ${2 * EACH}`]);
  expect(stored.state.budget?.reserved).toBe(3 * EACH);
});

test('calls that were made without grants are counted once', async () => {
  const { all, stored, said } = grants(undefined);
  const report = { session: 'one', seq: 1, unused: 0 };
  await all.settle(stored.state, report, { session: 'one', transactions: 8 });
  await all.settle(stored.state, report, { session: 'one', transactions: 8 });
  await all.settle(stored.state, report, { session: 'one', transactions: 12 });
  expect([stored.state.budget?.reserved, said]).toEqual([12, ['commit', 'commit']]);
});

test.each<[string, LeaseGrant, string, string]>([
  ['the month is used up', { calls: 0, limit: 'month' }, 'budget', 'used up'],
  ['Vision asked for a long wait', { calls: 0, limit: 'paused', pausedForMs: 60_001 }, 'throttled', ''],
])('%s: the run stops, but not for who wants nothing', async (_, answer, control, reason) => {
  const { ask, stored } = grants(undefined, answer);
  expect(await ask(0)).toMatchObject({ control: 'run', calls: 0, limit: expect.any(String) });
  expect(await ask(1)).toEqual({ control, calls: 0 });
  expect([controlOf(stored.state), stored.state.hold?.reason ?? '']).toEqual([
    control,
    expect.stringContaining(reason),
  ]);
});

test('a short wait of Vision holds calls back and no run', async () => {
  const { ask, said } = grants(undefined, { calls: 0, limit: 'paused', pausedForMs: 60_000 });
  expect(await ask(3)).toEqual({ control: 'run', calls: 0, limit: 'Vision asked to wait: its rate limit is reached.' });
  expect(said).toEqual(['lease']);
});

test('without a quota a cap still counts', async () => {
  const { stored } = grants(3 * EACH);
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  const alone = new CallGrants(clock, async (state) => state);
  const ask = { asker: 'one', want: 5, transactionsPerCall: EACH };
  expect(await alone.grant(stored.state, ask)).toEqual({ control: 'run', calls: 3 });
});
