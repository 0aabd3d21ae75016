/**
 * One subscriber of a group's queue: takes messages, hands them out one at a time, settles them as they are answered.
 *
 * I1 A message is removed only after its handler said yes. Whatever ends in between, it comes again (at least once).
 * I2 A refused message comes again after a pause that doubles, and is parked at its `maxDeliveryCount`-th refusal.
 * I3 A message that kills its reader is never answered: it is parked unread when it comes once more than that.
 * I4 While a message is held its visibility is renewed, however long a handler takes.
 * I5 `close` gives back what is held at once; nobody waits for a visibility to end.
 * I6 Storage that does not answer never ends a subscription: daprd would not open it again.
 */
import type { Logger } from 'pino';
import { type Envelope, UnreadableMessage } from './envelope';
import { type HeldMessage, holdMessage } from './held-message';
import type { Mailbox } from './mailbox';
import { park } from './poison';
import type { Settings } from './settings';
import { hasCode, reasonOf } from './storage-errors';
import type { Wake } from './wake';

/** Handed to the subscriber; `id` comes back with the answer. */
export interface Delivery extends Envelope {
  readonly id: string;
}

export interface SubscriptionOptions {
  readonly topic: string;
  readonly mailbox: Mailbox;
  readonly poison: Mailbox;
  readonly settings: Pick<
    Settings,
    'pollingIntervalMs' | 'visibilityTimeoutMs' | 'maxDeliveryCount' | 'prefetch' | 'maxBackoffMs'
  >;
  readonly wake: Wake;
  readonly log: Logger;
  readonly deliver: (delivery: Delivery) => void;
}

export interface Subscription {
  /** The answer to a delivery: handled, or refused for a reason. An unknown id is ignored. */
  answer(id: string, refusal: string | undefined): void;
  /** Hands out nothing new; what is with the handler may still be answered. */
  pause(): void;
  resume(): void;
  /** Gives back what is held and resolves when nothing is under way. */
  close(): Promise<void>;
}

type Verdict = { readonly kind: 'handled' | 'closed' } | { readonly kind: 'refused'; readonly reason: string };

const FIRST_BACKOFF_MS = 1_000;
const LONGEST_STORAGE_PAUSE_MS = 5_000;

/** After the n-th refusal (n from 1). */
export function backoffMs(deliveries: number, mostMs: number): number {
  return Math.min(mostMs, FIRST_BACKOFF_MS * 2 ** Math.min(30, Math.max(0, deliveries - 1)));
}

export function startSubscription(options: SubscriptionOptions): Subscription {
  const { topic, mailbox, poison, settings, wake, log, deliver } = options;
  const { queue } = mailbox;
  const closing = new AbortController();
  let flow = new AbortController();
  let failures = 0;
  let waiting: { readonly id: string; readonly decide: (verdict: Verdict) => void } | undefined;
  const settling = new Set<Promise<void>>();

  const isOpen = () => !closing.signal.aborted;
  const isPaused = () => flow.signal.aborted;

  async function run(): Promise<void> {
    while (isOpen()) {
      if (isPaused()) await wake.wait(queue.name, settings.pollingIntervalMs, closing.signal);
      else await turn();
    }
  }

  async function turn(): Promise<void> {
    try {
      const held = await take();
      for (const message of held) await handle(message);
      failures = 0;
      if (held.length === 0) await wake.wait(queue.name, settings.pollingIntervalMs, closing.signal);
    } catch (error) {
      failures += 1; // I6
      log.warn({ event: 'pubsub.storage_failed', queue: queue.name, failures, reason: reasonOf(error) });
      if (hasCode(error, 'QueueNotFound')) await queue.ensure().catch(() => undefined);
      await wake.wait(
        `${queue.name}!`,
        Math.min(LONGEST_STORAGE_PAUSE_MS, 250 * 2 ** Math.min(10, failures)),
        closing.signal,
      );
    }
  }

  async function take(): Promise<HeldMessage[]> {
    const messages = await queue.receive(settings.prefetch, settings.visibilityTimeoutMs);
    return messages.map((message) =>
      holdMessage(queue, message, settings.visibilityTimeoutMs, (error) =>
        log.warn({ event: 'pubsub.renewal_failed', queue: queue.name, reason: reasonOf(error) }),
      ),
    );
  }

  /** Never throws: one message that cannot be settled must not leave the others of its batch unsettled. */
  async function handle(held: HeldMessage): Promise<void> {
    try {
      if (held.isLost()) return;
      if (!isOpen() || isPaused()) return await show(held, 0); // I5
      if (held.deliveries > settings.maxDeliveryCount) {
        return await putAside(held, `not answered in ${settings.maxDeliveryCount} deliveries`); // I3
      }
      const envelope = await mailbox.open(held);
      if (envelope === 'removed') return settleLater(remove(held));
      await settle(held, await ask(held, envelope));
    } catch (error) {
      await recover(held, error);
    }
  }

  async function recover(held: HeldMessage, error: unknown): Promise<void> {
    const reason = reasonOf(error);
    log.warn({ event: 'pubsub.message_failed', queue: queue.name, message: held.messageId, reason });
    const cure =
      error instanceof UnreadableMessage
        ? putAside(held, reason)
        : show(held, backoffMs(held.deliveries, settings.maxBackoffMs));
    // Else its visibility ends by itself.
    await cure.catch(() => undefined);
  }

  function ask(held: HeldMessage, envelope: Envelope): Promise<Verdict> {
    if (!isOpen()) return Promise.resolve({ kind: 'closed' });
    return new Promise((resolve) => {
      // One delivery, one id: a late answer to an earlier delivery of the same message decides nothing.
      const id = `${held.messageId}.${held.deliveries}`;
      waiting = {
        id,
        decide: (verdict) => {
          waiting = undefined;
          resolve(verdict);
        },
      };
      deliver({ ...envelope, id });
    });
  }

  async function settle(held: HeldMessage, verdict: Verdict): Promise<void> {
    switch (verdict.kind) {
      case 'handled':
        return settleLater(remove(held)); // I1
      case 'closed':
        return show(held, 0); // I5
      case 'refused':
        return held.deliveries >= settings.maxDeliveryCount
          ? putAside(held, verdict.reason) // I2
          : show(held, backoffMs(held.deliveries, settings.maxBackoffMs));
    }
  }

  async function remove(held: HeldMessage): Promise<void> {
    if (!(await held.settle((receipt) => mailbox.remove({ ...receipt, text: held.text })))) {
      log.warn({ event: 'pubsub.message_lost', queue: queue.name, message: held.messageId });
    }
  }

  async function show(held: HeldMessage, afterMs: number): Promise<void> {
    await held.settle((receipt) => queue.hide(receipt, afterMs));
  }

  async function putAside(held: HeldMessage, reason: string): Promise<void> {
    if (!(await park({ from: mailbox, to: poison, topic }, held, reason))) return;
    log.warn({
      event: 'pubsub.parked',
      queue: queue.name,
      message: held.messageId,
      deliveries: held.deliveries,
      reason,
    });
  }

  /** The next delivery does not wait for the removal of the last. */
  function settleLater(work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) =>
        log.warn({ event: 'pubsub.remove_failed', queue: queue.name, reason: reasonOf(error) }),
      )
      .finally(() => settling.delete(settled));
    settling.add(settled);
  }

  const running = run();
  return {
    answer(id, refusal) {
      if (waiting?.id !== id) return;
      waiting.decide(refusal === undefined ? { kind: 'handled' } : { kind: 'refused', reason: refusal });
    },
    pause: () => flow.abort(),
    resume: () => {
      flow = new AbortController();
      wake.signal(queue.name);
    },
    async close() {
      closing.abort();
      waiting?.decide({ kind: 'closed' });
      await running;
      await Promise.all(settling);
    },
  };
}
