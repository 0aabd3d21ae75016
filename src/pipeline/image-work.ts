import { createHash, getFips } from 'node:crypto';
import {
  type Analyzer,
  asking,
  cacheKey,
  isSameAnalyzer,
  listedKey,
  mergeAnalyses,
  missingFeatures,
} from '../domain/analysis';
import { answered, type Classified } from '../domain/classification';
import type { Counters } from '../domain/counters';
import { checkEligibility, ineligibleByListing } from '../domain/eligibility';
import { AppError } from '../domain/errors';
import { imageId } from '../domain/ids';
import {
  type Attempt,
  contributionOf,
  type ImageDocument,
  type ImageError,
  type ImageReason,
  type ListedBlob,
  MAX_ATTEMPTS,
  type Stage,
  type StoredImage,
} from '../domain/image';
import { delayMs, IMAGE_RETRY } from '../domain/retry';
import type { BlobsGateway, DownloadOutcome } from '../gateways/blobs/port';
import type { CachedAnswer, CacheGateway, Granted } from '../gateways/cache/port';
import type { ResultsGateway } from '../gateways/results/port';
import { readImageHeader } from '../gateways/vision/image-header';
import type { VisionGateway, VisionOutcome } from '../gateways/vision/port';
import type { Clock } from './clock';
import type { Gate } from './gate';
import type { Permit } from './run-session';
import { type ServiceAnswer, type ServicePace, type Turn, throttleMs } from './service-pace';
import type { SingleFlight } from './single-flight';

/**
 * One image from its listing to its saved document: download, check, call, save.
 *
 * I1 A result is saved before anything else learns of it, and an acknowledged save is never repeated.
 * I2 No call starts without a permit taken after the last wait.
 * I3 Every document that is not `succeeded` carries a reason a person can act on.
 * I4 What this chunk replaced is remembered in the document (`replaced`), so the delta is a function of documents: a
 *    document that this chunk writes twice keeps what it replaced the first time.
 * I5 Bytes that an analyzer has seen are never paid for again, in whatever container and under whatever name: Vision is
 *    asked for the features that neither cache nor document has, and what is known of the same bytes is never dropped.
 */
export interface ImageDeps {
  readonly blobs: BlobsGateway;
  readonly vision: VisionGateway;
  readonly results: ResultsGateway;
  readonly cache: CacheGateway;
  readonly flights: SingleFlight;
  readonly gate: Gate;
  /** When a download, and a call, may start. */
  readonly blobPace: ServicePace;
  readonly visionPace: ServicePace;
  /** Tells every replica that Vision asked to wait. */
  readonly tellThrottled: (retryAfterMs: number) => Promise<void> | void;
  readonly clock: Clock;
}

export interface ChunkContext {
  readonly container: string;
  readonly runId: string;
  readonly chunkId: string;
  /** What Vision is asked for; absent: as configured. */
  readonly features?: readonly string[];
  readonly permit: () => Promise<Permit>;
  /** A permit and one of the calls of so many transactions that the quota grants. */
  readonly callPermit: (transactions: number) => Promise<Permit>;
  /** Such a call was not made, or was refused before it was billed. */
  readonly callUnused: (transactions: number) => void;
  /** How long others wait for a call that its owner left behind. Default CLAIM_MS. */
  readonly claimMs?: number;
  /** An image has started or ended its call. */
  readonly inFlight: (change: 1 | -1) => void;
  /** Why this image does not go on, where that takes long. */
  readonly trouble: (message: string) => void;
}

/** `stopped`: nothing was written; the image stays for the next execution. */
export type WorkResult =
  | { readonly saved: true; readonly document: ImageDocument }
  | { readonly saved: false; readonly stop: Exclude<Permit, 'go'> };

/** What would be saved, when nothing is. */
export interface Looked {
  readonly document: ImageDocument;
  /** The answer is in the cache: nobody pays for it again. */
  readonly isKept: boolean;
}

/** What the analysis of the bytes came to. */
type Verdict = Pick<ImageDocument, 'status' | 'transactions'> &
  Partial<Pick<ImageDocument, 'reason' | 'error' | 'analysis' | 'analyzer' | 'source' | 'contentHash'>>;

type Known = Pick<CachedAnswer, 'analysis' | 'analyzer'>;

/** An image that changes under our hands is followed this often, then left to the next run. */
const MAX_FOLLOWED_CHANGES = 2;
const DOWNLOAD_TIMEOUT_MS = 60_000;
/**
 * Longer than any wait for Vision's quota. A chunk takes its own claim over at once, so only bytes that a run left behind
 * for good are waited for so long.
 */
const CLAIM_MS = 900_000;
const CLAIM_POLL_MS = 200;
/** An image that failed so many probes in an outage so long is no witness of it any more: it may be the only culprit. */
const MAX_PROBES = 5;
const SPARED_MS = 180_000;
/** How often a store that does not answer is asked again: what is in our hands is paid for, or about to be. */
const STORE_RETRIES = 60;

export class ImageWork {
  private readonly attempts: Attempt[] = [];
  private blob: ListedBlob;
  private stored: StoredImage | undefined;
  private transactions = 0;
  /** Times it was the one that tested a service that was down. */
  private probes = 0;
  private isKept = false;

  constructor(
    private readonly deps: ImageDeps,
    private readonly chunk: ChunkContext,
    item: Classified,
  ) {
    this.blob = item.blob;
    this.stored = item.kind === 'new' ? undefined : item.stored;
  }

  /** Who answers, asked for what this run wants. */
  private get analyzer(): Analyzer {
    return asking(this.deps.vision.analyzer, this.chunk.features);
  }

  async run(): Promise<WorkResult> {
    const document = await this.judged((verdict) => this.save(verdict));
    return typeof document === 'string' ? { saved: false, stop: document } : { saved: true, document };
  }

  /** The same without the save: a call is paid for and its answer cached all the same. */
  look(): Promise<Looked | Exclude<Permit, 'go'>> {
    return this.judged(async (verdict) => ({ document: this.document(verdict), isKept: this.isKept }));
  }

  private async judged<T>(use: (verdict: Verdict) => Promise<T>): Promise<T | Exclude<Permit, 'go'>> {
    const byListing = ineligibleByListing(this.blob.sizeBytes, this.deps.vision.limits);
    const permit = await this.chunk.permit();
    if (permit !== 'go') return permit;
    // Held until the result is saved: what a crash can repeat is what is inside the gate (I3 of the design).
    const leave = await this.deps.gate.enter(this.chunk.runId, byListing ? 0 : this.blob.sizeBytes);
    try {
      const verdict = byListing ? this.skipped(byListing) : await this.analyze();
      return typeof verdict === 'string' ? verdict : await use(await this.keepingKnown(verdict));
    } finally {
      leave();
    }
  }

  /** Records an image that ended the process, without touching its bytes. */
  async setAside(): Promise<WorkResult> {
    const message = 'Processing this image ended the process several times.';
    const error: ImageError = { code: 'poison', stage: 'vision', message, retryable: true };
    const verdict = await this.keepingKnown({ status: 'failed', reason: 'poison', error, transactions: 0 });
    return { saved: true, document: await this.save(verdict) };
  }

  private async analyze(): Promise<Verdict | Exclude<Permit, 'go'>> {
    const bytes = await this.download();
    if (!(bytes instanceof Uint8Array)) return bytes;
    const contentHash = createHash('sha256').update(bytes).digest('hex');
    const reason = checkEligibility(readImageHeader(bytes), bytes.byteLength, this.deps.vision.limits);
    if (reason) return { ...this.skipped(reason), contentHash };
    const verdict = await this.answer(bytes, contentHash);
    return typeof verdict === 'string' ? verdict : { ...verdict, contentHash };
  }

  private async download(): Promise<Uint8Array | Verdict | Exclude<Permit, 'go'>> {
    for (let attempt = 1, followed = 0; ; ) {
      const turn = await this.deps.blobPace.turn(() => this.isStopped());
      const permit = await this.chunk.permit();
      if (permit !== 'go') {
        this.deps.blobPace.giveBack(turn);
        return permit;
      }
      if (this.deps.blobPace.isOver(turn)) continue;
      const startedMs = this.deps.clock.nowMs();
      const outcome = await this.deps.blobs.download(this.chunk.container, this.blob, {
        maxBytes: this.deps.vision.limits.maxBytes,
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
      });
      this.deps.blobPace.answered(downloadAnswer(outcome), turn);
      this.record('download', startedMs, 0, outcome);
      if (outcome.ok) return outcome.bytes;
      const error: ImageError = { ...pickError(outcome), stage: 'download' };
      switch (outcome.code) {
        case 'gone':
          return { status: 'removed', reason: 'gone', transactions: 0 };
        case 'too-large-bytes':
          return this.skipped('too-large-bytes');
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
          throw new AppError(
            'storage-forbidden',
            `Reading '${this.chunk.container}' was forbidden: ${outcome.message}`,
          );
        case 'download-failed':
          if (outcome.retryable && this.isSpared(turn, this.deps.blobPace)) break;
          if (!outcome.retryable || attempt >= IMAGE_RETRY.maxAttempts) {
            return { status: 'failed', reason: 'download-failed', error, transactions: 0 };
          }
          await this.deps.clock.sleep(delayMs(IMAGE_RETRY, attempt++, this.deps.clock.random01()));
      }
    }
  }

  /** I5: the answer for these bytes, from the cache or paid for once. */
  private answer(bytes: Uint8Array, contentHash: string): Promise<Verdict | Exclude<Permit, 'go'>> {
    const { cache, flights, clock } = this.deps;
    const key = cacheKey(contentHash, this.analyzer);
    return flights.run(key, async () => {
      const unheard = new Set<string>();
      for (;;) {
        const permit = await this.chunk.permit();
        if (permit !== 'go') return permit;
        const askedMs = clock.nowMs();
        const claimant = { holder: this.chunk.chunkId, nowMs: askedMs, leaseMs: this.chunk.claimMs ?? CLAIM_MS };
        const claim = await cache.claim(key, this.analyzer.features, claimant).catch(async (thrown: unknown) => {
          unheard.add(new Date(askedMs).toISOString());
          await this.storeFailed(thrown, { stage: 'cache', startedMs: askedMs, failures: unheard.size });
        });
        if (claim === undefined) continue;
        if (claim.state === 'granted') return this.pay(bytes, contentHash, withoutOwn(claim, unheard));
        if (claim.state === 'hit') {
          this.record('cache', askedMs, 0, { ok: true });
          return { ...this.known(claim.answer), ...(await this.union(contentHash, claim.answer)) };
        }
        this.chunk.trouble('Another run is paying for the same picture; its answer is awaited.');
        await clock.sleep(CLAIM_POLL_MS);
      }
    });
  }

  private known({ analysis, analyzer, paid }: CachedAnswer): Verdict {
    this.isKept = true;
    const verdict = { status: 'succeeded', analysis, analyzer } as const;
    const isOurs = paid.holder === this.chunk.chunkId && paid.blob === this.blob.name;
    if (!isOurs) return { ...verdict, source: 'cache', transactions: 0 };
    // Paid for by an earlier execution of this chunk that died before its save: the call is this image's.
    this.attempts.push({ stage: 'vision', startedAt: paid.at, waitMs: 0, workMs: 0, runId: this.chunk.runId });
    return { ...verdict, source: 'call', transactions: paid.transactions };
  }

  private async pay(bytes: Uint8Array, contentHash: string, claim: Granted): Promise<Verdict | Exclude<Permit, 'go'>> {
    if (claim.abandonedAt !== undefined) this.maybeBilled(claim.abandonedAt);
    try {
      const known = await this.union(contentHash, claim.known);
      const missing = missingFeatures(this.analyzer, known?.analyzer);
      if (known && missing.length === 0) {
        this.isKept = await this.keep(bytes, claim, { ...known, paid: this.paidBefore() });
        return { status: 'succeeded', ...known, source: 'cache', transactions: 0 };
      }
      const verdict = await this.call(bytes, missing);
      if (typeof verdict === 'string' || !verdict.analysis || !verdict.analyzer) return verdict;
      const merged = mergeAnalyses(known, { analysis: verdict.analysis, analyzer: verdict.analyzer });
      // The cache spares later calls; that it did not take the answer is no reason to lose it. Whether it did is not known
      // after an error: giving the claim back then is safe, as it holds only for the version that was claimed.
      const { transactions } = verdict;
      const at = new Date(this.deps.clock.nowMs()).toISOString();
      const paid = { holder: this.chunk.chunkId, blob: this.blob.name, at, transactions };
      this.isKept = await this.keep(bytes, claim, { ...merged, paid });
      return { ...verdict, ...merged };
    } finally {
      if (!this.isKept) await this.deps.cache.release(claim).catch(() => undefined);
    }
  }

  private keep(bytes: Uint8Array, claim: Granted, answer: CachedAnswer): Promise<boolean> {
    // A quote knows the bytes again by the MD5 that a listing tells; where FIPS forbids MD5 it knows less.
    const md5 = getFips() === 1 ? undefined : createHash('md5').update(bytes).digest('hex');
    const listed = md5 === undefined ? undefined : listedKey(md5, bytes.byteLength, answer.analyzer);
    return this.deps.cache.put(claim, answer, listed).catch(() => false);
  }

  /** The cache has forgotten what the document still says: by whom it was paid for is there too. */
  private paidBefore(): CachedAnswer['paid'] {
    const { chunkId = '', analyzedAt, transactions = 0 } = this.stored ?? {};
    const at = analyzedAt ?? new Date(this.deps.clock.nowMs()).toISOString();
    return { holder: chunkId, blob: this.blob.name, at, transactions };
  }

  /** An answer together with what the stored document says of the same bytes beyond it (I5). */
  private async union(contentHash: string, cached: CachedAnswer | undefined): Promise<Known | undefined> {
    const known = cached && { analysis: cached.analysis, analyzer: cached.analyzer };
    const { analyzer, contentHash: storedHash } = this.stored ?? {};
    if (!analyzer || storedHash !== contentHash || !isSameAnalyzer(analyzer, this.analyzer)) return known;
    if (missingFeatures(analyzer, known?.analyzer).length === 0) return known;
    const standing = await this.standing((document) => document.contentHash === contentHash);
    return standing && known ? mergeAnalyses(standing, known) : (standing ?? known);
  }

  /** A failure to learn more takes nothing away (I5). */
  private async keepingKnown(verdict: Verdict): Promise<Verdict> {
    const { stored, blob } = this;
    if (verdict.status !== 'failed' || !stored || answered(stored, stored.analyzer ?? this.analyzer).length === 0) {
      return verdict;
    }
    const isOfThese = ({ etag, contentHash }: ImageDocument) =>
      etag === blob.etag || (contentHash !== undefined && contentHash === verdict.contentHash);
    return { ...verdict, ...(await this.standing(isOfThese)) };
  }

  /** What the stored document says, where it is about the same bytes, by the same analyzer. */
  private async standing(isOfThese: (document: ImageDocument) => boolean): Promise<Known | undefined> {
    const { document } = (await this.deps.results.get(this.chunk.container, this.blob.name)) ?? {};
    if (!document?.analysis || !document.analyzer || !isOfThese(document)) return undefined;
    const { analysis, analyzer } = document;
    return isSameAnalyzer(analyzer, this.analyzer) ? { analysis, analyzer } : undefined;
  }

  /** An earlier execution claimed this call and did not end it: Vision may have answered, and billed, into the void. */
  private maybeBilled(startedAt: string): void {
    const { runId } = this.chunk;
    this.attempts.push({ stage: 'vision', startedAt, waitMs: 0, workMs: 0, runId, code: 'maybe-billed' });
  }

  private async call(bytes: Uint8Array, features: readonly string[]): Promise<Verdict | Exclude<Permit, 'go'>> {
    for (let attempt = 1; ; ) {
      const waitFromMs = this.deps.clock.nowMs();
      const turn = await this.deps.visionPace.turn(() => this.isStopped());
      const permit = await this.chunk.callPermit(features.length); // I2
      if (permit !== 'go') {
        this.deps.visionPace.giveBack(turn);
        return permit;
      }
      if (this.deps.visionPace.isOver(turn)) {
        this.chunk.callUnused(features.length); // a pause was announced while the permit was waited for
        continue;
      }
      const startedMs = this.deps.clock.nowMs();
      this.chunk.inFlight(1);
      const outcome = await this.deps.vision.analyze(bytes, { features }).finally(() => this.chunk.inFlight(-1));
      this.deps.visionPace.answered(visionAnswer(outcome), turn);
      this.record('vision', startedMs, startedMs - waitFromMs, outcome);
      if (!outcome.ok && outcome.code === 'vision-throttled') {
        this.chunk.callUnused(features.length);
        void this.deps.tellThrottled(throttleMs(outcome.retryAfterMs));
      }
      if (outcome.ok) {
        this.transactions += outcome.transactions;
        return {
          status: 'succeeded',
          analysis: outcome.analysis,
          analyzer: { ...(outcome.analyzer ?? this.deps.vision.analyzer), features },
          source: 'call',
          transactions: this.transactions,
        };
      }
      if (outcome.code === 'vision-unauthorized' || outcome.code === 'vision-forbidden') {
        throw new AppError(outcome.code, `Vision refuses our key: ${outcome.message}`);
      }
      const counts = outcome.code !== 'vision-throttled' && !this.isSpared(turn, this.deps.visionPace);
      if (!outcome.retryable || (counts && attempt >= IMAGE_RETRY.maxAttempts)) {
        const error: ImageError = { ...pickError(outcome), stage: 'vision', features };
        return {
          status: 'failed',
          reason: outcome.code,
          error,
          analyzer: { ...this.analyzer, features: [] },
          transactions: this.transactions,
        };
      }
      if (counts) await this.deps.clock.sleep(delayMs(IMAGE_RETRY, attempt++, this.deps.clock.random01()));
    }
  }

  /** Saves against what was seen; a document that somebody else wrote meanwhile is read again and decided again. */
  private async save(verdict: Verdict): Promise<ImageDocument> {
    for (let failures = 0; ; ) {
      const document = this.document(verdict);
      const savingMs = this.deps.clock.nowMs();
      try {
        const expected = this.stored ? { version: this.stored.version } : ('new' as const);
        const outcome = await this.deps.results.save(document, expected);
        if (outcome.saved) return document;
        const now = await this.deps.results.get(this.chunk.container, this.blob.name);
        if (now && this.isAnswered(now.document)) return now.document;
        this.stored = now ? { ...now.document, version: now.version } : undefined;
      } catch (thrown) {
        // The answer of Vision is paid for: it is offered again for as long as that makes sense.
        failures += 1;
        await this.storeFailed(thrown, { stage: 'save', startedMs: savingMs, failures });
      }
    }
  }

  /** Waits before the store is asked again, and says so. @throws what was thrown, where waiting does not help */
  private async storeFailed(
    thrown: unknown,
    { stage, startedMs, failures }: { readonly stage: Stage; readonly startedMs: number; readonly failures: number },
  ): Promise<void> {
    if (!(thrown instanceof AppError) || !thrown.retryable || failures > STORE_RETRIES) throw thrown;
    const { clock } = this.deps;
    this.record(stage, startedMs, 0, { ok: false, ...pickError(thrown) });
    this.chunk.trouble(thrown.message);
    await clock.sleep(delayMs({ ...IMAGE_RETRY, maxDelayMs: 5_000 }, failures, clock.random01()));
  }

  /**
   * Is the document that stands the answer already? Then it stays: it is our own write, whose answer was lost, or that of
   * another execution of this chunk, which may have been counted; or a later run has come by while this process stood still.
   */
  private isAnswered({ chunkId, runId }: ImageDocument): boolean {
    return chunkId === this.chunk.chunkId || runId > this.chunk.runId;
  }

  private document(verdict: Verdict): ImageDocument {
    const { container, runId, chunkId } = this.chunk;
    const { blob, stored } = this;
    const base = {
      id: imageId(this.deps.blobs.account, container, blob.name),
      container,
      blob: blob.name,
      etag: blob.etag,
      sizeBytes: blob.sizeBytes,
      ...(blob.contentType === undefined ? {} : { contentType: blob.contentType }),
      ...(blob.lastModified === undefined ? {} : { lastModified: blob.lastModified }),
      ...verdict,
      runId,
      chunkId,
      attempts: [...(stored?.attempts ?? []), ...this.attempts].slice(-MAX_ATTEMPTS),
      analyzedAt: new Date(this.deps.clock.nowMs()).toISOString(),
    };
    return { ...base, contribution: contributionOf(base), replaced: replacedBy(chunkId, stored) };
  }

  private async isStopped(): Promise<boolean> {
    return (await this.chunk.permit()) !== 'go';
  }

  private elapsed(startedMs: number): number {
    return Math.round(this.deps.clock.nowMs() - startedMs);
  }

  /** A probe that fails tells of an outage, which is not the image's fault. */
  private isSpared({ probe }: Turn, pace: ServicePace): boolean {
    if (!probe) return false;
    this.probes += 1;
    return this.probes < MAX_PROBES || pace.downForMs < SPARED_MS;
  }

  private skipped(reason: ImageReason): Verdict {
    return { status: 'skipped', reason, analyzer: this.analyzer, transactions: 0 };
  }

  private record(
    stage: Stage,
    startedMs: number,
    waitMs: number,
    outcome: {
      readonly ok: boolean;
      readonly code?: string;
      readonly retryable?: boolean;
      readonly httpStatus?: number;
      readonly requestId?: string;
    },
  ): void {
    const last = this.attempts.at(-1);
    // A row of 429s is one entry: otherwise the waiting would push the story out of the last MAX_ATTEMPTS.
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
      ...(outcome.httpStatus === undefined ? {} : { httpStatus: outcome.httpStatus }),
      ...(outcome.requestId === undefined ? {} : { requestId: outcome.requestId }),
      ...(outcome.code === undefined ? {} : { code: outcome.code }),
      ...(outcome.retryable === undefined ? {} : { retryable: outcome.retryable }),
    });
  }
}

/** What a write of this chunk replaces (I4). */
export function replacedBy(chunkId: string, stored: StoredImage | undefined): Counters {
  if (!stored) return {};
  return stored.chunkId === chunkId ? stored.replaced : stored.contribution;
}

/** A claim whose answer was lost is our own: nothing was called for it. */
function withoutOwn(claim: Granted, unheard: ReadonlySet<string>): Granted {
  if (claim.abandonedAt === undefined || !unheard.has(claim.abandonedAt)) return claim;
  const { abandonedAt: _, ...fresh } = claim;
  return fresh;
}

function visionAnswer(outcome: VisionOutcome): ServiceAnswer {
  if (outcome.ok) return { kind: 'answer' };
  switch (outcome.code) {
    case 'vision-throttled':
      return outcome.retryAfterMs === undefined
        ? { kind: 'throttled' }
        : { kind: 'throttled', retryAfterMs: outcome.retryAfterMs };
    case 'vision-unavailable':
    case 'vision-network':
    case 'vision-timeout':
      return { kind: 'outage', code: outcome.code };
    default:
      return { kind: 'answer' };
  }
}

function downloadAnswer(outcome: DownloadOutcome): ServiceAnswer {
  const isOutage = !outcome.ok && outcome.code === 'download-failed' && outcome.retryable;
  return isOutage ? { kind: 'outage', code: outcome.code } : { kind: 'answer' };
}

function pickError(outcome: {
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
    ...(outcome.httpStatus === undefined ? {} : { httpStatus: outcome.httpStatus }),
    ...(outcome.requestId === undefined ? {} : { requestId: outcome.requestId }),
  };
}
