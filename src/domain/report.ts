import type { ImageDocument, ImageReason, ImageStatus } from './image';

/** One line of a chunk's report: what this run did with one image. The ledger of the run. */
export interface ImageOutcome {
  readonly blob: string;
  readonly status: ImageStatus | 'unchanged';
  readonly reason?: ImageReason;
  readonly code?: string;
  readonly stage?: string;
  readonly retryable?: boolean;
  readonly calls: number;
  readonly transactions: number;
  readonly source?: ImageDocument['source'];
}
