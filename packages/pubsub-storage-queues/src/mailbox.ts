/**
 * A queue whose messages may be larger than a queue allows: bytes that do not fit lie in a blob (claim check).
 *
 * I1 The blob is written before its message and removed before it. So a message whose blob is gone was removed already, and
 *    the crash in between costs nothing.
 * I2 A blob belongs to one message: nobody counts references.
 */
import { randomUUID } from 'node:crypto';
import { type Envelope, type Sealed, sealClaim, sealInline, unseal } from './envelope';
import type { ClaimStore, MessageQueue, Receipt, ReceivedMessage } from './message-queue';

export interface Mailbox {
  readonly queue: MessageQueue;
  /** @param ttlMs undefined: for ever. */
  put(envelope: Envelope, ttlMs: number | undefined): Promise<void>;
  /** The event of a message, or `removed` when only its shell is left (I1). @throws UnreadableMessage */
  open(message: Pick<ReceivedMessage, 'text'>): Promise<Envelope | 'removed'>;
  /** Takes a message away for good, with its blob. @throws MessageLost */
  remove(message: Receipt & Pick<ReceivedMessage, 'text'>): Promise<void>;
}

/** An event above this goes to a blob: 48 KB are what base64 leaves of 64 KiB, label included. */
export const CLAIM_ABOVE_BYTES = 48_000;

export function createMailbox(queue: MessageQueue, claims: ClaimStore): Mailbox {
  return {
    queue,
    async put(envelope, ttlMs) {
      const inline = envelope.data.length > CLAIM_ABOVE_BYTES ? undefined : sealInline(envelope);
      if (inline !== undefined) return queue.put(inline, ttlMs);
      const blob = `claims/${queue.name}/${randomUUID()}`;
      await claims.put(blob, envelope.data); // I1
      await queue.put(sealClaim(envelope.label, blob), ttlMs);
    },
    async open({ text }) {
      const sealed = unseal(text);
      if (sealed.kind === 'inline') return sealed.envelope;
      const data = await claims.get(sealed.blob);
      return data ? { label: sealed.label, data } : 'removed';
    },
    async remove(message) {
      const sealed = tryUnseal(message.text);
      if (sealed?.kind === 'claim') await claims.remove(sealed.blob); // I1
      await queue.remove(message);
    },
  };
}

function tryUnseal(text: string): Sealed | undefined {
  try {
    return unseal(text);
  } catch {
    return undefined;
  }
}
