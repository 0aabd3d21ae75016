import { BlobServiceClient } from '@azure/storage-blob';
import { createPictures } from './pictures';

const PARALLEL_UPLOADS = 32;

/**
 * Creates a container of `count` small pictures named `photo-0000000.jpg` and so on; another `seed` has other bytes.
 * `distinct`: pictures with bytes of their own, which the names take in turn.
 */
export async function seedContainer(
  connectionString: string,
  container: string,
  count: number,
  seed = container,
  distinct = count,
): Promise<void> {
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
  await client.createIfNotExists();
  const pictureOf = await createPictures(seed);
  let next = 0;
  const upload = async () => {
    for (let n = next++; n < count; n = next++) {
      const name = `photo-${String(n).padStart(7, '0')}.jpg`;
      const bytes = pictureOf(n % distinct);
      await client
        .getBlockBlobClient(name)
        .upload(bytes, bytes.byteLength, { blobHTTPHeaders: { blobContentType: 'image/jpeg' } });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_UPLOADS }, upload));
}
