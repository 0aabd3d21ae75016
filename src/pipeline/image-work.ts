import { createHash } from 'node:crypto';
import { keptAttempts } from '../domain/image/attempt-history';
import type { Classified } from '../domain/image/classification';
import type { TotalsVector } from '../domain/container/totals';
import { defined } from '../domain/defined';
import { checkEligibility, ineligibleAsListed, withEncoding } from '../domain/image/eligibility';
import { AppError } from '../domain/errors';
import { imageId } from '../domain/ids';
import {
  type Attempt,
  contributionOf,
  type ImageDocument,
  type ImageError,
  type ImageReason,
  type ListedBlob,
  type StoredImage,
  type Unreadable,
} from '../domain/image/image';
import { delayMs, IMAGE_RETRY } from '../domain/retry';
import { isWrittenLater, timeInId, writtenBy } from '../domain/run/run-order';
import type { BlobsGateway, DownloadOutcome } from '../gateways/blobs/port';
import { readImageHeader } from '../gateways/vision/image-header';
import { Attempts, pickError } from './attempts';
import { canReadAnother } from './another-blob';
import type { ChunkContext } from './chunk-context';
import type { FairSemaphore } from './fair-semaphore';
import { type AnswerDeps, PaidAnswer, type Verdict } from './paid-answer';
import type { Permit } from './run-session';
import { type CircuitBreaker, outage, type ServiceAnswer } from './circuit-breaker';
import { CONTROL } from './control-picture';
import { errorOf, reasonOf, saysAll } from '../domain/image/unreadable';

/**
 * One image from its listing to its saved document: download, check, answer (paid-answer), save.
 *
 * I1 A result is saved before anything else learns of it, and an acknowledged save is never repeated.
 * I2 Every document that is not `succeeded` carries a reason a person can act on.
 * I3 What this chunk replaced is remembered in the document (`replaced`), so the delta is a function of documents: a
 *    document that this chunk writes twice keeps what it replaced the first time.
 * I4 What no call was made for is not saved after a pause or a cancel. What Vision has worked on is.
 * I5 Where two executions of the chunk have called, the document tells of both: who holds the chunk adds its calls.
 */
export interface ImageDeps extends AnswerDeps {
  readonly blobs: BlobsGateway;
  readonly semaphore: FairSemaphore;
  /** When a download may start. */
  readonly blobBreaker: CircuitBreaker;
}

/** `stopped`: nothing was written; the image stays for the next execution. */
export type WorkResult =
  | { readonly saved: true; readonly document: ImageDocument }
  | { readonly saved: false; readonly stop: Exclude<Permit, 'go'> };

/** What would be saved, when nothing is. */
export interface Preview {
  readonly document: ImageDocument;
  /** The answer is in the cache: nobody pays for it again. */
  readonly isKept: boolean;
}

type Downloaded = Extract<DownloadOutcome, { readonly ok: true }>;

/** An image that changes under our hands is followed this often, then left to the next run. */
const MAX_FOLLOWED_CHANGES = 2;
const DOWNLOAD_TIMEOUT_MS = 60_000;
const CONTROL_TIMEOUT_MS = 10_000;

export class ImageWork {
  private readonly attempts: Attempts;
  private readonly answer: PaidAnswer;
  private blob: ListedBlob;
  private stored: StoredImage | undefined;

  constructor(
    private readonly deps: ImageDeps,
    private readonly chunk: ChunkContext,
    item: Classified,
  ) {
    this.blob = item.blob;
    this.stored = item.kind === 'new' ? undefined : item.stored;
    this.attempts = new Attempts(deps.clock, chunk);
    this.answer = new PaidAnswer(deps, chunk, this.attempts, item.blob.name, this.stored, item.blob.priced);
  }

  async run(): Promise<WorkResult> {
    const document = await this.judged(async (verdict) => {
      const permit = this.attempts.hasCalled ? 'go' : await this.chunk.permit(); // I4
      return permit === 'go' ? this.save(verdict) : permit;
    });
    return typeof document === 'string' ? { saved: false, stop: document } : { saved: true, document };
  }

  /** The same without the save: a call is paid for and its answer cached all the same. */
  look(): Promise<Preview | Exclude<Permit, 'go'>> {
    return this.judged(async (verdict) => ({ document: this.document(verdict), isKept: this.answer.isKept }));
  }

  private async judged<T extends object>(
    use: (verdict: Verdict) => Promise<T | Exclude<Permit, 'go'>>,
  ): Promise<T | Exclude<Permit, 'go'>> {
    const byListing = ineligibleAsListed(this.blob, this.deps.vision.limits);
    const permit = await this.chunk.permit();
    if (permit !== 'go') return permit;
    const image = `${this.chunk.container}/${this.blob.name}`;
    const done = [this.deps.visionBreaker, this.deps.blobBreaker].map((breaker) => breaker.takeInHand(image));
    // Held until the result is saved: what a crash can repeat is what is inside the semaphore (I3 of the design).
    const leave = await this.deps.semaphore.enter(this.chunk.runId, byListing ? 0 : this.blob.sizeBytes);
    let isTold = false;
    try {
      const verdict = byListing ? this.skippedAsListed(byListing) : await this.analyze();
      if (typeof verdict === 'string') return verdict;
      const used = await use(await this.answer.keepingKnown(verdict, this.blob.etag));
      isTold = typeof used !== 'string';
      return used;
    } finally {
      await this.answer.end(isTold);
      leave();
      for (const end of done) end();
    }
  }

  /** Records an image that ended the process, without touching its bytes. */
  async setAside(): Promise<WorkResult> {
    const permit = await this.chunk.permit();
    if (permit !== 'go') return { saved: false, stop: permit };
    const message = 'Processing this image ended the process several times.';
    const error: ImageError = { code: 'poison', stage: 'vision', message, retryable: true };
    const failed = { status: 'failed', reason: 'poison', error, transactions: 0 } as const;
    const verdict = await this.answer.keepingKnown(failed, this.blob.etag);
    return { saved: true, document: await this.save(verdict) };
  }

  private async analyze(): Promise<Verdict | Exclude<Permit, 'go'>> {
    const read = await this.download();
    if (typeof read === 'string' || 'status' in read) return read;
    const { bytes, contentEncoding } = read;
    const contentHash = createHash('sha256').update(bytes).digest('hex');
    const refused = checkEligibility(readImageHeader(bytes), bytes.byteLength, this.deps.vision.limits);
    const reason = withEncoding(refused, contentEncoding);
    if (reason) return { ...this.skipped(reason), contentHash };
    const verdict = await this.answer.find(bytes, contentHash);
    return typeof verdict === 'string' ? verdict : { ...verdict, contentHash };
  }

  private async download(): Promise<Downloaded | Verdict | Exclude<Permit, 'go'>> {
    for (let attempt = 1, followed = 0; ; ) {
      const turn = await this.deps.blobBreaker.turn(async () => (await this.chunk.permit()) !== 'go');
      const permit = await this.chunk.permit();
      if (permit !== 'go') {
        this.deps.blobBreaker.giveBack(turn);
        return permit;
      }
      if (this.deps.blobBreaker.isOver(turn)) continue;
      if (this.deps.blobBreaker.isInDoubt) {
        this.deps.blobBreaker.answered(await this.controlListing(), turn);
        continue;
      }
      const startedMs = this.deps.clock.nowMs();
      const outcome = await this.deps.blobs.download(this.chunk.container, this.blob, {
        maxBytes: this.deps.vision.limits.maxBytes,
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
      });
      const asked = this.deps.blobBreaker.answered(
        downloadAnswer(outcome, `${this.chunk.container}/${this.blob.name}`),
        turn,
      );
      const brought = outcome.ok ? { bytesDownloaded: outcome.bytes.byteLength } : {};
      this.attempts.record('download', startedMs, 0, { ...outcome, ...brought });
      if (outcome.ok) return outcome;
      const error: ImageError = { ...pickError(outcome), stage: 'download' };
      switch (outcome.code) {
        case 'gone':
          return { status: 'removed', reason: 'gone', transactions: 0 };
        case 'too-large-bytes':
          return this.skipped('too-large-bytes');
        case 'archived':
        case 'rehydrate-pending':
        case 'customer-provided-key':
          return this.withheld(outcome.code, error);
        case 'changed': {
          const now =
            followed < MAX_FOLLOWED_CHANGES
              ? await this.deps.blobs.head(this.chunk.container, this.blob.name)
              : undefined;
          if (!now)
            return { status: 'failed', reason: 'changed', error: { ...error, retryable: true }, transactions: 0 };
          this.blob = now;
          followed += 1;
          break;
        }
        case 'download-forbidden':
          if (await canReadAnother(this.deps, this.chunk.container, this.blob)) {
            const reason = 'download-forbidden';
            return { status: 'failed', reason, error: { ...error, retryable: true }, transactions: 0 };
          }
          throw new AppError(
            'storage-forbidden',
            `Reading '${this.chunk.container}' was forbidden: ${outcome.message}`,
          );
        case 'download-failed':
          if (outcome.retryable && this.attempts.isSpared(asked, this.deps.blobBreaker)) break;
          if (!outcome.retryable || attempt >= IMAGE_RETRY.maxAttempts) {
            return { status: 'failed', reason: 'download-failed', error, transactions: 0 };
          }
          await this.deps.clock.sleep(delayMs(IMAGE_RETRY, attempt++, this.deps.clock.random01()));
      }
    }
  }

  /** Does Blob Storage answer at all, or do these blobs alone fail? A listing costs nothing and reads none of them. */
  private async controlListing(): Promise<ServiceAnswer> {
    const signal = AbortSignal.timeout(CONTROL_TIMEOUT_MS);
    const page = this.deps.blobs.listPage(this.chunk.container, { prefix: '', pageSize: 1, signal });
    return page.then(
      () => ({ kind: 'answer' }),
      (thrown: unknown) =>
        thrown instanceof AppError && !thrown.retryable
          ? { kind: 'answer' }
          : { kind: 'outage', code: 'storage-unavailable', suspect: CONTROL },
    );
  }

  /** Saves against what was seen; a document that somebody else wrote meanwhile is read again and decided again. */
  private async save(verdict: Verdict): Promise<ImageDocument> {
    for (let failures = 0; ; ) {
      this.chunk.signal?.throwIfAborted();
      const document = this.document(verdict);
      const savingMs = this.deps.clock.nowMs();
      try {
        const expected = this.stored ? { version: this.stored.version } : ('new' as const);
        const outcome = await this.deps.results.save(document, expected);
        if (outcome.saved) return document;
        const now = await this.deps.results.get(this.chunk.container, this.blob.name);
        const owed = now && this.isAnswered(now.document) ? await this.withCalls(now.document, verdict) : undefined;
        if (now && owed) {
          const isTold = owed === now.document || (await this.deps.results.save(owed, { version: now.version })).saved;
          if (isTold) return owed;
          continue;
        }
        this.stored = now ? { ...now.document, version: now.version } : undefined;
      } catch (thrown) {
        // The answer of Vision is paid for: it is offered again for as long as that makes sense.
        failures += 1;
        await this.attempts.storeFailed(thrown, { stage: 'save', startedMs: savingMs, failures });
      }
    }
  }

  /**
   * Is the document that stands the answer already? Then it stays: it is our own write, whose answer was lost, or that of
   * another execution of this chunk, which may have been counted; or a later run has come by while this process stood still.
   */
  private isAnswered(document: ImageDocument): boolean {
    const { chunkId, runId, startedAt = timeInId(runId) ?? '' } = this.chunk;
    return document.chunkId === chunkId || isWrittenLater(document, { id: runId, startedAt });
  }

  /** The document that stands, with calls of this execution that it does not tell of (I5). */
  private async withCalls(standing: ImageDocument, { transactions }: Verdict): Promise<ImageDocument> {
    const { runId, chunkId } = this.chunk;
    const { calls } = this.attempts;
    const isOurs = calls.length === 0 || calls.some((call) => standing.attempts.some(isSameCall(call)));
    // Who has lost the chunk left its claim to who has it, and that one tells of it.
    if (standing.chunkId !== chunkId || isOurs || (await this.chunk.permit()) === 'lost') return standing;
    const attempts = keptAttempts([...standing.attempts, ...calls], runId);
    return { ...standing, attempts, transactions: standing.transactions + transactions };
  }

  private document(verdict: Verdict): ImageDocument {
    const { container, runId, startedAt, chunkId } = this.chunk;
    const { blob, stored } = this;
    const base = {
      id: imageId(this.deps.blobs.account, container, blob.name),
      container,
      blob: blob.name,
      etag: blob.etag,
      sizeBytes: blob.sizeBytes,
      ...defined({ contentType: blob.contentType, lastModified: blob.lastModified }),
      ...verdict,
      ...writtenBy({ runId, startedAt }),
      chunkId,
      attempts: keptAttempts([...(stored?.attempts ?? []), ...this.attempts.all], runId),
      analyzedAt: new Date(this.deps.clock.nowMs()).toISOString(),
    };
    return { ...base, contribution: contributionOf(base), replaced: replacedBy(chunkId, stored) };
  }

  private skipped(reason: ImageReason, error?: ImageError): Verdict {
    return { status: 'skipped', reason, ...defined({ error }), analyzer: this.answer.analyzer, transactions: 0 };
  }

  private skippedAsListed(reason: ImageReason): Verdict {
    const { unreadable } = this.blob;
    const error = unreadable && reasonOf(unreadable) === reason ? errorOf(unreadable) : undefined;
    return this.skipped(reason, error);
  }

  /** Not readable since it was listed. What is known of the same bytes stays, as after any failure. */
  private withheld(unreadable: Unreadable, error: ImageError): Verdict {
    const { stored, blob } = this;
    const reason = reasonOf(unreadable);
    const isKnown = stored?.etag === blob.etag && stored.status !== 'skipped' && saysAll(stored, unreadable);
    return isKnown ? { status: 'failed', reason, error, transactions: 0 } : this.skipped(reason, error);
  }
}

/** What a write of this chunk replaces (I3). */
export function replacedBy(chunkId: string, stored: StoredImage | undefined): TotalsVector {
  if (!stored) return {};
  return stored.chunkId === chunkId ? stored.replaced : stored.contribution;
}

function isSameCall({ stage, startedAt, code }: Attempt) {
  return (other: Attempt) => other.stage === stage && other.startedAt === startedAt && other.code === code;
}

function downloadAnswer(outcome: DownloadOutcome, image: string): ServiceAnswer {
  const isOutage = !outcome.ok && outcome.code === 'download-failed' && outcome.retryable;
  return isOutage ? outage(outcome, image) : { kind: 'answer' };
}
