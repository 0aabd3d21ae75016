import type { QueueServiceClient } from '@azure/storage-queue';
import { MessageLost, type MessageQueue, type Receipt } from './message-queue';
import { hasCode, statusOf } from './storage-errors';

/** Times on the wire are whole seconds. Source: https://learn.microsoft.com/rest/api/storageservices/get-messages */
const seconds = (ms: number): number => Math.ceil(ms / 1_000);
const FOR_EVER = -1;

export function createAzureQueue(service: QueueServiceClient, name: string): MessageQueue {
  const client = service.getQueueClient(name);
  const ensure = async (): Promise<void> => {
    await client.createIfNotExists();
  };
  const put = async (text: string, ttlMs: number | undefined): Promise<void> => {
    await client.sendMessage(text, { messageTimeToLive: ttlMs === undefined ? FOR_EVER : Math.max(1, seconds(ttlMs)) });
  };
  return {
    name,
    ensure,
    async put(text, ttlMs) {
      try {
        await put(text, ttlMs);
      } catch (error) {
        if (!hasCode(error, 'QueueNotFound')) throw error;
        await ensure();
        await put(text, ttlMs);
      }
    },
    async receive(count, visibilityMs) {
      const { receivedMessageItems } = await client.receiveMessages({
        numberOfMessages: Math.min(32, count),
        visibilityTimeout: seconds(visibilityMs),
      });
      return receivedMessageItems.map((item) => ({
        messageId: item.messageId,
        popReceipt: item.popReceipt,
        text: item.messageText,
        deliveries: item.dequeueCount,
      }));
    },
    hide: ({ messageId, popReceipt }, visibilityMs) =>
      orLost(async () => {
        // Without a text the message keeps its own.
        const { popReceipt: next } = await client.updateMessage(
          messageId,
          popReceipt,
          undefined,
          seconds(visibilityMs),
        );
        return next ?? popReceipt;
      }),
    remove: ({ messageId, popReceipt }: Receipt) =>
      orLost(async () => {
        await client.deleteMessage(messageId, popReceipt);
      }),
    async count() {
      try {
        return (await client.getProperties()).approximateMessagesCount ?? 0;
      } catch (error) {
        if (statusOf(error) === 404) return 0;
        throw error;
      }
    },
    async drop() {
      await client.deleteIfExists();
    },
  };
}

async function orLost<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (hasCode(error, 'MessageNotFound', 'PopReceiptMismatch', 'QueueNotFound')) {
      throw new MessageLost('The message is with another reader, or gone.', { cause: error });
    }
    throw error;
  }
}
