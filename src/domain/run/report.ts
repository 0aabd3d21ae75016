import {
  type Counters,
  type ImageCounter,
  NO_COUNTERS,
  pickCounters,
  WORK_COUNTERS,
  type WorkCounter,
  type WorkCounters,
} from '../counters';
import { defined } from '../defined';
import { times } from '../image/attempt-history';
import {
  type Attempt,
  CONTROL_ANSWERED,
  type ImageDocument,
  type ImageReason,
  type ImageStatus,
  type StoredImage,
} from '../image/image';
import { isWrittenLater, type RunStart } from './run-order';

/** Counters that a line tells where they are not 0. The others it always tells; of the cache hits, `source` tells. */
export type LineCounter = Exclude<WorkCounter, 'calls' | 'transactions' | 'cacheHits'>;
export const LINE_COUNTERS = WORK_COUNTERS.filter(
  (counter): counter is LineCounter => !['calls', 'transactions', 'cacheHits'].includes(counter),
);

/** One line of a chunk's report: what this run did with one image. The ledger of the run. */
export interface ImageOutcome extends Pick<Counters, 'calls' | 'transactions'>, Partial<Pick<Counters, LineCounter>> {
  readonly blob: string;
  readonly status: OutcomeStatus;
  /** Was it in the snapshot? False for stored images that are gone from the container. */
  readonly listed: boolean;
  readonly reason?: ImageReason;
  readonly code?: string;
  readonly stage?: string;
  readonly retryable?: boolean;
  readonly source?: ImageDocument['source'];
  /** When calls were sent whose answer was never read: they may have been billed. Absent: none. */
  readonly maybeBilled?: readonly string[];
  /** First attempt of this run. */
  readonly startedAt?: string;
  /** When the state was decided that was saved. */
  readonly endedAt?: string;
  /** Over all attempts of this run; absent: no attempt. */
  readonly waitMs?: number;
  readonly workMs?: number;
}

export const OUTCOME_STATUSES = ['succeeded', 'failed', 'skipped', 'removed', 'unchanged', 'not-analysed'] as const;
/** `not-analysed`: the run stopped or ended before it came to it (unprocessed.ts); never stored. */
export type OutcomeStatus = ImageStatus | 'unchanged' | 'not-analysed';

/** What the chunk that wrote this document did with the image, from the document alone. */
export function outcomeOf(image: StoredImage, listed: boolean): ImageOutcome {
  const attempts = image.attempts.filter(({ runId }) => runId === image.runId);
  return {
    blob: image.blob,
    status: image.status,
    listed,
    ...defined({ reason: image.reason }),
    ...(image.error !== undefined && {
      code: image.error.code,
      stage: image.error.stage,
      retryable: image.error.retryable,
    }),
    calls: attempts.filter(isCall).reduce((sum, attempt) => sum + times(attempt), 0),
    transactions: image.transactions,
    ...defined({ source: image.source }),
    ...effortOf(image, attempts),
  };
}

/** What a line adds to the counters of its run. */
export function countersOf(outcome: ImageOutcome): Counters {
  const ended = counterOf(outcome);
  return {
    ...NO_COUNTERS,
    ...pickCounters<WorkCounter>(outcome, WORK_COUNTERS),
    cacheHits: outcome.source === 'cache' ? 1 : 0,
    ...(ended && { [ended]: 1 }),
  };
}

function counterOf({ status, listed }: ImageOutcome): ImageCounter | undefined {
  if (status === 'not-analysed') return undefined;
  // An image that was listed and deleted before its turn is skipped by the run, though removed from the results.
  return status === 'removed' && listed ? 'skipped' : status;
}

/** An image that needed no work, of a chunk that had some or of one that had none. */
export function unchangedOutcome(blob: string): ImageOutcome {
  return { blob, status: 'unchanged', listed: true, calls: 0, transactions: 0 };
}

/**
 * Was this image one of the unchanged ones of an earlier run, as far as its document still tells? A later run may have
 * written it since, and a repair, which is no run, may have removed it.
 */
export function existedBefore(
  image: Pick<StoredImage, 'runId' | 'runStartedAt' | 'status' | 'replaced' | 'analyzedAt'>,
  run: RunStart,
): boolean {
  if (!isWrittenLater(image, run)) return image.status !== 'removed' || (image.analyzedAt ?? '') > run.startedAt;
  const before = Object.keys(image.replaced);
  return before.length > 0 && !before.includes('i:removed');
}

type Effort = Pick<ImageOutcome, LineCounter | 'maybeBilled' | 'startedAt' | 'endedAt' | 'waitMs' | 'workMs'>;

function effortOf(image: StoredImage, attempts: readonly Attempt[]): Effort {
  const sum = (pick: (attempt: Attempt) => number) => attempts.reduce((total, attempt) => total + pick(attempt), 0);
  const work: Pick<WorkCounters, LineCounter> = {
    downloads: sum((attempt) => (isDownload(attempt) ? times(attempt) : 0)),
    bytesDownloaded: sum(({ bytesDownloaded = 0 }) => bytesDownloaded),
    retries: retriesOf(image, attempts),
    throttled: sum((attempt) => (isThrottled(attempt) ? times(attempt) : 0)),
  };
  const maybeBilled = unheardOf(attempts);
  const [first = image.analyzedAt] = attempts.map(({ startedAt }) => startedAt).sort();
  return {
    ...nonZero(work),
    ...(maybeBilled.length !== 0 && { maybeBilled }),
    ...defined({ startedAt: first, endedAt: image.analyzedAt }),
    ...(attempts.length !== 0 && { waitMs: sum(({ waitMs }) => waitMs), workMs: sum(({ workMs }) => workMs) }),
  };
}

function nonZero(work: Pick<WorkCounters, LineCounter>): Partial<Pick<WorkCounters, LineCounter>> {
  const kept: Partial<Record<LineCounter, number>> = {};
  for (const counter of LINE_COUNTERS) {
    if (work[counter] !== 0) kept[counter] = work[counter];
  }
  return kept;
}

/** Every failure was followed by another try, but the one that decided the image. */
function retriesOf({ error, reason }: StoredImage, attempts: readonly Attempt[]): number {
  const failures = attempts
    .filter(({ code }) => code !== undefined && code !== CONTROL_ANSWERED && !NO_ANSWER_OF_OURS.includes(code))
    .reduce((sum, attempt) => sum + times(attempt), 0);
  const last = attempts.at(-1)?.code;
  const decided = last !== undefined && (last === error?.code || last === reason);
  return Math.max(0, failures - (decided ? 1 : 0));
}

/** Left by an execution that died between its claim of a call and the save: nobody knows whether the call was sent. */
const MAYBE_BILLED = 'maybe-billed';
const THROTTLED = 'vision-throttled';
const NO_ANSWER_OF_OURS: readonly string[] = [THROTTLED, MAYBE_BILLED];

/** A request that Vision worked on: one it refused with 429 costs nothing and is not a call. */
function isCall({ stage, code }: Attempt): boolean {
  return stage === 'vision' && (code === undefined || !NO_ANSWER_OF_OURS.includes(code));
}

/** One that brought all bytes. */
function isDownload({ stage, code }: Attempt): boolean {
  return stage === 'download' && code === undefined;
}

function isThrottled(attempt: Attempt): boolean {
  return attempt.code === THROTTLED;
}

/** When calls were sent, or may have been, that may have been billed: all but those that Vision refused or failed. */
export function billedOf(attempts: readonly Attempt[]): readonly string[] {
  const isAnswered = ({ stage, code }: Attempt) =>
    stage === 'vision' && (code === undefined || code === CONTROL_ANSWERED);
  return startsOf(attempts.filter((attempt) => isAnswered(attempt) || isUnheard(attempt)));
}

/** When calls were sent, or may have been, whose answer nobody read: the service may have done its work. */
function unheardOf(attempts: readonly Attempt[]): readonly string[] {
  return startsOf(attempts.filter(isUnheard));
}

function startsOf(attempts: readonly Attempt[]): readonly string[] {
  return attempts.flatMap((attempt) => Array<string>(times(attempt)).fill(attempt.startedAt));
}

const UNHEARD_CODES: readonly string[] = [
  'vision-timeout',
  'vision-network',
  'vision-aborted',
  'vision-bad-response',
  MAYBE_BILLED,
];

function isUnheard(attempt: Attempt): boolean {
  return attempt.stage === 'vision' && attempt.code !== undefined && UNHEARD_CODES.includes(attempt.code);
}
