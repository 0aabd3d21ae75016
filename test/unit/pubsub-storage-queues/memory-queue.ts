import {
  MessageLost,
  type MessageQueue,
  type ReceivedMessage,
} from '../../../packages/pubsub-storage-queues/src/message-queue';

interface Kept {
  readonly id: string;
  readonly text: string;
  visibleAt: number;
  receipt: number;
  deliveries: number;
}

/** A queue with the rules of the service (visibility, receipts, delivery counts) on the clock of the test. */
export interface MemoryQueue extends MessageQueue {
  readonly kept: readonly Kept[];
  /** The next so many calls fail. */
  fail(calls: number): void;
  /** As if the visibility of a message had ended and somebody else had taken it. */
  steal(): void;
}

export function createMemoryQueue(name: string): MemoryQueue {
  let kept: Kept[] = [];
  let next = 0;
  let failing = 0;
  const called = (): void => {
    if (failing > 0) {
      failing -= 1;
      throw new Error('The storage does not answer.');
    }
  };
  const find = (id: string, receipt: string): Kept => {
    const found = kept.find((each) => each.id === id && String(each.receipt) === receipt);
    if (!found) throw new MessageLost('gone');
    return found;
  };
  return {
    name,
    get kept() {
      return kept;
    },
    fail: (calls) => {
      failing = calls;
    },
    steal: () => {
      for (const each of kept) each.receipt += 1_000;
    },
    ensure: async () => undefined,
    async put(text) {
      called();
      next += 1;
      kept.push({ id: `m${next}`, text, visibleAt: 0, receipt: 0, deliveries: 0 });
    },
    async receive(count, visibilityMs) {
      called();
      return kept
        .filter(({ visibleAt }) => visibleAt <= Date.now())
        .slice(0, count)
        .map((each): ReceivedMessage => {
          each.visibleAt = Date.now() + visibilityMs;
          each.receipt += 1;
          each.deliveries += 1;
          return { messageId: each.id, popReceipt: String(each.receipt), text: each.text, deliveries: each.deliveries };
        });
    },
    async hide({ messageId, popReceipt }, visibilityMs) {
      called();
      const found = find(messageId, popReceipt);
      found.visibleAt = Date.now() + visibilityMs;
      found.receipt += 1;
      return String(found.receipt);
    },
    async remove({ messageId, popReceipt }) {
      called();
      const found = find(messageId, popReceipt);
      kept = kept.filter((each) => each !== found);
    },
    count: async () => kept.length,
    async drop() {
      kept = [];
    },
  };
}
