import { type Analyzer, isSameAnalyzer } from '../image/analysis';
import { type TotalsVector, differences } from './totals';
import type { ListedBlob, StoredImage } from '../image/image';

/** One thing that is not as the container, the documents or the totals say it should be. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly blob?: string;
  readonly field?: string;
  readonly expected: string | number;
  readonly actual: string | number;
}

/**
 * `missing`: a blob without document. `orphan`: a document without blob. `stale`: a document of other bytes or of another
 * analyzer than today's. `total`: a number of the container's totals.
 */
export const DIFFERENCE_KINDS = ['missing', 'orphan', 'stale', 'total'] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

export const missingDocument = (blob: string): Difference => ({
  kind: 'missing',
  blob,
  expected: 'one document',
  actual: 'none',
});

export const orphanDocument = (blob: string): Difference => ({
  kind: 'orphan',
  blob,
  expected: 'removed, as the blob is gone',
  actual: 'a document',
});

/** How a document lags behind its blob; undefined when it does not. */
export function staleness(blob: ListedBlob, image: StoredImage, analyzer: Analyzer): Difference | undefined {
  if (image.etag !== blob.etag) {
    return { kind: 'stale', blob: blob.name, field: 'etag', expected: blob.etag, actual: image.etag };
  }
  if (blob.unreadable) return undefined; // no run can ask another analyzer
  if (image.analyzer === undefined || isSameAnalyzer(image.analyzer, analyzer)) return undefined;
  const [expected, actual] = [named(analyzer), named(image.analyzer)];
  return { kind: 'stale', blob: blob.name, field: 'analyzer', expected, actual };
}

/** Features are a run's own choice: a document that holds fewer than another run asks for is not stale. */
function named({ provider, version, language }: Analyzer): string {
  return `${provider} ${version} ${language}`;
}

/** Every total that is not the sum of the documents. */
export function wrongTotals(recount: TotalsVector, totals: TotalsVector): Difference[] {
  return differences(recount, totals).map(({ key, expected, actual }) => ({
    kind: 'total' as const,
    field: fieldOf(key),
    expected,
    actual,
  }));
}

const FIELDS: Readonly<Record<string, string>> = {
  i: 'images',
  b: 'bytes',
  f: 'formats',
  c: 'categories',
  d: 'colors',
  a: 'analyzers',
  t: 'tags',
  u: 'tagConfidences',
  v: 'tagConfidenceCounts',
};

/** A counter as the totals of the API call it: `images.succeeded`. */
export function fieldOf(key: string): string {
  const name = key.slice(2);
  const field = FIELDS[key.slice(0, 1)] ?? key.slice(0, 1);
  return name === '' ? field : `${field}.${name}`;
}

export interface Verification {
  readonly clean: boolean;
  readonly checkedAt: string;
  /** At most MAX_DIFFERENCES of them; the count is complete. */
  readonly differences: readonly Difference[];
  readonly count: number;
}

export const MAX_DIFFERENCES = 1_000;

/** What a repair found, and what it changed. */
export interface Repair extends Verification {
  readonly changed: {
    /** Documents that left the results because their blobs are gone. */
    readonly orphans: number;
    /** Totals that were put right. */
    readonly totals: number;
  };
  /** Why orphans were left as they are, when they were. */
  readonly held?: string;
}
