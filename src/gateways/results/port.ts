import type { Page, PageRequest } from '../../domain/page';
import type { TotalsVector } from '../../domain/container/totals';
import type { ImageDocument, ImageStatus, StoredImage } from '../../domain/image/image';
import type { NameBounds } from '../../domain/image/name-order';

/**
 * One document per image (Cosmos DB `AnalysisResult/ImageAnalysis`).
 *
 * I1 `save` resolves only after the store has acknowledged the document.
 * I2 A save never overwrites a state its caller has not seen: If-Match on the version, or create-only.
 *
 * Every method: @throws AppError results-unavailable (retryable), results-forbidden.
 */
export interface ResultsGateway {
  /** Documents of one container within the bounds, by code point whatever the order of the bounds. */
  range(container: string, interval: NameInterval): AsyncIterable<StoredImage>;
  /** With the version that a save must name; undefined where no run has covered the blob. */
  get(container: string, blob: string): Promise<VersionedDocument | undefined>;
  /** Grouped: waits at most 50 ms for company, goes as one batch, falls back to single writes. */
  save(document: ImageDocument, expected: Expected): Promise<SaveOutcome>;
  /** Documents that this chunk wrote last: the source of its delta. */
  writtenBy(container: string, chunkId: string): AsyncIterable<StoredImage>;
  /** Every contribution of a container: the recount. */
  contributions(container: string): AsyncIterable<TotalsVector>;
  /** Those that match everything given. @throws AppError invalid-request for a continuation that is not of this list */
  list(container: string, filter: ImageFilter, page: PageRequest): Promise<Page<ImageDocument>>;
  /** Cheapest possible proof that the store answers. */
  ping(): Promise<void>;
  /** Waits until what is being saved is saved or has failed. */
  close(): Promise<void>;
}

/** Images whose names begin with `prefix`, within the bounds. */
export interface NameInterval extends NameBounds {
  readonly prefix: string;
}

/** `new`: no document may exist. Otherwise the version it was read at. */
export type Expected = { readonly version: string } | 'new';

/** Saved, with the version that stands now; or not, as somebody else was faster. */
export type SaveOutcome =
  | { readonly saved: true; readonly version: string }
  /** Somebody else wrote first: read again and decide again. */
  | { readonly saved: false };

/** A document as it was read. */
export interface VersionedDocument {
  readonly document: ImageDocument;
  /** ETag. */
  readonly version: string;
}

/** Everything that is given must match. */
export interface ImageFilter {
  readonly status?: ImageStatus;
  /** Lower case. Matches the union of `analysis.tags` and `analysis.description.tags`. */
  readonly tag?: string;
}
