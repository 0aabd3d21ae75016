import { defined } from '../domain/defined';
import { AppError } from '../domain/errors';
import type { Attempt, ImageError, Stage } from '../domain/image/image';
import { delayMs, IMAGE_RETRY } from '../domain/retry';
import { billedOf } from '../domain/run/report';
import type { ChunkContext } from './chunk-context';
import type { Clock } from './clock';
import type { CircuitBreaker, Turn } from './circuit-breaker';

/**
 * What this execution has tried for one image, and what else it may try.
 *
 * I1 Every call of Vision has an entry, including calls of an earlier execution.
 * I2 The history stays short: 429s in a row are one entry.
 * I3 An outage costs probes, not attempts of the image, until the image may be its only culprit.
 * I4 If a store does not answer, the image asks again and says so. Only a store that stays away ends the chunk.
 */
export class Attempts {
  private readonly attempts: Attempt[] = [];
  private readonly earlier = new Set<Attempt>();
  /** Times the image was the one that tested a service that was down. */
  private probes = 0;

  constructor(
    private readonly clock: Clock,
    private readonly chunk: Pick<ChunkContext, 'runId' | 'trouble'>,
  ) {}

  get all(): readonly Attempt[] {
    return this.attempts;
  }

  /** Did Vision get to see the image, by this execution or one of its chunk before? Then the save keeps what it cost. */
  get hasCalled(): boolean {
    return this.attempts.some(({ stage }) => stage === 'vision');
  }

  /** Calls of this execution. */
  get calls(): readonly Attempt[] {
    return this.attempts.filter((attempt) => attempt.stage === 'vision' && !this.earlier.has(attempt));
  }

  /** When calls were begun that may have been billed, by this execution or one before. */
  get billed(): readonly string[] {
    return billedOf(this.attempts);
  }

  /** A call that an earlier execution of this chunk began (I1). */
  recordEarlier(startedAt: string, code?: 'maybe-billed'): void {
    const { runId } = this.chunk;
    const attempt: Attempt = { stage: 'vision', startedAt, waitMs: 0, workMs: 0, runId, ...defined({ code }) };
    this.attempts.push(attempt);
    this.earlier.add(attempt);
  }

  record(
    stage: Stage,
    startedMs: number,
    waitMs: number,
    outcome: {
      readonly ok: boolean;
      readonly code?: string;
      readonly retryable?: boolean;
      readonly httpStatus?: number;
      readonly requestId?: string;
      readonly bytesDownloaded?: number;
    },
  ): void {
    const last = this.attempts.at(-1);
    // I2: otherwise the waiting would push the story out of the last MAX_ATTEMPTS.
    if (outcome.code === 'vision-throttled' && last?.code === outcome.code) {
      const soFar = {
        waitMs: last.waitMs + Math.round(waitMs),
        workMs: last.workMs + this.elapsed(startedMs),
        count: (last.count ?? 1) + 1,
      };
      this.attempts[this.attempts.length - 1] = { ...last, ...soFar };
      return;
    }
    this.attempts.push({
      stage,
      startedAt: new Date(startedMs).toISOString(),
      waitMs: Math.round(waitMs),
      workMs: this.elapsed(startedMs),
      runId: this.chunk.runId,
      ...defined({
        httpStatus: outcome.httpStatus,
        requestId: outcome.requestId,
        bytesDownloaded: outcome.bytesDownloaded,
        code: outcome.code,
        retryable: outcome.retryable,
      }),
    });
  }

  /** A probe that fails tells of an outage, which is not the image's fault (I3). */
  isSpared({ probe }: Turn, pace: CircuitBreaker): boolean {
    if (!probe) return false;
    this.probes += 1;
    return this.probes < MAX_PROBES || pace.downForMs < SPARED_MS;
  }

  /** Waits before the store is asked again, and says so. @throws what was thrown, where waiting does not help */
  async storeFailed(
    thrown: unknown,
    { stage, startedMs, failures }: { readonly stage: Stage; readonly startedMs: number; readonly failures: number },
  ): Promise<void> {
    if (!(thrown instanceof AppError) || !thrown.retryable || failures > STORE_RETRIES) throw thrown;
    this.record(stage, startedMs, 0, { ok: false, ...pickError(thrown) });
    this.chunk.trouble(thrown.message);
    await this.clock.sleep(delayMs({ ...IMAGE_RETRY, maxDelayMs: 5_000 }, failures, this.clock.random01()));
  }

  private elapsed(startedMs: number): number {
    return Math.round(this.clock.nowMs() - startedMs);
  }
}

/** An image that failed so many probes in an outage so long is no witness of it any more: it may be the only culprit. */
const MAX_PROBES = 5;
const SPARED_MS = 180_000;
/** How often a store that does not answer is asked again: what is in our hands is paid for, or about to be. */
const STORE_RETRIES = 60;

/** What an image, or an attempt, says of what failed. */
export function pickError(outcome: {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly httpStatus?: number;
  readonly requestId?: string;
}): Omit<ImageError, 'stage'> {
  return {
    code: outcome.code,
    message: outcome.message.slice(0, 500),
    retryable: outcome.retryable,
    ...defined({ httpStatus: outcome.httpStatus, requestId: outcome.requestId }),
  };
}
