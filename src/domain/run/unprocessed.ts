import type { Analyzer } from '../image/analysis';
import { classify } from '../image/classification';
import type { ImageReason, ListedBlob, StoredImage } from '../image/image';
import { type ImageOutcome, outcomeOf, unchangedOutcome } from './report';
import { COVERED, type RunStatus, type RunView } from './run';
import { isWrittenLater, type RunStart } from './run-order';

/**
 * The rest of a run: images it listed and was to work on, and did not come to, because it stopped or ended early. They are
 * nobody's failure and are counted as nothing; a run that goes on to its end leaves none.
 */
const REASONS: Readonly<Partial<Record<RunStatus, ImageReason>>> = {
  StoppedAtBudget: 'budget',
  Cancelled: 'cancelled',
  Failed: 'run-failed',
};

/** Why a run in this status has left images; undefined for one that goes on, or has done all. */
export function reasonOfUnprocessed(status: RunStatus): ImageReason | undefined {
  return REASONS[status];
}

/** How many listed images an ended run did not come to; undefined where it had not listed all of them. */
export function unprocessedCount({ status, counts }: Pick<RunView, 'status' | 'counts'>): number | undefined {
  if (reasonOfUnprocessed(status) === undefined) return 0;
  const covered = COVERED.reduce((sum, counter) => sum + counts[counter], 0);
  return counts.totalIsFinal ? Math.max(0, counts.total - covered) : undefined;
}

export function unprocessedOutcome(blob: string, reason: ImageReason): ImageOutcome {
  return { blob, status: 'not-analysed', listed: true, reason, calls: 0, transactions: 0 };
}

export interface UnfinishedChunk {
  readonly id: string;
  readonly reported: readonly ImageOutcome[];
  /** Its input. */
  readonly blobs: readonly ListedBlob[];
  /** Documents of its interval. */
  readonly stored: readonly StoredImage[];
}

/**
 * Every image of a chunk that was not finished, in the order of its input: what it reported, what it saved and could not
 * report (its process died), what needs no work, and the rest.
 */
export function completeReport(
  { id, reported, blobs, stored }: UnfinishedChunk,
  run: RunStart & Pick<RunView, 'retry'>,
  analyzer: Analyzer,
  reason: ImageReason,
): ImageOutcome[] {
  const names = new Set(blobs.map(({ name }) => name));
  const known = new Map(stored.map((image) => [image.blob, image]));
  const told = new Map(reported.map((outcome) => [outcome.blob, outcome]));
  for (const image of stored) {
    const isListed = names.has(image.blob) || image.status !== 'removed';
    if (image.chunkId === id && !told.has(image.blob)) told.set(image.blob, outcomeOf(image, isListed));
  }
  const untold = (blob: ListedBlob): ImageOutcome => {
    const image = known.get(blob.name);
    // A later run wrote it: that the document stands now says nothing of then.
    const isLater = image !== undefined && isWrittenLater(image, run);
    const stands = !isLater && classify(blob, image, analyzer, id, run.retry).kind === 'unchanged';
    return stands ? unchangedOutcome(blob.name) : unprocessedOutcome(blob.name, reason);
  };
  const listed = blobs.map((blob) => told.get(blob.name) ?? untold(blob));
  return [...listed, ...[...told.values()].filter(({ blob }) => !names.has(blob))];
}
