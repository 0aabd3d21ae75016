/**
 * The guarantee: an event whose publish was answered reaches every consumer group, whatever is killed between publish and
 * delivery; what comes twice carries the same id.
 *
 * Two groups, each with its own component, daprd and app. Events are published through the first one's daprd (again, with
 * the same id, when the answer was lost) while component, daprd and app of both are killed at moments that the seed decides.
 *
 *   PUBSUB_SEEDS=1,2,3   seeds instead of the one of every run      PUBSUB_EVENTS=1000   PUBSUB_KILLS=18
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type StorageAccount, startStorageAccount } from '../../contract/pubsub/storage-account';
import { eventually } from '../framework/eventually';
import { type ConsumerGroup, startConsumerGroup, type Target } from './consumer-group';
import { seeded } from './random';

const SEEDS = (process.env.PUBSUB_SEEDS ?? '7').split(',').map(Number);
const EVENTS = Number(process.env.PUBSUB_EVENTS ?? 300);
const KILLS = Number(process.env.PUBSUB_KILLS ?? 6);
const PUBLISHERS = 4;
const TARGETS: readonly Target[] = ['component', 'daprd', 'app'];

describe.each(SEEDS)('two consumer groups under kill -9, seed %i', (seed) => {
  let account: StorageAccount;
  const groups: ConsumerGroup[] = [];

  beforeAll(async () => {
    account = await startStorageAccount();
    const { connectionString } = account;
    const subscriptions = [{ topic: 'kill.events', route: '/events' }];
    for (const name of ['first', 'second']) {
      groups.push(await startConsumerGroup({ name: `${name}-${seed}`, connectionString, subscriptions }));
    }
  });

  afterAll(async () => {
    await Promise.all(groups.map((group) => group.stop()));
    await account?.stop();
  });

  test(`none of ${EVENTS} events is lost over ${KILLS} kills`, async () => {
    const random = seeded(seed);
    const ids = Array.from({ length: EVENTS }, (_, index) => `event-${seed}-${index}`);
    let published = 0;
    let repeatedPublishes = 0;
    const [publishing] = groups;
    if (!publishing) throw new Error('There is no group.');

    async function publish(id: string, index: number): Promise<void> {
      // One in twenty is too large for a queue message.
      const padding = index % 20 === 0 ? 'x'.repeat(60_000) : '';
      const event = { specversion: '1.0', id, type: 'kill.test', source: 'test', data: { index, padding } };
      for (;;) {
        const answer = publishing?.sidecar.publish(
          'kill.events',
          JSON.stringify(event),
          'application/cloudevents+json',
        );
        const isTaken = await answer?.then(({ ok }) => ok).catch(() => false);
        if (isTaken) break;
        repeatedPublishes += 1;
        await pause(100);
      }
      published += 1;
    }

    async function publishAll(): Promise<void> {
      const rest = ids.entries();
      const worker = async () => {
        for (const [index, id] of rest) {
          await publish(id, index);
          await pause(random() * 20);
        }
      };
      await Promise.all(Array.from({ length: PUBLISHERS }, worker));
    }

    // Each group meets each target, in an order of the seed; one kill for each share of the events.
    const plan = Array.from({ length: KILLS }, (_, index) => ({
      group: groups[index % 2],
      target: TARGETS[Math.floor(index / 2) % TARGETS.length] as Target,
      when: Math.floor(((index + random()) * EVENTS) / KILLS),
    }));
    async function killAll(): Promise<void> {
      for (const { group, target, when } of plan) {
        while (published < when) await pause(5);
        await pause(random() * 50);
        await group?.kill(target);
      }
    }

    await Promise.all([publishAll(), killAll()]);
    for (const group of groups) {
      await eventually(() => new Set(group.handled()).size === ids.length, {
        what: `group ${group.name} handles every event`,
        timeoutMs: 60_000,
      }).catch((error: unknown) => {
        throw new Error(`${error}\n${group.sidecar.logs().slice(-4_000)}`);
      });
      expect(new Set(group.handled())).toEqual(new Set(ids));
    }
    const twice = groups.map((group) => group.handled().length - ids.length);
    process.stdout.write(
      `seed ${seed}: ${EVENTS} events, ${KILLS} kills, ${repeatedPublishes} publishes repeated, duplicates ${twice.join(' and ')}\n`,
    );
  });
});
