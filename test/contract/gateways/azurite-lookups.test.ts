import { join } from 'node:path';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from './azurite';

const LOOKUPS = join(__dirname, '..', '..', '..', 'packages', 'dev-stack', 'dist', 'azurite-lookups.js');
const NAMES = [
  ...['10', '9', '9.5', '-1', ' ', 'a', 'A', 'ä', 'B', 'b/1', 'b/2', 'b/2/3', 'b', 'c.jpg', 'c%2F.jpg', '\u{1F600}'],
  ...Array.from({ length: 12 }, (_, n) => `photo-${n}.jpg`),
];

/** The emulator as it comes, and with the lookups that the launcher gives it: they answer the same, only sooner. */
describe('lookups of the storage emulator', () => {
  const emulators: Azurite[] = [];
  let containers: readonly ContainerClient[] = [];

  beforeAll(async () => {
    for (const preload of [undefined, LOOKUPS]) emulators.push(await startAzurite({ preload: preload }));
    containers = emulators.map(({ connectionString }) =>
      BlobServiceClient.fromConnectionString(connectionString).getContainerClient('photos'),
    );
    await onBoth(async (container) => {
      await container.create();
      for (const name of NAMES) await put(container, name);
      await container.getBlobClient('a').createSnapshot();
      await container.getBlockBlobClient('uncommitted').stageBlock('AAAA', 'x', 1);
    });
  }, 60_000);

  afterAll(async () => {
    await Promise.all(emulators.map((emulator) => emulator.stop()));
  });

  it.each([1, 2, 7, 27, 28, 29, 5_000])('list the same pages of %i', async (pageSize) => {
    await expectSame((container) => pagesOf(container, pageSize));
  });

  it('list the same by prefix, by delimiter, and with snapshots and what is not committed', async () => {
    await expectSame((container) => pagesOf(container, 2, { prefix: 'photo-1' }));
    await expectSame(async (container) => {
      const pages: unknown[] = [];
      for await (const { segment } of container.listBlobsByHierarchy('/').byPage({ maxPageSize: 3 })) {
        pages.push([segment.blobItems.map(({ name }) => name), segment.blobPrefixes?.map(({ name }) => name)]);
      }
      return pages;
    });
    await expectSame((container) => pagesOf(container, 3, { includeSnapshots: true, includeUncommitedBlobs: true }));
  });

  it('see what came, changed and went since the page before', async () => {
    await onBoth((container) => put(container, 'photo-5.jpg', 'changed'));
    await onBoth((container) => put(container, 'new'));
    await onBoth((container) => container.getBlobClient('9').delete());
    await onBoth((container) => container.getBlockBlobClient('uncommitted').commitBlockList(['AAAA']));
    const pages = await expectSame((container) => pagesOf(container, 4));
    expect(pages.flat()).toHaveLength(NAMES.length + 1);
    expect(pages.flat()).toEqual(
      expect.arrayContaining([
        ['photo-5.jpg', 7],
        ['new', 1],
        ['uncommitted', 1],
      ]),
    );
  });

  it('forget a container that is deleted', async () => {
    await onBoth((container) => container.delete());
    await onBoth((container) => container.create());
    await onBoth((container) => put(container, 'alone'));
    expect(await expectSame((container) => pagesOf(container, 2))).toEqual([[['alone', 1]]]);
  });

  async function onBoth<T>(work: (container: ContainerClient) => Promise<T>): Promise<T[]> {
    return Promise.all(containers.map(work));
  }

  async function expectSame<T>(look: (container: ContainerClient) => Promise<T>): Promise<T> {
    const [plain, withLookups] = (await onBoth(look)) as [T, T];
    expect(withLookups).toEqual(plain);
    return plain;
  }
});

async function put(container: ContainerClient, name: string, content = 'x'): Promise<void> {
  await container.getBlockBlobClient(name).upload(content, content.length);
}

type ListOptions = Parameters<ContainerClient['listBlobsFlat']>[0];

/** Names and sizes, page by page. */
async function pagesOf(container: ContainerClient, maxPageSize: number, options: ListOptions = {}) {
  const pages: (readonly [string, number | undefined])[][] = [];
  for await (const { segment } of container.listBlobsFlat(options).byPage({ maxPageSize })) {
    pages.push(segment.blobItems.map(({ name, properties }) => [name, properties.contentLength]));
  }
  return pages;
}
