/**
 * One component as daprd configured it: an account, a group, its subscriptions.
 *
 * I1 A queue exists before its membership, and a membership before `subscribe` resolves: who finds a group finds its queue,
 *    and what is published from then on is kept.
 */
import type { Logger } from 'pino';
import { createPublisher, type Publisher } from './publisher';
import type { Settings } from './settings';
import { openStorage } from './storage';
import type { Delivery } from './pending-delivery';
import { Subscription } from './subscription';
import { createWake, type Wake } from './wake';

export interface Component {
  readonly publish: Publisher['publish'];
  /** @throws when the storage does not answer, or for a name that cannot be remembered (RangeError). */
  subscribe(topic: string, deliver: (delivery: Delivery) => void): Promise<Subscriber>;
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** What a subscriber says to its subscription. */
export type Subscriber = Pick<Subscription, 'answer' | 'close'>;

/** @param wake shared by all components of a process, which may serve one account. */
export async function startComponent(settings: Settings, log: Logger, wake: Wake = createWake()): Promise<Component> {
  const storage = openStorage(settings.identity ?? settings, settings.prefix);
  const publisher = createPublisher(storage, settings, wake);
  const subscriptions = new Set<Subscription>();
  await storage.prepare();

  return {
    publish: publisher.publish,
    async subscribe(topic, deliver) {
      const group = settings.consumerId;
      const mailbox = storage.mailbox('group', topic, group);
      await mailbox.queue.ensure(); // I1
      await storage.groups.register({ topic, group });
      await publisher.adoptWaiting(topic);
      const started = new Subscription({
        topic,
        mailbox,
        poison: storage.mailbox('poison', topic, group),
        settings,
        wake,
        log,
        deliver,
      });
      subscriptions.add(started);
      log.info({ event: 'pubsub.subscribed', topic, group, queue: mailbox.queue.name });
      return {
        answer: (id, refusal) => started.answer(id, refusal),
        async close() {
          subscriptions.delete(started);
          await started.close();
        },
      };
    },
    pause: () => {
      for (const each of subscriptions) each.pause();
    },
    resume: () => {
      for (const each of subscriptions) each.resume();
    },
    async close() {
      await Promise.all([...subscriptions].map((each) => each.close()));
      subscriptions.clear();
    },
  };
}
