import type { ListedBlob, StoredImage } from './image';

/**
 * What a listing no longer shows.
 *
 * An empty blob that a listing leaves out is a directory: pictures were put under a marker that was stored as an empty
 * image before. It is no image, and its leaving is no loss.
 */

/** Is the image gone, by what a look at its name found? `now`: the blob of this name, which the listing did not show. */
export function isGone(now: Pick<ListedBlob, 'sizeBytes'> | undefined): boolean {
  return now === undefined || now.sizeBytes === 0;
}

/** Does its leaving count as a loss that the container's owner should confirm? Nobody misses what had no bytes. */
export function isMissed({ status, reason }: Pick<StoredImage, 'status' | 'reason'>): boolean {
  return status !== 'removed' && reason !== 'empty';
}
