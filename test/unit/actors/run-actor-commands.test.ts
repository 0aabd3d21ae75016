import { RunActorLogic } from '../../../src/actors/run/run-actor';
import { NO_LISTING, quoteOf } from '../../../src/domain/money/quote';
import type { RunRequest } from '../../../src/domain/run/run';
import { createMemoryActorStore } from './memory-actors';

const PLAN = 'a'.repeat(64);
const REQUEST: RunRequest = {
  ...{ id: '0190'.padEnd(32, '0'), container: 'photos', prefix: '', features: ['Tags'], confirmShrink: false },
  ...{ approval: 'always', startedAt: '2026-01-01T00:00:00.000Z' },
};

async function aRunActor() {
  const clock = { nowMs: Date.UTC(2026, 0, 1) };
  const store = createMemoryActorStore();
  const activate = () => new RunActorLogic(store, () => clock.nowMs);
  const actor = activate();
  await actor.begin(REQUEST);
  return { actor, activate, store, clock };
}

async function asking() {
  const setting = await aRunActor();
  const { actor, clock } = setting;
  const expiresAt = new Date(clock.nowMs + 60_000).toISOString();
  const price = quoteOf({ ...NO_LISTING, total: 3, new: 3 }, 1, { unit: 1, currency: 'EUR' });
  expect(await actor.quote({ quote: { ...price, planHash: PLAN, expiresAt }, mayRemove: true })).toMatchObject({
    needsApproval: true,
  });
  await actor.setPhase({ phase: 'approve' });
  expect(await actor.seekApproval()).toEqual({ control: 'run', waitMs: 60_000 });
  return setting;
}

test('the trail says who said what, and what came of it; a word that changes nothing is not in it', async () => {
  const { actor, activate } = await aRunActor();
  await actor.command({ verb: 'pause', reason: 'lunch', who: 'ann' });
  await actor.command({ verb: 'pause', reason: 'again', who: 'bob' });
  await actor.command({ verb: 'resume', who: 'bob' });
  await actor.command({ verb: 'fail', reason: 'vision-unauthorized: no' });
  expect((await activate().audit()).entries).toMatchObject([
    { who: 'ann', verb: 'pause', reason: 'lunch', from: 'Queued', to: 'Pausing' },
    { who: 'bob', verb: 'resume', to: 'Counting' },
    { who: 'system', verb: 'fail', reason: 'vision-unauthorized: no' },
  ]);
});

test('a resting workflow is woken once a rest, and again only when it has not moved for long', async () => {
  const { actor, clock } = await aRunActor();
  const resume = async () => (await actor.command({ verb: 'resume' })).wake;
  expect((await actor.command({ verb: 'pause' })).wake).toBe(false);
  expect(await resume()).toBe(false); // it never rested
  await actor.command({ verb: 'pause' });
  await actor.paused();
  expect([await resume(), await resume()]).toEqual([true, false]);
  expect((await actor.view()).wake).toBe(true); // what the reconciler sees
  clock.nowMs += 10_000;
  expect(await resume()).toBe(true);
  await actor.paused(); // it heard
  expect([await resume(), (await actor.view()).wake]).toEqual([false, false]);
});

test('an approval of the plan that stands lets the run go on, once', async () => {
  const { actor } = await asking();
  expect(await actor.approve({ planHash: 'b', who: 'ann' })).toMatchObject({ accepted: false, planHash: PLAN });
  const given = await actor.approve({ planHash: PLAN, maxTransactions: 9, who: 'ann' });
  expect(given).toMatchObject({ accepted: true, wake: true, run: { status: 'Running', maxTransactions: 9 } });
  const other = await actor.approve({ planHash: PLAN, maxTransactions: 10, who: 'bob' });
  expect(other).toMatchObject({ accepted: false, isApproved: true, run: { status: 'Running', maxTransactions: 9 } });
  expect(await actor.seekApproval()).toEqual({ control: 'run', waitMs: 0 });
  expect((await actor.audit()).entries).toMatchObject([
    { who: 'ann', verb: 'approve', from: 'AwaitingApproval', maxTransactions: 9 },
  ]);
});

test('the trail names each cap with who set it, and no cap that stood before', async () => {
  const { actor } = await aRunActor();
  await actor.command({ verb: 'resume', who: 'ann', maxTransactions: 40 });
  await actor.command({ verb: 'pause', who: 'bob' });
  await actor.command({ verb: 'resume', who: 'bob', maxTransactions: 40 });
  await actor.command({ verb: 'resume', who: 'cem', maxTransactions: 60 });
  const { entries } = await actor.audit();
  expect(entries.map(({ who, maxTransactions }) => [who, maxTransactions])).toEqual([
    ['ann', 40],
    ['bob', undefined],
    ['bob', undefined],
    ['cem', 60],
  ]);
});

test('a question nobody answers ends the run, and the trail says so', async () => {
  const { actor, clock } = await asking();
  clock.nowMs += 60_000;
  expect(await actor.seekApproval()).toEqual({ control: 'cancel', waitMs: 0 });
  const { run } = await actor.end({});
  expect([run.status, run.reason]).toEqual(['Cancelled', 'approval expired']);
  expect((await actor.audit()).entries).toMatchObject([{ who: 'system', verb: 'expire' }]);
});

test('a run that has ended can be forgotten whole, one that goes on cannot', async () => {
  const { actor, activate, store } = await aRunActor();
  await actor.command({ verb: 'cancel', who: 'ann' });
  expect(await actor.forget()).toEqual({ forgotten: false });
  await actor.end({});
  await actor.retried({ by: 'f'.repeat(32), who: 'ann' });
  expect(await actor.forget()).toEqual({ forgotten: true });
  expect([...store.data.keys()]).toEqual([]);
  expect([await activate().forget(), await activate().view()]).toEqual([{ forgotten: true }, {}]);
});
