import type { Analyzer, ImageAnalysis } from './analysis';
import { CONFIDENCE_UNIT, type TotalsVector, KEY } from '../container/totals';

/** Why a blob that is there cannot be read now (unreadable.ts); the code of the error of its document. */
export const UNREADABLE = ['archived', 'rehydrate-pending', 'customer-provided-key'] as const;
export type Unreadable = (typeof UNREADABLE)[number];

/** A blob as a listing shows it. `etag` is without quotes everywhere in the product. */
export interface ListedBlob {
  readonly name: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly contentType?: string;
  /** RFC 3339, UTC. */
  readonly lastModified?: string;
  /** Of the bytes, hexadecimal, as the service tells it unasked; not every blob has one, and nothing but a quote relies on it. */
  readonly contentMd5?: string;
  /** Why its bytes cannot be had now; absent: they can. */
  readonly unreadable?: Unreadable;
  /**
   * Transactions that the quote of the run counts for it, as the snapshot of the run notes it. Absent: one for each feature,
   * or an older build listed it.
   */
  readonly priced?: number;
}

export type ImageStatus = 'succeeded' | 'failed' | 'skipped' | 'removed';

/** Why an image has no analysis. Kept short and stable: people filter and retry by it. */
export type ImageReason =
  | 'too-small'
  | 'too-large-bytes'
  | 'too-large-pixels'
  | 'unsupported-format'
  | 'not-an-image'
  | 'empty'
  | 'archived'
  | 'customer-provided-key'
  | 'encoded'
  | 'corrupt'
  | 'changed'
  | 'gone'
  | 'budget'
  | 'cancelled'
  | 'run-failed'
  | 'download-failed'
  | 'download-forbidden'
  | 'poison'
  | 'not-priced'
  | `vision-${string}`;

/** The steps one image goes through. */
export type Stage = 'listing' | 'download' | 'cache' | 'vision' | 'save';

export interface ImageError {
  readonly code: string;
  readonly stage: Stage;
  readonly message: string;
  readonly retryable: boolean;
  readonly httpStatus?: number;
  readonly requestId?: string;
  /** What Vision was asked for when it refused. */
  readonly features?: readonly string[];
}

/** One try at one stage; the document keeps the last MAX_ATTEMPTS. */
export interface Attempt {
  readonly stage: Stage;
  readonly startedAt: string;
  /** Time spent waiting for permission or a slot, then time spent working. */
  readonly waitMs: number;
  readonly workMs: number;
  readonly runId: string;
  readonly httpStatus?: number;
  readonly requestId?: string;
  /** Absent when it succeeded. */
  readonly code?: string;
  readonly retryable?: boolean;
  /** Of a download that brought all bytes; absent in records of older builds. */
  readonly bytesDownloaded?: number;
  /** How many of its kind it stands for, as a row of 429s; absent: one. */
  readonly count?: number;
}

export const MAX_ATTEMPTS = 10;

/** The code of an attempt that was about a picture of ours, and was answered (pipeline/control-picture.ts). */
export const CONTROL_ANSWERED = 'control-answered';

/** One document per image: its current state. Container `ImageAnalysis`, partition key `/container`. */
export interface ImageDocument {
  /** uuid v5 of account, container and blob: see ids.ts. */
  readonly id: string;
  readonly container: string;
  readonly blob: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly contentType?: string;
  readonly lastModified?: string;
  /** sha256 of the bytes, hexadecimal; absent when they were never read. */
  readonly contentHash?: string;
  readonly status: ImageStatus;
  readonly reason?: ImageReason;
  readonly error?: ImageError;
  /** Of these bytes. A failed image keeps what it had before: asking for more never costs what is known. */
  readonly analysis?: ImageAnalysis;
  /** Who said it, and which features it answered. */
  readonly analyzer?: Analyzer;
  readonly source?: 'call' | 'cache';
  /** Billed by this analysis. */
  readonly transactions: number;
  readonly runId: string;
  /** When that run began; absent in documents of older builds. RFC 3339, UTC. */
  readonly runStartedAt?: string;
  /** The chunk that wrote this state: see ids.ts. */
  readonly chunkId: string;
  readonly attempts: readonly Attempt[];
  /** What this image adds to the totals now. */
  readonly contribution: TotalsVector;
  /** What it added before `chunkId` wrote it; empty when it was new. */
  readonly replaced: TotalsVector;
  readonly analyzedAt: string;
}

/** The part of a document that classification and the delta need. */
export type StoredImage = Pick<
  ImageDocument,
  | 'id'
  | 'blob'
  | 'etag'
  | 'sizeBytes'
  | 'status'
  | 'reason'
  | 'error'
  | 'analyzer'
  | 'source'
  | 'transactions'
  | 'runId'
  | 'chunkId'
  | 'attempts'
  | 'contribution'
  | 'replaced'
  | 'contentHash'
> &
  Partial<Pick<ImageDocument, 'analyzedAt' | 'runStartedAt'>> & {
    /** The document's own ETag in the store, for If-Match. */
    readonly version: string;
  };

/**
 * What an image adds to the totals of its container. Tags are the union of `tags` and `description.tags`, lower case,
 * each name once.
 */
export function contributionOf(
  image: Pick<ImageDocument, 'status' | 'sizeBytes' | 'analysis' | 'analyzer'>,
): TotalsVector {
  const sum: Record<string, number> = { [KEY.image(image.status)]: 1 };
  if (image.status !== 'removed' && image.sizeBytes > 0) sum[KEY.bytes] = image.sizeBytes;
  const { analysis, analyzer } = image;
  if (!analysis || (image.status !== 'succeeded' && image.status !== 'failed')) return sum;
  if (analyzer) sum[KEY.analyzer(`${analyzer.provider} ${analyzer.version}`)] = 1;
  if (analysis.metadata?.format) sum[KEY.format(analysis.metadata.format)] = 1;
  for (const { name } of analysis.categories ?? []) sum[KEY.category(name)] = 1;
  for (const name of analysis.color?.dominantColors ?? []) sum[KEY.color(name)] = 1;
  for (const name of analysis.description?.tags ?? []) sum[KEY.tag(name.toLowerCase())] = 1;
  for (const { name, confidence } of analysis.tags ?? []) {
    const tag = name.toLowerCase();
    sum[KEY.tag(tag)] = 1;
    const units = Math.round(confidence * CONFIDENCE_UNIT);
    // A tag may be listed twice under two hints: the first confidence counts, as the name counts once.
    if (units > 0 && sum[KEY.tagConfidence(tag)] === undefined) {
      sum[KEY.tagConfidence(tag)] = units;
      sum[KEY.tagConfidenceCount(tag)] = 1;
    }
  }
  return sum;
}

/**
 * The document of an image whose blob is gone: nothing of its analysis is left to show or to count. Who writes it says in
 * which run and what it replaces.
 */
export function removedDocument(document: ImageDocument, at: string): ImageDocument {
  const { analysis: _analysis, error: _error, source: _source, ...rest } = document;
  const removed = { ...rest, status: 'removed', reason: 'gone', transactions: 0 } as const;
  return { ...removed, contribution: contributionOf(removed), analyzedAt: at };
}
