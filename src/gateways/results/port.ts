import type { Page, PageRequest } from '../../domain/page';
import type { Counters } from '../../domain/container/totals';
import type { ImageDocument, ImageStatus, StoredImage } from '../../domain/image/image';
import type { NameBounds } from '../../domain/image/name-order';

/**
 * One document per image (Cosmos DB `AnalysisResult/ImageAnalysis`).
 *
 * I1 `save` resolves only after the store has acknowledged the document.
 * I2 A save never overwrites a state its caller has not seen: If-Match on the version, or create-only.
 */
export interface ResultsGateway {
  /** Documents of one container within the bounds, by code point whatever the order of the bounds. */
  range(container: string, interval: NameInterval): AsyncIterable<StoredImage>;
  get(container: string, blob: string): Promise<VersionedDocument | undefined>;
  /** Grouped: waits at most 50 ms for company, goes as one batch, falls back to single writes. */
  save(document: ImageDocument, expected: Expected): Promise<SaveOutcome>;
  /** Documents that this chunk wrote last: the source of its delta. */
  writtenBy(container: string, chunkId: string): AsyncIterable<StoredImage>;
  /** Every contribution of a container: the recount. */
  contributions(container: string): AsyncIterable<Counters>;
  list(container: string, filter: ImageFilter, page: PageRequest): Promise<Page<ImageDocument>>;
  /** Cheapest possible proof that the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface NameInterval extends NameBounds {
  readonly prefix: string;
}

/** `new`: no document may exist. Otherwise the version it was read at. */
export type Expected = { readonly version: string } | 'new';

export type SaveOutcome =
  | { readonly saved: true; readonly version: string }
  /** Somebody else wrote first: read again and decide again. */
  | { readonly saved: false };

export interface VersionedDocument {
  readonly document: ImageDocument;
  readonly version: string;
}

export interface ImageFilter {
  readonly status?: ImageStatus;
  /** Lower case. Matches the union of `analysis.tags` and `analysis.description.tags`. */
  readonly tag?: string;
}
