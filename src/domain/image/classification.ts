import { type Analyzer, isSameAnalyzer, missingFeatures } from './analysis';
import { isResourceRefusal } from './resource-refusal';
import type { ListedBlob, StoredImage } from './image';
import { insists, isCovered, type RetryFilter, type Tried } from '../run/retry-filter';
import { saysAll } from './unreadable';

/**
 * What to do with each image of an interval, from its listing and its stored document. Pure: the same two lists give the
 * same answer on every execution.
 *
 * I1 An image that this chunk has already written is never worked on again by the same chunk.
 * I2 An image whose bytes and analyzer did not change is worked on again only for features it was never asked for, or
 *    when a retry names why it failed.
 * I3 A retry works on nothing but what its filter covers.
 * I4 An image whose bytes cannot be read now is worked on only to say so, once. A tier may change without the etag, so what
 *    was skipped for it is looked at again as soon as the listing shows it readable.
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
  const isOfTheseBytes = stored.etag === blob.etag;
  if (isOfTheseBytes && blob.unreadable && saysAll(stored, blob.unreadable)) return { kind: 'unchanged', blob, stored };
  const isCurrent = isOfTheseBytes && stands(stored, analyzer) && !(retry && insists(retry));
  return { kind: isCurrent ? 'unchanged' : 'changed', blob, stored };
}

/** Is the stored state what this analyzer would answer for the same bytes, or refuse? */
export function stands(stored: Tried, analyzer: Analyzer): boolean {
  switch (stored.status) {
    case 'removed':
      return false;
    case 'failed':
      return isRefused(stored, analyzer);
    case 'skipped':
      // I4; else by size or format, whatever is asked for
      return stored.reason !== 'archived' && isSameAnalyzer(stored.analyzer, analyzer);
    case 'succeeded':
      return isSameAnalyzer(stored.analyzer, analyzer) && missingFeatures(analyzer, stored.analyzer).length === 0;
  }
}

/** Features that the stored analysis has of what is asked for; a failed image keeps what it had before. */
export function answered(stored: Tried, analyzer: Analyzer): readonly string[] {
  if (stored.status !== 'succeeded' && stored.status !== 'failed') return [];
  const known = stored.analyzer;
  if (known === undefined || !isSameAnalyzer(known, analyzer)) return [];
  return analyzer.features.filter((feature) => known.features.includes(feature));
}

/** What Vision says of the bytes alone: no choice of features changes it. */
const REFUSALS_OF_BYTES: ReadonlySet<string> = new Set(['vision-invalid-size', 'vision-invalid-format']);

/** A permanent refusal of the same bytes by the same analyzer would be refused again. */
function isRefused(stored: Tried, analyzer: Analyzer): boolean {
  const { error } = stored;
  if (error !== undefined && isResourceRefusal(error.code)) return false;
  if (error?.retryable !== false || error.stage !== 'vision' || !isSameAnalyzer(stored.analyzer, analyzer))
    return false;
  const missing = missingFeatures(analyzer, { features: answered(stored, analyzer) });
  if (missing.length === 0) return false;
  return REFUSALS_OF_BYTES.has(error.code) || (error.features ?? []).every((feature) => missing.includes(feature));
}

/** Documents of the interval that were not listed and are not yet removed. */
export function missing(stored: readonly StoredImage[], listed: ReadonlySet<string>): StoredImage[] {
  return stored.filter((image) => image.status !== 'removed' && !listed.has(image.blob));
}
