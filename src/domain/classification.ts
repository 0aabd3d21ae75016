import type { Analyzer } from './analysis';
import type { ListedBlob, StoredImage } from './image';
import { isCovered, type RetryFilter } from './retry-filter';

/**
 * What to do with each image of an interval, from its listing and its stored document. Pure: the same two lists give the
 * same answer on every execution.
 *
 * I1 An image that this chunk has already written is never worked on again by the same chunk.
 * I2 An image whose bytes and analyzer did not change is never worked on again.
 * I3 A retry works on nothing but what its filter covers.
 */

export type Classified =
  /** No document yet. */
  | { readonly kind: 'new'; readonly blob: ListedBlob }
  /** Another etag, another analyzer, features not covered, or a failure worth another try. */
  | { readonly kind: 'changed'; readonly blob: ListedBlob; readonly stored: StoredImage }
  /** Its answer stands; or a retry does not speak of it, and then it may have none yet. */
  | { readonly kind: 'unchanged'; readonly blob: ListedBlob; readonly stored?: StoredImage }
  /** Written by this very chunk, in an earlier execution. */
  | { readonly kind: 'written'; readonly blob: ListedBlob; readonly stored: StoredImage };

export function classify(
  blob: ListedBlob,
  stored: StoredImage | undefined,
  analyzer: Analyzer,
  chunkId?: string,
  retry?: RetryFilter,
): Classified {
  if (!stored) return retry ? { kind: 'unchanged', blob } : { kind: 'new', blob };
  if (chunkId !== undefined && stored.chunkId === chunkId) return { kind: 'written', blob, stored };
  if (retry && !isCovered(retry, stored)) return { kind: 'unchanged', blob, stored };
  return { kind: isCurrent(blob, stored, analyzer) ? 'unchanged' : 'changed', blob, stored };
}

/** Is the stored state the answer this analyzer would give for these bytes? */
function isCurrent(blob: ListedBlob, stored: StoredImage, analyzer: Analyzer): boolean {
  if (stored.etag !== blob.etag) return false;
  switch (stored.status) {
    case 'removed':
      return false;
    case 'failed':
      // A permanent refusal of the same bytes by the same analyzer would be paid for and refused again.
      return stored.error?.retryable === false && covers(stored.analyzer, analyzer);
    case 'skipped':
    case 'succeeded':
      return covers(stored.analyzer, analyzer);
  }
}

/** Same provider, version and language, and every feature asked for now was asked for then. */
export function covers(stored: Analyzer | undefined, wanted: Analyzer): boolean {
  return (
    stored !== undefined &&
    stored.provider === wanted.provider &&
    stored.version === wanted.version &&
    stored.language === wanted.language &&
    wanted.features.every((feature) => stored.features.includes(feature))
  );
}

/** Documents of the interval that were not listed and are not yet removed. */
export function missing(stored: readonly StoredImage[], listed: ReadonlySet<string>): StoredImage[] {
  return stored.filter((image) => image.status !== 'removed' && !listed.has(image.blob));
}
