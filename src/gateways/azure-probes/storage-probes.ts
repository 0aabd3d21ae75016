import { randomUUID } from 'node:crypto';
import type { StorageRetryOptions } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import type { AzureIdentity } from '../azure-identity/azure-identity';
import { type AzureBlobsSettings, openBlobService } from '../blobs/azure-blobs';

/** One small request for each thing that the product does with a storage account. Each throws what the SDK throws. */
export interface BlobProbes {
  readonly account: string;
  /** Names of containers, fifty at most. */
  containers(): Promise<readonly string[]>;
  /** The name of the first blob; undefined for an empty container. */
  firstBlob(container: string): Promise<string | undefined>;
  readByte(container: string, blob: string): Promise<void>;
  /** Makes the container where it is missing, then writes a small blob and deletes it. */
  writeAndDelete(container: string): Promise<void>;
}

export type QueueSettings =
  | { readonly connectionString: string }
  | { readonly queueEndpoint: string; readonly identity: AzureIdentity };

const RETRIES: StorageRetryOptions = { maxTries: 2, retryDelayInMs: 500, tryTimeoutInMs: 15_000 };
const PROBE = 'contactsheet-check';

export function createBlobProbes(settings: AzureBlobsSettings): BlobProbes {
  const service = openBlobService(settings, RETRIES);
  return {
    account: service.accountName,
    async containers() {
      const { value } = await service.listContainers().byPage({ maxPageSize: 50 }).next();
      return (value?.containerItems ?? []).map(({ name }: { name: string }) => name);
    },
    async firstBlob(container) {
      const pages = service.getContainerClient(container).listBlobsFlat().byPage({ maxPageSize: 20 });
      const { value } = await pages.next();
      const blobs: readonly { name: string; properties: { contentLength?: number } }[] = value?.segment.blobItems ?? [];
      return (blobs.find(({ properties }) => (properties.contentLength ?? 0) > 0) ?? blobs[0])?.name;
    },
    async readByte(container, blob) {
      await service.getContainerClient(container).getBlobClient(blob).downloadToBuffer(0, 1);
    },
    async writeAndDelete(container) {
      const client = service.getContainerClient(container);
      await client.createIfNotExists();
      const blob = client.getBlockBlobClient(`${PROBE}/${randomUUID()}`);
      await blob.upload('check', 5);
      await blob.delete();
    },
  };
}

/** Makes a queue of its own, sends to it, receives from it, and deletes it. */
export async function probeQueue(settings: QueueSettings): Promise<void> {
  const options = { retryOptions: RETRIES };
  const service =
    'identity' in settings
      ? new QueueServiceClient(settings.queueEndpoint, settings.identity.credential, options)
      : QueueServiceClient.fromConnectionString(settings.connectionString, options);
  const queue = service.getQueueClient(`${PROBE}-${randomUUID()}`);
  await queue.create();
  try {
    await queue.sendMessage('check');
    const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 1 });
    for (const { messageId, popReceipt } of receivedMessageItems) await queue.deleteMessage(messageId, popReceipt);
  } finally {
    await queue.delete();
  }
}
