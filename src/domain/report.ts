import type { Attempt, ImageDocument, ImageReason, ImageStatus, StoredImage } from './image';

/** One line of a chunk's report: what this run did with one image. The ledger of the run. */
export interface ImageOutcome {
  readonly blob: string;
  readonly status: ImageStatus | 'unchanged';
  /** Was it in the snapshot? False for stored images that are gone from the container. */
  readonly listed: boolean;
  readonly reason?: ImageReason;
  readonly code?: string;
  readonly stage?: string;
  readonly retryable?: boolean;
  readonly calls: number;
  readonly transactions: number;
  readonly source?: ImageDocument['source'];
}

/** What the chunk that wrote this document did with the image, from the document alone. */
export function outcomeOf(image: StoredImage, listed: boolean): ImageOutcome {
  return {
    blob: image.blob,
    status: image.status,
    listed,
    ...(image.reason === undefined ? {} : { reason: image.reason }),
    ...(image.error === undefined
      ? {}
      : { code: image.error.code, stage: image.error.stage, retryable: image.error.retryable }),
    calls: image.attempts.filter((attempt) => isCall(attempt, image.runId)).length,
    transactions: image.transactions,
    ...(image.source === undefined ? {} : { source: image.source }),
  };
}

/** A request that Vision worked on: one it refused with 429 costs nothing and is not a call. */
function isCall(attempt: Attempt, runId: string): boolean {
  return attempt.stage === 'vision' && attempt.runId === runId && attempt.code !== 'vision-throttled';
}
