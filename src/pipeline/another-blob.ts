import type { ListedBlob } from '../domain/image/image';
import type { BlobsGateway } from '../gateways/blobs/port';
import type { VisionGateway } from '../gateways/vision/port';
import type { KeyedMutex } from './keyed-mutex';

/**
 * Whose fault is a refused download, the blob's or that of our access to the container? Conditions of a role, an access
 * control list or a disabled encryption scope may concern one blob (403 AuthorizationPermissionMismatch), and so may a
 * role that was taken away. Another blob, read after the refusal, tells the one from the other.
 *
 * I1 It reads no more than MOST_TRIED blobs, the smallest of a page, one at a time in a process.
 * I2 Where nothing else can be read it is the container: a run that goes on would fail image by image.
 */
interface AnotherBlobDeps {
  readonly blobs: Pick<BlobsGateway, 'listPage' | 'download'>;
  readonly vision: { readonly limits: Pick<VisionGateway['limits'], 'maxBytes'> };
  readonly keyedMutex: KeyedMutex;
}

const PAGE_SIZE = 100;
const MOST_TRIED = 3;
const TIMEOUT_MS = 30_000;

/** @throws AppError as listPage */
export function canReadAnother(
  { blobs, vision: { limits }, keyedMutex }: AnotherBlobDeps,
  container: string,
  refused: Pick<ListedBlob, 'name'>,
): Promise<boolean> {
  return keyedMutex.run(`another blob of ${container}`, async () => {
    const { blobs: listed } = await blobs.listPage(container, { prefix: '', pageSize: PAGE_SIZE });
    const others = listed
      .filter(({ name, sizeBytes, unreadable }) => name !== refused.name && sizeBytes > 0 && unreadable === undefined)
      .sort((a, b) => a.sizeBytes - b.sizeBytes)
      .slice(0, MOST_TRIED);
    for (const blob of others) {
      const { ok } = await blobs.download(container, blob, { maxBytes: limits.maxBytes, timeoutMs: TIMEOUT_MS });
      if (ok) return true;
    }
    return false;
  });
}
