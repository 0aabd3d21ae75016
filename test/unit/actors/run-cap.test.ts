import fc from 'fast-check';
import { RunActorLogic } from '../../../src/actors/run/run-actor';
import { VisionQuotaActorLogic } from '../../../src/actors/quota/vision-quota-actor';
import type { QuotaSettings } from '../../../src/domain/quota/quota';
import { NO_LISTING } from '../../../src/domain/money/quote';
import { createMemoryActorStore } from './memory-actors';

const RUN_ID = 'a'.repeat(32);
const EACH = 4;

/** A run with a cap, and the quota it shares; every process of it reports as a session. */
async function running(maxTransactions: number | undefined, settings: QuotaSettings = {}) {
  const time = { ms: Date.UTC(2026, 0, 1) };
  const now = () => time.ms;
  const quotaStore = createMemoryActorStore();
  let quota = new VisionQuotaActorLogic(quotaStore, settings, now);
  const way = { giveBack: (input: Parameters<typeof quota.giveBack>[0]) => quota.giveBack(input) };
  const store = createMemoryActorStore();
  const activate = () => {
    return new RunActorLogic(store, now, {
      lease: (input) => quota.lease(input),
      giveBack: (input) => way.giveBack(input),
    });
  };
  const moveQuota = () => {
    quota = new VisionQuotaActorLogic(quotaStore, settings, now);
  };
  const actor = activate();
  await actor.begin({
    ...{ id: RUN_ID, container: 'photos', prefix: '', features: [], confirmShrink: false },
    startedAt: '2026-01-01T00:00:00.000Z',
    ...(maxTransactions !== undefined && { maxTransactions }),
  });
  await actor.setPhase({ phase: 'analyze' });
  let seq = 0;
  const report = (want: number, unused = 0, session = 'one') =>
    actor.report({ chunks: [], session, seq: seq++, want, unused, transactionsPerCall: EACH });
  const tell = (calls: number, session = 'one') =>
    actor.report({ chunks: [], session, seq: seq++, want: 9, made: calls * EACH, transactionsPerCall: EACH });
  const booked = async () => (await quota.view()).ledger.transactions;
  return { time, actor, activate, quota, way, store, moveQuota, report, tell, booked, repeat: () => (seq -= 1) };
}

describe('a wait that Vision asked for', () => {
  const HOUR_MS = 3_600_000;

  test('of up to a minute holds calls back and no run', async () => {
    const { quota, report } = await running(undefined);
    await quota.throttled({ retryAfterMs: 60_000 });
    expect(await report(5)).toMatchObject({ control: 'run', calls: 0 });
  });

  test('for longer stops the run until then, over a move of its keeper, and it goes on by itself', async () => {
    const { time, actor, activate, quota, moveQuota, report } = await running(undefined);
    await quota.throttled({ retryAfterMs: 2 * HOUR_MS });
    expect(await report(5)).toMatchObject({ control: 'throttled', calls: 0 });
    expect(await actor.paused()).toEqual({ control: 'throttled', waitMs: 2 * HOUR_MS });
    const { run } = await actor.view();
    expect([run?.status, run?.waiting]).toEqual(['Running', expect.stringContaining('until 2026-01-01T02:00:00.000Z')]);
    expect(run?.waitingCode).toBe('vision');
    time.ms += HOUR_MS;
    expect(await activate().paused()).toEqual({ control: 'throttled', waitMs: HOUR_MS });
    await actor.command({ verb: 'resume' });
    moveQuota();
    expect(await report(5)).toMatchObject({ control: 'throttled', calls: 0 }); // Vision still wants it to wait
    time.ms += HOUR_MS;
    expect(await actor.paused()).toEqual({ control: 'run' });
    expect((await actor.view()).run?.waiting).toBeUndefined();
    expect(await report(5)).toMatchObject({ control: 'run', calls: 'unlimited' });
  });

  test('is no word about a run that came to its end meanwhile', async () => {
    const { actor, quota, report } = await running(undefined);
    await quota.throttled({ retryAfterMs: 2 * HOUR_MS });
    expect(await report(5)).toMatchObject({ control: 'throttled' }); // its last calls were under way
    await actor.setPhase({ phase: 'finish' });
    expect((await actor.view()).run?.waiting).toBeUndefined();
    expect(await report(5)).toMatchObject({ control: 'run', calls: 0 });
    const { run } = await actor.end({});
    expect([run.status, run.waiting]).toEqual(['Completed', undefined]);
  });

  test('is ended early by whoever knows better', async () => {
    const { actor, quota, report } = await running(undefined);
    await quota.throttled({ retryAfterMs: 2 * HOUR_MS });
    await report(5);
    expect((await quota.configure({ pausedUntil: null })).pausedUntil).toBeUndefined();
    await actor.command({ verb: 'resume' });
    expect(await report(5)).toMatchObject({ control: 'run', calls: 'unlimited' });
  });

  test('does not keep a run from being paused or cancelled', async () => {
    const { actor, quota, report } = await running(undefined);
    await quota.throttled({ retryAfterMs: 2 * HOUR_MS });
    await report(5);
    await actor.paused();
    expect((await actor.command({ verb: 'pause' })).run.status).toBe('Paused');
    expect((await actor.command({ verb: 'cancel' })).run.status).toBe('Cancelling');
    expect((await actor.paused()).control).toBe('cancel');
  });
});

describe('a cap', () => {
  test('is granted once, and stops the run when what was granted has had the time to come back', async () => {
    const { time, actor, report } = await running(25 * EACH);
    await actor.pageListed({ page: 0, counts: { ...NO_LISTING, total: 60, new: 60 }, settled: 20 });
    expect(await report(60)).toMatchObject({ control: 'run', calls: 25 });
    expect((await actor.view()).run?.failureGroups).toEqual([]);
    expect(await report(35)).toMatchObject({ control: 'run', calls: 0 });
    time.ms += 3_000;
    expect(await report(35)).toMatchObject({ control: 'budget', calls: 0 });
    expect((await actor.paused()).control).toBe('budget');
    const { run } = await actor.view();
    expect([run?.status, run?.reason]).toEqual(['StoppedAtBudget', expect.stringContaining('100 transactions')]);
    const left = { reason: 'budget', code: 'budget', stage: 'quota', count: 40, retryable: true };
    expect(run?.failureGroups).toEqual([left]); // which images they are is not known here: no sample
    await actor.command({ verb: 'resume', maxTransactions: 200 });
    expect((await actor.view()).run?.failureGroups).toEqual([]);
  });

  test('waits for what was granted before the actor has moved', async () => {
    const { time, activate, report } = await running(25 * EACH);
    expect((await report(25)).calls).toBe(25);
    const moved = activate();
    const ask = (seq: number, unused: number) =>
      moved.report({ chunks: [], session: 'one', seq, want: 5, unused, transactionsPerCall: EACH });
    expect(await ask(1, 0)).toMatchObject({ control: 'run', calls: 0 });
    time.ms += 1_000;
    expect(await ask(2, 2)).toMatchObject({ control: 'run', calls: 2 });
    time.ms += 3_000;
    expect(await ask(3, 0)).toMatchObject({ control: 'budget', calls: 0 });
  });

  test('goes on where it is raised, and grants no more than the difference', async () => {
    const { time, actor, report } = await running(25 * EACH);
    await report(60);
    time.ms += 3_000;
    await report(35);
    await actor.paused();
    const { accepted, run, wake } = await actor.command({ verb: 'resume', maxTransactions: 40 * EACH });
    expect([accepted, wake, run.status, run.maxTransactions, run.reason]).toEqual([
      true,
      true,
      'Running',
      160,
      undefined,
    ]);
    expect(await report(35)).toMatchObject({ control: 'run', calls: 15 });
  });

  test('can be changed while the run goes on, and without a new one resume changes nothing', async () => {
    const { actor, report } = await running(EACH);
    expect((await report(2)).calls).toBe(1);
    expect((await actor.command({ verb: 'resume', maxTransactions: 3 * EACH })).run.status).toBe('Running');
    expect((await report(9)).calls).toBe(2);
    const { run } = await actor.command({ verb: 'resume' });
    expect(run.maxTransactions).toBe(3 * EACH);
  });

  test.each([
    ['the rate limits it', { ratePerSecond: 20 }],
    ['a month limits it', { monthlyTransactions: 1_000 }],
  ])('that is set later holds for what was spent without one, where %s', async (_, settings) => {
    const { time, actor, report } = await running(undefined, settings);
    time.ms += 1_000;
    expect((await report(8)).calls).toBe(8);
    await actor.command({ verb: 'resume', maxTransactions: 9 * EACH });
    await report(0, 2); // of what was granted before there was a cap
    time.ms += 1_000;
    expect((await report(9)).calls).toBe(3);
  });

  test('that is set later holds for what was made while nothing limited it', async () => {
    const { time, actor, report, tell } = await running(undefined);
    await tell(6);
    await tell(2, 'two');
    await tell(2, 'two');
    await actor.command({ verb: 'resume', maxTransactions: 9 * EACH });
    expect((await report(5)).calls).toBe(1);
    time.ms += 3_000;
    expect(await report(5)).toMatchObject({ control: 'budget', calls: 0 });
  });

  test('gets back what was not used, once, and the month too', async () => {
    const { report, booked, repeat } = await running(10 * EACH, { monthlyTransactions: 1_000 });
    expect((await report(10)).calls).toBe(10);
    expect(await booked()).toBe(40);
    expect((await report(0, 3)).calls).toBe(0);
    repeat();
    await report(0, 3);
    expect(await booked()).toBe(28);
    expect((await report(9)).calls).toBe(3);
  });

  test.each(['before', 'after'])(
    'gives back to the month what it was told %s the word was lost, once',
    async (when) => {
      const { quota, report, booked, repeat, way } = await running(10 * EACH, { monthlyTransactions: 1_000 });
      const pass = way.giveBack;
      const lose = async (input: Parameters<typeof quota.giveBack>[0]) => {
        way.giveBack = pass;
        if (when === 'after') await quota.giveBack(input);
        throw new Error('The answer was lost.');
      };
      await report(10);
      way.giveBack = lose;
      await expect(report(0, 3)).rejects.toThrow('The answer was lost.');
      repeat();
      await report(0, 3);
      expect(await booked()).toBe(7 * EACH);
      way.giveBack = lose;
      await expect(report(0, 2)).rejects.toThrow('The answer was lost.');
      await report(0, 1); // nobody repeats the report: the next one makes up for it
      expect(await booked()).toBe(4 * EACH);
      expect((await report(9)).calls).toBe(6);
    },
  );

  test('of a run that an older build began gives back what is new, once', async () => {
    const { activate, quota, report, booked, store, way } = await running(10 * EACH, { monthlyTransactions: 1_000 });
    const pass = way.giveBack;
    way.giveBack = ({ returned: _, ...input }) => quota.giveBack(input);
    await report(10);
    await report(0, 3);
    const { budget, ...head } = (await store.read('head')) as { budget: { returned?: number } };
    const { returned: _, ...older } = budget;
    await store.write({ head: { ...head, budget: older } });
    way.giveBack = pass;
    const moved = activate();
    const ask = (seq: number, unused: number) =>
      moved.report({ chunks: [], session: 'one', seq, want: 0, unused, transactionsPerCall: EACH });
    await ask(1, 3); // the older build has heard it already
    expect(await booked()).toBe(7 * EACH);
    for (const _ of [1, 2]) await ask(2, 2);
    expect(await booked()).toBe(5 * EACH);
  });

  test.each([undefined, 10 * EACH])('gives back to the month what a paused run had left (cap %p)', async (cap) => {
    const { actor, report, booked, repeat } = await running(cap, { monthlyTransactions: 1_000 });
    await report(10);
    await actor.command({ verb: 'pause' });
    expect(await report(0, 6)).toMatchObject({ control: 'pause', calls: 0 });
    repeat();
    await report(0, 6);
    expect(await booked()).toBe(16);
  });

  test('is never exceeded, whoever asks, gives back, dies or asks twice (I1)', async () => {
    const step = fc.record({
      session: fc.constantFrom('one', 'two', 'three'),
      want: fc.nat(12),
      /** Of the calls it holds: how many it makes, and how many of the rest it gives back. */
      makes: fc.nat(12),
      gives: fc.nat(12),
      twice: fc.boolean(),
      move: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.array(step, { maxLength: 30 }), async (calls, reports) => {
        const { time, activate } = await running(calls * EACH + 3, { ratePerSecond: 20 });
        let actor = activate();
        let made = 0;
        const held: Record<string, number> = {};
        for (const [seq, { session, want, makes, gives, twice, move }] of reports.entries()) {
          if (move) actor = activate();
          time.ms += 300;
          const has = held[session] ?? 0;
          const spent = Math.min(has, makes);
          const unused = Math.min(has - spent, gives);
          made += spent;
          const input = { chunks: [], session, seq, want, unused, transactionsPerCall: EACH };
          const answer = await actor.report(input);
          // An answer that was lost: what it granted is used by nobody.
          const second = twice ? await actor.report(input) : answer;
          held[session] = has - spent - unused + Number(second.calls);
        }
        const outstanding = Object.values(held).reduce((sum, one) => sum + one, 0);
        expect(made + outstanding).toBeLessThanOrEqual(calls);
      }),
      { numRuns: 200 },
    );
  });
});

describe('where no quota limits anything', () => {
  test('the month still counts what each process of a run has made, paused or not', async () => {
    const { actor, tell, booked } = await running(undefined);
    expect(await tell(5)).toMatchObject({ control: 'run', calls: 'unlimited' });
    await tell(5);
    await tell(2, 'two');
    expect(await booked()).toBe(7 * EACH);
    await actor.command({ verb: 'pause' });
    expect(await tell(6)).toMatchObject({ control: 'pause', calls: 0 });
    expect(await booked()).toBe(8 * EACH);
  });

  test('the month counts what a cap has granted, less what was not used', async () => {
    const { report, booked } = await running(10 * EACH);
    expect(await report(4)).toMatchObject({ calls: 4 });
    await report(0, 1);
    expect(await booked()).toBe(3 * EACH);
  });
});
