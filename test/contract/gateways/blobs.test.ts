import { gzipSync } from 'node:zlib';
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  BlobServiceClient,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { readStorageAccount } from '../../../src/config/storage';
import { createAzureBlobs } from '../../../src/gateways/blobs/azure-blobs';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import { DEV_ACCOUNT, DEV_KEY, startAzurite } from './azurite';
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
    setTier: async (container, name, tier) =>
      blobs.withhold(container, name, tier === 'Archive' ? 'archived' : undefined),
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
    setTier: async (container, name, tier) => {
      await owner.getContainerClient(container).getBlobClient(name).setAccessTier(tier);
    },
    stop: async () => {
      blobs.close();
      await azurite.stop();
    },
  };
});

test('photos are read with a shared access signature that allows to read and list', async () => {
  const azurite = await startAzurite();
  try {
    const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('photos');
    await container.create();
    await container.getBlockBlobClient('a.jpg').upload('bytes', 5);
    const rights = {
      expiresOn: new Date(Date.now() + 60_000),
      permissions: AccountSASPermissions.parse('rl'),
      resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
      services: AccountSASServices.parse('b').toString(),
    };
    const sas = generateAccountSASQueryParameters(rights, new StorageSharedKeyCredential(DEV_ACCOUNT, DEV_KEY));
    const given = `BlobEndpoint=${azurite.url}/;SharedAccessSignature=${sas}`;
    const account = readStorageAccount(given, new Date());
    if ('faults' in account) throw new Error(account.faults.join());
    const blobs = createAzureBlobs(account);
    expect([blobs.account, account.name]).toEqual([DEV_ACCOUNT, DEV_ACCOUNT]);
    const [blob] = (await blobs.listPage('photos', { prefix: '', pageSize: 10 })).blobs;
    if (blob === undefined) throw new Error('nothing is listed');
    expect(await blobs.head('photos', 'a.jpg')).toEqual(blob);
    expect(await blobs.containerExists('others')).toBe(false);
    blobs.close();
  } finally {
    await azurite.stop();
  }
});

describe('blobs of every kind in the storage emulator', () => {
  test('page, append and leased blobs are read; snapshots are not listed', async () => {
    const azurite = await startAzurite();
    const blobs = createAzureBlobs({ connectionString: azurite.connectionString });
    try {
      const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('kinds');
      await container.create();
      const bytes = Buffer.alloc(512, 7);
      const [page, append] = [container.getPageBlobClient('page'), container.getAppendBlobClient('append')];
      await page.create(512);
      await page.uploadPages(bytes, 0, 512);
      await append.create();
      await append.appendBlock(bytes, 512);
      const encoded = container.getBlockBlobClient('encoded');
      await encoded.upload(gzipSync(bytes), gzipSync(bytes).length, {
        blobHTTPHeaders: { blobContentEncoding: 'gzip' },
      });
      const leased = container.getBlockBlobClient('leased');
      await leased.upload(bytes, 512);
      await leased.createSnapshot();
      await leased.getBlobLeaseClient().acquireLease(60);
      const { blobs: listed } = await blobs.listPage('kinds', { prefix: '', pageSize: 10 });
      expect(listed.map(({ name }) => name)).toEqual(['append', 'encoded', 'leased', 'page']);
      for (const blob of listed) {
        const read = await blobs.download('kinds', blob, { maxBytes: 1_000, timeoutMs: 10_000 });
        if (blob.name !== 'encoded') expect(read).toEqual({ ok: true, bytes });
        else expect(read).toEqual({ ok: true, bytes: gzipSync(bytes), contentEncoding: 'gzip' });
      }
    } finally {
      blobs.close();
      await azurite.stop();
    }
  });
});
