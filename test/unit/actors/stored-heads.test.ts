import { ContainerActorLogic } from '../../../src/actors/container/container-actor';
import { VisionQuotaActorLogic } from '../../../src/actors/quota/vision-quota-actor';
import stored from '../domain/stored-records-1.json';
import { createMemoryActorStore } from './memory-actors';

/** Actors over what build 12f19b7 has stored, which knew no versions of shapes. */
async function storeWith(head: object) {
  const store = createMemoryActorStore();
  await store.write({ head });
  return store;
}

test('a container of an older build is opened with its run, and written with the version of its shape', async () => {
  const { activeRun = '', version } = stored.containers.paused;
  const store = await storeWith(stored.containers.paused);
  const actor = new ContainerActorLogic(store);
  expect(await actor.beginRun({ runId: 'another' })).toEqual({ begun: false, activeRun });
  expect(await store.read('head')).toEqual(stored.containers.paused);

  await actor.endRun({ runId: activeRun });
  expect(await store.read('head')).toEqual({ version: version + 1, lastRun: activeRun, schema: 1 });
  expect(await new ContainerActorLogic(store).summary()).toEqual({ counters: {}, lastRun: activeRun });
});

test('a quota of an older build is opened with its rate and its month, and written with the version of its shape', async () => {
  const { quota } = stored;
  const store = await storeWith(quota);
  const actor = new VisionQuotaActorLogic(store, {}, () => quota.writtenAtMs);
  expect(await actor.view()).toMatchObject({ settings: quota.changed, ledger: quota.ledger, sampled: 0 });

  await actor.giveBack({ container: 'paused', transactions: 4 });
  expect(await store.read('head')).toMatchObject({
    ...{ schema: 1, version: quota.version + 1, changed: quota.changed, made: quota.made },
    ledger: { ...quota.ledger, transactions: 108, byContainer: { finished: 48, paused: 60 } },
  });
});

test('a quota of an older build takes back from a run that gave back before no more than is new', async () => {
  const { quota } = stored;
  const actor = new VisionQuotaActorLogic(await storeWith(quota), {}, () => quota.writtenAtMs);
  const returned = { by: 'a'.repeat(32), transactions: 40 };
  for (const _ of [1, 2]) await actor.giveBack({ container: 'paused', transactions: 4, returned });
  expect((await actor.view()).ledger.transactions).toBe(quota.ledger.transactions - 4);
});

test('the state of a newer build is refused before anything is written', async () => {
  const container = await storeWith({ version: 1, schema: 2 });
  const refused = { code: 'internal', message: expect.stringContaining('at least as new') };
  await expect(new ContainerActorLogic(container).beginRun({ runId: 'one' })).rejects.toMatchObject(refused);
  const quota = await storeWith({ version: 1, schema: 2 });
  await expect(new VisionQuotaActorLogic(quota, {}, () => 0).view()).rejects.toMatchObject(refused);
  expect([container.writes, quota.writes]).toEqual([1, 1]);
});
