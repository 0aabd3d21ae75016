import type { Logger } from 'pino';
import { UnreadableMessage } from './envelope';
import type { HeldMessage } from './held-message';
import type { Mailbox } from './mailbox';
import { park } from './poison';
import type { Settings } from './settings';
import { reasonOf } from './storage-errors';

/** What becomes of a message after it was handed out. */
export type Verdict = { readonly kind: 'handled' | 'closed' } | { readonly kind: 'refused'; readonly reason: string };

export interface SettlementOptions {
  readonly topic: string;
  readonly mailbox: Mailbox;
  readonly poison: Mailbox;
  readonly settings: Pick<Settings, 'maxDeliveryCount' | 'maxBackoffMs'>;
  readonly log: Logger;
}

const FIRST_BACKOFF_MS = 1_000;

/** After the n-th refusal (n from 1). */
export function backoffMs(deliveries: number, mostMs: number): number {
  return Math.min(mostMs, FIRST_BACKOFF_MS * 2 ** Math.min(30, Math.max(0, deliveries - 1)));
}

/** Settles held messages: removed, shown again at once or later, or parked. (I1 to I5: subscription.ts) */
export class Settlement {
  private readonly removing = new Set<Promise<void>>();

  constructor(private readonly options: SettlementOptions) {}

  async settle(held: HeldMessage, verdict: Verdict): Promise<void> {
    const { maxDeliveryCount } = this.options.settings;
    switch (verdict.kind) {
      case 'handled':
        return this.remove(held); // I1
      case 'closed':
        return this.giveBack(held);
      case 'refused':
        return held.deliveries >= maxDeliveryCount ? this.putAside(held, verdict.reason) : this.showLater(held); // I2
    }
  }

  /** I5 */
  giveBack(held: HeldMessage): Promise<void> {
    return this.show(held, 0);
  }

  /** I3 */
  putAsideUnread(held: HeldMessage): Promise<void> {
    return this.putAside(held, `not answered in ${this.options.settings.maxDeliveryCount} deliveries`);
  }

  /** The next delivery does not wait for the removal of the last. */
  remove(held: HeldMessage): void {
    const { log } = this.options;
    const removed = this.removed(held)
      .catch((error: unknown) => log.warn({ ...this.of('pubsub.remove_failed'), reason: reasonOf(error) }))
      .finally(() => this.removing.delete(removed));
    this.removing.add(removed);
  }

  /** Never throws. */
  async recover(held: HeldMessage, error: unknown): Promise<void> {
    const reason = reasonOf(error);
    this.options.log.warn({ ...this.of('pubsub.message_failed'), message: held.messageId, reason });
    const cure = error instanceof UnreadableMessage ? this.putAside(held, reason) : this.showLater(held);
    // Else its visibility ends by itself.
    await cure.catch(() => undefined);
  }

  /** Resolves when every removal has ended. */
  async drained(): Promise<void> {
    await Promise.all(this.removing);
  }

  private async removed(held: HeldMessage): Promise<void> {
    const { mailbox, log } = this.options;
    if (await held.settle((receipt) => mailbox.remove({ ...receipt, text: held.text }))) return;
    log.warn({ ...this.of('pubsub.message_lost'), message: held.messageId });
  }

  private showLater(held: HeldMessage): Promise<void> {
    return this.show(held, backoffMs(held.deliveries, this.options.settings.maxBackoffMs));
  }

  private async show(held: HeldMessage, afterMs: number): Promise<void> {
    await held.settle((receipt) => this.options.mailbox.queue.hide(receipt, afterMs));
  }

  private async putAside(held: HeldMessage, reason: string): Promise<void> {
    const { mailbox, poison, topic, log } = this.options;
    if (!(await park({ from: mailbox, to: poison, topic }, held, reason))) return;
    const { messageId: message, deliveries } = held;
    log.warn({ ...this.of('pubsub.parked'), message, deliveries, reason });
  }

  private of(event: string) {
    return { event, queue: this.options.mailbox.queue.name };
  }
}
