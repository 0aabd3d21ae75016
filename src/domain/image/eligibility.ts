import type { ListedBlob } from './image';
import { reasonOf } from './unreadable';

/**
 * Which images Vision would take, decided before a call is spent.
 *
 * I1 Pure: the caller brings the size and what the header said; nothing is read here.
 * I2 Refuses only what is certain: a call that Vision turns down costs nothing, an image never sent is lost.
 * I3 One reason per image, the one a person can act on first: emptiness, then bytes, then what
 *    keeps them from being read, then kind, then pixels.
 *
 * Source of the limits: Computer Vision 3.2 and Image Analysis 4.0, "Image requirements".
 */

/** What the first bytes say. `format` in lower case: `jpeg`, `png`, `gif`, `bmp`, `webp`, `ico`, `tiff`, or another for `unsupported`. */
export type ImageHeader =
  | { readonly kind: 'image'; readonly format: string; readonly width: number; readonly height: number }
  /** May be whole, and its size is not where we can read it: the service decides. */
  | { readonly kind: 'unknown-size'; readonly format: string }
  | { readonly kind: 'unsupported'; readonly format: string }
  | { readonly kind: 'not-an-image' }
  | { readonly kind: 'corrupt' };

export interface ImageLimits {
  /** Inclusive. */
  readonly maxBytes: number;
  /** Inclusive, of the smaller side. */
  readonly minSidePixels: number;
  /** Inclusive, of the larger side. */
  readonly maxSidePixels: number;
  readonly formats: readonly string[];
}

export const INELIGIBLE_REASONS = [
  'empty',
  'too-large-bytes',
  'archived',
  'customer-provided-key',
  'encoded',
  'not-an-image',
  'corrupt',
  'unsupported-format',
  'too-small',
  'too-large-pixels',
] as const;

export type IneligibleReason = (typeof INELIGIBLE_REASONS)[number];

/** What the listed size alone tells: spares the download. */
export function ineligibleByListing(
  sizeBytes: number,
  limits: Pick<ImageLimits, 'maxBytes'>,
): 'empty' | 'too-large-bytes' | undefined {
  if (sizeBytes <= 0) return 'empty';
  return sizeBytes > limits.maxBytes ? 'too-large-bytes' : undefined;
}

/** The same of a whole entry of the listing, with what keeps its bytes from being read. */
export function ineligibleAsListed(
  { sizeBytes, unreadable }: Pick<ListedBlob, 'sizeBytes' | 'unreadable'>,
  limits: Pick<ImageLimits, 'maxBytes'>,
): IneligibleReason | undefined {
  return ineligibleByListing(sizeBytes, limits) ?? (unreadable && reasonOf(unreadable));
}

/**
 * Bytes that are no image, of a blob with a Content-Encoding, are most likely an image that was compressed on its way up.
 * Only then does the encoding count: many tools write one that is not true.
 */
export function withEncoding(
  reason: IneligibleReason | undefined,
  contentEncoding: string | undefined,
): IneligibleReason | undefined {
  const isCoded = /\b(?:gzip|x-gzip|deflate|br|zstd|compress)\b/i.test(contentEncoding ?? '');
  return reason === 'not-an-image' && isCoded ? 'encoded' : reason;
}

/** Returns why Vision would refuse the image, or undefined when it may be sent. */
export function checkEligibility(
  header: ImageHeader,
  sizeBytes: number,
  limits: ImageLimits,
): IneligibleReason | undefined {
  const byListing = ineligibleByListing(sizeBytes, limits);
  if (byListing !== undefined) return byListing;
  switch (header.kind) {
    case 'not-an-image':
    case 'corrupt':
      return header.kind;
    case 'unsupported':
      return 'unsupported-format';
    case 'unknown-size':
      return limits.formats.includes(header.format) ? undefined : 'unsupported-format';
    case 'image': {
      if (!limits.formats.includes(header.format)) return 'unsupported-format';
      if (Math.min(header.width, header.height) < limits.minSidePixels) return 'too-small';
      return Math.max(header.width, header.height) > limits.maxSidePixels ? 'too-large-pixels' : undefined;
    }
  }
}
