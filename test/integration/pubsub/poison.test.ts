/**
 * The guarantee: an event that a group cannot handle is parked after its number of deliveries, blocks nobody, is lost to
 * nobody, and goes back when a person says so. The other group never notices.
 */
import { runUpkeep } from '../../contract/pubsub/component-process';
import { type StorageAccount, startStorageAccount } from '../../contract/pubsub/storage-account';
import { eventually } from '../framework/eventually';
import { type ConsumerGroup, startConsumerGroup } from './consumer-group';

const TOPIC = 'poison.events';
const MOST_DELIVERIES = 2;

describe('a poisonous event', () => {
  let account: StorageAccount;
  let group: ConsumerGroup;

  beforeAll(async () => {
    account = await startStorageAccount();
    group = await startConsumerGroup({
      name: 'careful',
      connectionString: account.connectionString,
      subscriptions: [{ topic: TOPIC, route: '/events' }],
      metadata: { maxDeliveryCount: String(MOST_DELIVERIES), maxBackoff: '1s' },
    });
  });

  afterAll(async () => {
    await group?.stop();
    await account?.stop();
  });

  const publish = async (id: string, data: object): Promise<void> => {
    const event = { specversion: '1.0', id, type: 'poison.test', source: 'test', data };
    const body = JSON.stringify(event);
    expect((await group.sidecar.publish(TOPIC, body, 'application/cloudevents+json')).status).toBe(204);
  };
  const upkeep = (...words: string[]) => runUpkeep(account.connectionString, ...words);

  test('is parked after its deliveries, lets others pass, and comes back on redrive', async () => {
    await publish('bad', { refused: true, padding: 'x'.repeat(70_000) });
    for (const id of ['good-1', 'good-2']) await publish(id, {});
    await eventually(() => group.handled().length === 2, { what: 'the others pass' });
    await eventually(async () => (await upkeep('groups')).endsWith(`${TOPIC} · careful: 0 waiting, 1 parked`), {
      what: 'the event is parked',
    });
    expect(group.refusals('bad')).toBe(MOST_DELIVERIES);

    expect(await upkeep('redrive', '--topic', TOPIC, '--group', 'careful')).toBe('1 put back');
    await eventually(() => group.refusals('bad') === 2 * MOST_DELIVERIES, { what: 'it is delivered again, whole' });
    await eventually(async () => (await upkeep('groups')).endsWith('0 waiting, 1 parked'), {
      what: 'it is parked again',
    });
  });

  test('waits for the first group when it is published before there is one', async () => {
    const early = { specversion: '1.0', id: 'early', type: 'poison.test', source: 'test', data: {} };
    const body = JSON.stringify(early);
    expect((await group.sidecar.publish('late.events', body, 'application/cloudevents+json')).status).toBe(204);
    const late = await startConsumerGroup({
      name: 'late',
      connectionString: account.connectionString,
      subscriptions: [{ topic: 'late.events', route: '/events' }],
    });
    try {
      await eventually(() => late.handled().includes('early'), { what: 'the first group gets it' });
    } finally {
      await late.stop();
    }
  });

  test('is kept for a group while none of its processes is alive', async () => {
    const away = await startConsumerGroup({
      name: 'away',
      connectionString: account.connectionString,
      subscriptions: [{ topic: TOPIC, route: '/events' }],
    });
    // The sidecar is ready before its subscription is: the group exists from the moment the component has registered it.
    await eventually(async () => (await upkeep('groups')).includes(`${TOPIC} · away: 0 waiting`), {
      what: 'the group is registered',
    });
    await away.stop();
    await publish('meanwhile', {});
    expect(await upkeep('groups')).toContain(`${TOPIC} · away: 1 waiting, 0 parked`);
    expect(await upkeep('forget', '--topic', TOPIC, '--group', 'away')).toBe('forgotten');
    expect(await upkeep('groups')).not.toContain('away');
  });

  test('is refused at its publish when it is larger than daprd can deliver', async () => {
    const body = JSON.stringify({
      specversion: '1.0',
      id: 'huge',
      type: 't',
      source: 's',
      data: 'x'.repeat(4_200_000),
    });
    const refused = await group.sidecar.publish(TOPIC, body, 'application/cloudevents+json');
    expect(refused.ok).toBe(false);
    expect(await refused.text()).toContain('daprd delivers at most');
    await publish('after-the-huge', { padding: 'x'.repeat(4_000_000) });
    await eventually(() => group.handled().includes('after-the-huge'), { what: 'the subscription goes on' });
  });

  test('storage that freezes ends no subscription', async () => {
    account.freeze();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    account.thaw();
    await publish('after-the-frost', {});
    await eventually(() => group.handled().includes('after-the-frost'), { what: 'events flow again' });
  });
});
