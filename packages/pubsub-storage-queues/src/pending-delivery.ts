import type { Envelope } from './envelope';
import type { HeldMessage } from './held-message';
import type { Verdict } from './settlement';

/** Handed to the subscriber; `id` comes back with the answer. */
export interface Delivery extends Envelope {
  readonly id: string;
}

/** The one delivery whose answer is awaited, if there is one. */
export class PendingDelivery {
  private pending: { readonly id: string; readonly decide: (verdict: Verdict) => void } | undefined;
  private isClosed = false;

  constructor(private readonly deliver: (delivery: Delivery) => void) {}

  /** Hands it out, and resolves with the answer or the end of the subscription. */
  ask({ messageId, deliveries }: HeldMessage, envelope: Envelope): Promise<Verdict> {
    if (this.isClosed) return Promise.resolve({ kind: 'closed' });
    return new Promise((resolve) => {
      // One delivery, one id: a late answer to an earlier delivery of the same message decides nothing.
      const id = `${messageId}.${deliveries}`;
      this.pending = { id, decide: resolve };
      this.deliver({ ...envelope, id });
    });
  }

  answer(id: string, refusal: string | undefined): void {
    if (this.pending?.id !== id) return;
    this.decide(refusal === undefined ? { kind: 'handled' } : { kind: 'refused', reason: refusal });
  }

  /** Nothing is handed out any more, and what was is not waited for. */
  close(): void {
    this.isClosed = true;
    this.decide({ kind: 'closed' });
  }

  private decide(verdict: Verdict): void {
    const { pending } = this;
    this.pending = undefined;
    pending?.decide(verdict);
  }
}
