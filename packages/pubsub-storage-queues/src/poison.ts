/**
 * Messages that a group could not handle: parked for ever beside its queue, until a person lets them go back.
 *
 * I1 A message is put where it goes before it is taken from where it was: a crash in between doubles it, and never loses it.
 */
import { type Envelope, type Label, UnreadableMessage } from './envelope';
import type { HeldMessage } from './held-message';
import type { Mailbox } from './mailbox';
import type { Membership } from './queue-names';
import type { Storage } from './storage';

const MOST_REASON = 500;
/** A redrive looks at so many at a time. */
const AT_ONCE = 16;
const REDRIVE_WITHIN_MS = 60_000;
/** The type of a message that this component did not write; it is kept as it was. */
const FOREIGN = 'application/vnd.contactsheet.unreadable';

export interface ParkingLot {
  readonly from: Mailbox;
  readonly to: Mailbox;
  readonly topic: string;
}

/** Moves a held message to the poison queue (I1). Returns false when another reader took it meanwhile. */
export async function park({ from, to, topic }: ParkingLot, held: HeldMessage, reason: string): Promise<boolean> {
  const envelope = await readable(from, held, topic);
  const parked = { reason: reason.slice(0, MOST_REASON), deliveries: held.deliveries, at: new Date().toISOString() };
  if (envelope !== 'removed') await to.put({ ...envelope, label: { ...envelope.label, parked } }, undefined);
  return held.settle((receipt) => from.remove({ ...receipt, text: held.text }));
}

async function readable(from: Mailbox, held: HeldMessage, topic: string): Promise<Envelope | 'removed'> {
  try {
    return await from.open(held);
  } catch (error) {
    if (!(error instanceof UnreadableMessage)) throw error;
    const label: Label = { id: held.messageId, topic, contentType: FOREIGN, metadata: {}, publishedAt: '' };
    return { label, data: Buffer.from(held.text) };
  }
}

export interface Redriven {
  readonly moved: number;
  /** Left where they were: not written by this component. */
  readonly kept: number;
}

/** Puts what was parked when the call began back into the group's queue, as if published now. */
export async function redrive(storage: Storage, { topic, group }: Membership, ttlMs: number): Promise<Redriven> {
  const poison = storage.mailbox('poison', topic, group);
  const back = storage.mailbox('group', topic, group);
  // What the group parks again meanwhile is not taken a second time.
  let left = await poison.queue.count();
  let moved = 0;
  let kept = 0;
  while (left > 0) {
    const messages = await poison.queue.receive(Math.min(AT_ONCE, left), REDRIVE_WITHIN_MS);
    if (messages.length === 0) break;
    left -= messages.length;
    for (const message of messages) {
      const envelope = await poison.open(message);
      if (envelope !== 'removed' && envelope.label.contentType === FOREIGN) {
        kept += 1;
        continue;
      }
      if (envelope !== 'removed') {
        const { parked, ...label } = envelope.label;
        await back.put({ ...envelope, label }, ttlMs); // I1
        moved += 1;
      }
      await poison.remove(message);
    }
  }
  return { moved, kept };
}
