import { BlobServiceClient } from '@azure/storage-blob';
import { createAzureBlobs } from '../../../src/gateways/blobs/azure-blobs';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import { startAzurite } from './azurite';
import { describeBlobs } from './blobs-suite';

describeBlobs('in memory', async () => {
  const blobs = createMemoryBlobs();
  return {
    blobs,
    createContainer: async (container) => blobs.createContainer(container),
    put: async (container, name, bytes, contentType = 'application/octet-stream', metadata = {}) => {
      blobs.put(container, name, bytes, { contentType, metadata });
    },
    remove: async (container, name) => blobs.remove(container, name),
    stop: async () => {},
  };
});

describeBlobs('storage emulator', async () => {
  const azurite = await startAzurite();
  const owner = BlobServiceClient.fromConnectionString(azurite.connectionString);
  const blobs = createAzureBlobs({ connectionString: azurite.connectionString });
  return {
    blobs,
    createContainer: async (container) => {
      await owner.getContainerClient(container).create();
    },
    put: async (container, name, bytes, contentType = 'application/octet-stream', metadata = {}) => {
      const client = owner.getContainerClient(container).getBlockBlobClient(name);
      await client.upload(Buffer.from(bytes), bytes.length, {
        blobHTTPHeaders: { blobContentType: contentType },
        metadata,
      });
    },
    remove: async (container, name) => {
      await owner.getContainerClient(container).getBlobClient(name).delete();
    },
    stop: async () => {
      blobs.close();
      await azurite.stop();
    },
  };
});
