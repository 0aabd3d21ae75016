/** One storage account as this component uses it: queues, and one blob container for groups and large events. */
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import type { Account } from './account';
import { createAzureQueue } from './azure-queue';
import { createCredential } from './credential';
import { createGroupRegistry, type GroupRegistry } from './group-registry';
import { createMailbox, type Mailbox } from './mailbox';
import type { ClaimStore } from './message-queue';
import { type QueueRole, queueName } from './queue-names';
import { statusOf } from './storage-errors';

export interface Storage {
  readonly groups: GroupRegistry;
  mailbox(role: QueueRole, topic: string, group?: string): Mailbox;
  /** Creates the blob container. @throws when the account does not answer or refuses the key. */
  prepare(): Promise<void>;
}

/** Short: a publisher waits for it, and a reader tries again by itself. */
const RETRIES = {
  retryOptions: { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2_000, tryTimeoutInMs: 15_000 },
};

export function openStorage(account: Account, prefix: string): Storage {
  const { queues, blobs } = clientsOf(account);
  const container = blobs.getContainerClient(prefix);
  const claims: ClaimStore = {
    async put(blob, data) {
      await container.getBlockBlobClient(blob).upload(data, data.length);
    },
    async get(blob) {
      try {
        return await container.getBlobClient(blob).downloadToBuffer();
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    async remove(blob) {
      await container.getBlobClient(blob).deleteIfExists();
    },
  };
  return {
    groups: createGroupRegistry(container),
    mailbox: (role, topic, group = '') =>
      createMailbox(createAzureQueue(queues, queueName(prefix, role, topic, group)), claims),
    async prepare() {
      await container.createIfNotExists();
    },
  };
}

function clientsOf(account: Account): { queues: QueueServiceClient; blobs: BlobServiceClient } {
  if ('connectionString' in account) {
    return {
      queues: QueueServiceClient.fromConnectionString(account.connectionString, RETRIES),
      blobs: BlobServiceClient.fromConnectionString(account.connectionString, RETRIES),
    };
  }
  const credential = createCredential(account);
  return {
    queues: new QueueServiceClient(account.queueEndpoint, credential, RETRIES),
    blobs: new BlobServiceClient(account.blobEndpoint, credential, RETRIES),
  };
}
