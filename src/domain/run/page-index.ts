import type { NameBounds } from '../image/name-order';
import type { ListingCounts } from '../money/quote';

/** A listed page of a run: up to 2,000 blobs in up to 20 chunks. */
export interface PageIndex {
  /** Marker this page was listed from; absent for the first. */
  readonly marker?: string;
  /** Marker of the next page; absent on the last. */
  readonly next?: string;
  readonly chunks: readonly ChunkBounds[];
  readonly counts: ListingCounts;
}

/** Open below in the very first chunk of a run, and above in the very last. */
export interface ChunkBounds extends NameBounds {
  /** Images listed in it. */
  readonly count: number;
  /** Everything in it was unchanged and nothing was missing when it was listed: no work, no second query. */
  readonly settled: boolean;
}
