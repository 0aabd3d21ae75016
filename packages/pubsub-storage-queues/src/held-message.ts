/**
 * A message that this process holds: hidden from others by a visibility that is renewed until it is settled.
 *
 * I1 Calls about one message run one after another: each renewal changes the receipt that the next call needs.
 * I2 After `settle` or `MessageLost` nothing is renewed.
 */
import { MessageLost, type MessageQueue, type Receipt, type ReceivedMessage } from './message-queue';

export interface HeldMessage extends Omit<ReceivedMessage, 'popReceipt'> {
  /** Another reader has it by now: its answer will change nothing. */
  isLost(): boolean;
  /** Ends the renewal and does the last call with the newest receipt. Returns false when the message was lost. */
  settle(call: (receipt: Receipt) => Promise<unknown>): Promise<boolean>;
}

export function holdMessage(
  queue: Pick<MessageQueue, 'hide'>,
  message: ReceivedMessage,
  visibilityMs: number,
  onRenewalError: (error: unknown) => void,
): HeldMessage {
  const { messageId, text, deliveries } = message;
  let popReceipt = message.popReceipt;
  let lost = false;
  let last: Promise<unknown> = Promise.resolve();
  // Two renewals may fail before the third comes too late.
  const timer = setInterval(() => {
    last = last.then(renew); // I1
  }, visibilityMs / 3);
  timer.unref();

  async function renew(): Promise<void> {
    try {
      if (!lost) popReceipt = await queue.hide({ messageId, popReceipt }, visibilityMs);
    } catch (error) {
      if (error instanceof MessageLost) lose();
      else onRenewalError(error);
    }
  }

  function lose(): void {
    lost = true;
    clearInterval(timer); // I2
  }

  return {
    messageId,
    text,
    deliveries,
    isLost: () => lost,
    async settle(call) {
      clearInterval(timer); // I2
      await last;
      if (lost) return false;
      try {
        await call({ messageId, popReceipt });
        return true;
      } catch (error) {
        if (!(error instanceof MessageLost)) throw error;
        lost = true;
        return false;
      }
    },
  };
}
