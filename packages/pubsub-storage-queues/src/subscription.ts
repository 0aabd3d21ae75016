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
import { type HeldMessage, holdMessage } from './held-message';
import type { Mailbox } from './mailbox';
import { type Delivery, PendingDelivery } from './pending-delivery';
import type { Settings } from './settings';
import { Settlement } from './settlement';
import { hasCode, reasonOf } from './storage-errors';
import type { Wake } from './wake';

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

const LONGEST_STORAGE_PAUSE_MS = 5_000;

export class Subscription {
  private readonly closing = new AbortController();
  private readonly settlement: Settlement;
  private readonly pending: PendingDelivery;
  private readonly running: Promise<void>;
  private isPaused = false;
  private failures = 0;

  /** It begins to take messages at once. */
  constructor(private readonly options: SubscriptionOptions) {
    this.settlement = new Settlement(options);
    this.pending = new PendingDelivery(options.deliver);
    this.running = this.run();
  }

  /** The answer to a delivery: handled, or refused for a reason. An unknown id is ignored. */
  answer(id: string, refusal: string | undefined): void {
    this.pending.answer(id, refusal);
  }

  /** Hands out nothing new; what is with the handler may still be answered. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.options.wake.signal(this.queue.name);
  }

  /** Gives back what is held and resolves when nothing is under way. */
  async close(): Promise<void> {
    this.closing.abort();
    this.pending.close();
    await this.running;
    await this.settlement.drained();
  }

  private get queue() {
    return this.options.mailbox.queue;
  }

  private get isOpen(): boolean {
    return !this.closing.signal.aborted;
  }

  private async run(): Promise<void> {
    while (this.isOpen) {
      if (this.isPaused) await this.waitForMessages();
      else await this.turn();
    }
  }

  private async turn(): Promise<void> {
    try {
      const held = await this.take();
      for (const message of held) await this.handle(message);
      this.failures = 0;
      if (held.length === 0) await this.waitForMessages();
    } catch (error) {
      await this.waitForStorage(error); // I6
    }
  }

  private async take(): Promise<HeldMessage[]> {
    const { settings, log } = this.options;
    const messages = await this.queue.receive(settings.prefetch, settings.visibilityTimeoutMs);
    return messages.map((message) =>
      holdMessage(this.queue, message, settings.visibilityTimeoutMs, (error) =>
        log.warn({ event: 'pubsub.renewal_failed', queue: this.queue.name, reason: reasonOf(error) }),
      ),
    );
  }

  /** Never throws: one message that cannot be settled must not leave the others of its batch unsettled. */
  private async handle(held: HeldMessage): Promise<void> {
    const { settlement } = this;
    try {
      if (held.isLost()) return;
      if (!this.isOpen || this.isPaused) return await settlement.giveBack(held); // I5
      if (held.deliveries > this.options.settings.maxDeliveryCount) return await settlement.putAsideUnread(held); // I3
      const envelope = await this.options.mailbox.open(held);
      if (envelope === 'removed') return settlement.remove(held);
      await settlement.settle(held, await this.pending.ask(held, envelope));
    } catch (error) {
      await settlement.recover(held, error);
    }
  }

  private waitForMessages(): Promise<void> {
    return this.options.wake.wait(this.queue.name, this.options.settings.pollingIntervalMs, this.closing.signal);
  }

  private async waitForStorage(error: unknown): Promise<void> {
    const { wake, log } = this.options;
    const { name } = this.queue;
    this.failures += 1;
    log.warn({ event: 'pubsub.storage_failed', queue: name, failures: this.failures, reason: reasonOf(error) });
    if (hasCode(error, 'QueueNotFound')) await this.queue.ensure().catch(() => undefined);
    const pauseMs = Math.min(LONGEST_STORAGE_PAUSE_MS, 250 * 2 ** Math.min(10, this.failures));
    await wake.wait(`${name}!`, pauseMs, this.closing.signal);
  }
}
