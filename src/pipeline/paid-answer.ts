import { createHash, getFips } from 'node:crypto';
import { defined } from '../domain/defined';
import {
  type Analyzer,
  withFeatures,
  cacheKey,
  isSameAnalyzer,
  listedKey,
  mergeAnalyses,
  missingFeatures,
} from '../domain/image/analysis';
import { answered } from '../domain/image/classification';
import { AppError } from '../domain/errors';
import { parseChunkId } from '../domain/ids';
import { isResourceRefusal } from '../domain/image/resource-refusal';
import { CONTROL_ANSWERED, type ImageDocument, type ImageError, type StoredImage } from '../domain/image/image';
import { delayMs, IMAGE_RETRY } from '../domain/retry';
import type { CachedAnswer, CacheGateway, Granted } from '../gateways/cache/port';
import type { ResultsGateway } from '../gateways/results/port';
import type { VisionCode, VisionGateway, VisionOutcome } from '../gateways/vision/port';
import { type Attempts, pickError } from './attempts';
import type { ChunkContext } from './chunk-context';
import type { Clock } from './clock';
import { CONTROL, CONTROL_PICTURE } from './control-picture';
import type { Permit } from './run-session';
import { type ServiceAnswer, type CircuitBreaker, outage, throttleMs, type Turn } from './circuit-breaker';
import type { KeyedMutex } from './keyed-mutex';

/**
 * The answer of Vision for the bytes of one image: claim it in the cache, wait for another's, or pay for it and keep it.
 *
 * I1 No call starts without a permit taken after the last wait.
 * I2 Bytes that an analyzer has seen are never paid for again, in whatever container and under whatever name: Vision is
 *    asked for the features that neither cache nor document has.
 * I3 What is known of the same bytes is never dropped, by an answer or by a failure.
 * I5 Where only what was priced may be called for, no call asks for more than the price of its image: what a quote did not
 *    foresee is left to the next one.
 * I4 A claim ends as an answer in the cache, or is given back when the document is saved; one that a death left behind is
 *    told as maybe billed. What was to be told and is not, as nothing was saved, goes back with the claim.
 * I6 Where it is in doubt whether Vision or the images fail, Vision is asked about a picture of our own. The image that
 *    asks counts the call and its transactions.
 */
export interface AnswerDeps {
  readonly vision: VisionGateway;
  readonly results: ResultsGateway;
  readonly cache: CacheGateway;
  readonly keyedMutex: KeyedMutex;
  /** When a call may start. */
  readonly visionBreaker: CircuitBreaker;
  /** Tells every replica that Vision asked to wait. */
  readonly notifyThrottled: (retryAfterMs: number) => Promise<void> | void;
  /** Has this run ended? Then nobody works for it any more. */
  readonly hasEnded: (runId: string) => Promise<boolean>;
  readonly clock: Clock;
}

/** What the analysis of the bytes came to. */
export type Verdict = Pick<ImageDocument, 'status' | 'transactions'> &
  Partial<Pick<ImageDocument, 'reason' | 'error' | 'analysis' | 'analyzer' | 'source' | 'contentHash'>>;

type Known = Pick<CachedAnswer, 'analysis' | 'analyzer'>;

/**
 * Longer than any wait for Vision's quota. A chunk takes its own claim over at once, and anybody that of a run that has
 * ended, such as one that was cancelled after its process had died.
 */
const CLAIM_MS = 900_000;
const CLAIM_POLL_MS = 200;
/** How often who waits asks whether the run he waits for has ended. */
const OWNER_LOOK_MS = 2_000;

export class PaidAnswer {
  private transactions = 0;
  private kept = false;
  /** It has not ended as an answer in the cache (I4). */
  private claim: Granted | undefined;
  /** Ends the turn of this image among those of the same bytes. */
  private leave: () => void = () => {};

  constructor(
    private readonly deps: AnswerDeps,
    private readonly chunk: ChunkContext,
    private readonly attempts: Attempts,
    private readonly blobName: string,
    /** The document that stood when the image was classified. */
    private readonly stored: StoredImage | undefined,
    /** Transactions in the quote of the run; absent: one for each feature. */
    private readonly priced: number | undefined,
  ) {}

  /** Who answers, asked for what this run wants. */
  get analyzer(): Analyzer {
    return withFeatures(this.deps.vision.analyzer, this.chunk.features);
  }

  /** The answer is in the cache: nobody pays for it again. */
  get isKept(): boolean {
    return this.kept;
  }

  /** From the cache, or paid for once (I2). Whoever asks calls `end` when what he makes of it is saved, or is not. */
  async find(bytes: Uint8Array, contentHash: string): Promise<Verdict | Exclude<Permit, 'go'>> {
    const key = cacheKey(contentHash, this.analyzer);
    const leave = await this.deps.keyedMutex.enter(key);
    try {
      return await this.inTurn(key, bytes, contentHash);
    } finally {
      if (this.claim === undefined) leave();
      else this.leave = leave;
    }
  }

  /** Gives a claim back that did not end as an answer in the cache. `isSaved`: a document tells of its calls. */
  async end(isSaved: boolean): Promise<void> {
    const { claim } = this;
    if (claim === undefined) return;
    this.claim = undefined;
    const untold = isSaved ? (this.left(claim) ?? []) : this.attempts.billed; // I4
    await this.deps.cache.release(claim, untold).catch(() => undefined);
    this.leave();
  }

  /** What others left to be told, where nothing is saved that could tell of it. */
  private left({ unheard }: Granted): readonly string[] | undefined {
    return this.chunk.savesNothing && unheard?.length ? unheard : undefined;
  }

  private async inTurn(key: string, bytes: Uint8Array, contentHash: string): Promise<Verdict | Exclude<Permit, 'go'>> {
    const { cache, clock } = this.deps;
    const ownLost = new Set<string>();
    let over: string | undefined;
    let lookAtMs = clock.monotonicMs() + OWNER_LOOK_MS;
    for (;;) {
      const permit = await this.chunk.permit();
      if (permit !== 'go') return permit;
      const askedMs = clock.nowMs();
      const leaseMs = this.chunk.claimMs ?? CLAIM_MS;
      const claimant = {
        holder: this.chunk.chunkId,
        nowMs: askedMs,
        leaseMs,
        ...defined({ over, savesNothing: this.chunk.savesNothing }),
      };
      const claim = await cache.claim(key, this.analyzer.features, claimant).catch(async (thrown: unknown) => {
        ownLost.add(new Date(askedMs).toISOString());
        await this.attempts.storeFailed(thrown, { stage: 'cache', startedMs: askedMs, failures: ownLost.size });
      });
      if (claim === undefined) continue;
      if (claim.state === 'granted') return this.pay(bytes, contentHash, withoutOwn(claim, ownLost));
      if (claim.state === 'hit') {
        this.attempts.record('cache', askedMs, 0, { ok: true });
        return { ...this.known(claim.answer), ...(await this.union(contentHash, claim.answer)) };
      }
      if (claim.holder !== undefined && clock.monotonicMs() >= lookAtMs) {
        lookAtMs += OWNER_LOOK_MS;
        over = (await this.hasEnded(claim.holder)) ? claim.holder : undefined;
        if (over !== undefined) continue;
      }
      this.chunk.trouble('Another run is paying for the same picture; its answer is awaited.');
      await clock.sleep(CLAIM_POLL_MS);
    }
  }

  /** Who cannot be asked may be at work. A sample has no run: its claims run out. */
  private async hasEnded(holder: string): Promise<boolean> {
    const runId = parseChunkId(holder)?.runId;
    if (runId === undefined || runId === this.chunk.runId) return false;
    return this.deps.hasEnded(runId).catch(() => false);
  }

  private known({ analysis, analyzer, paid }: CachedAnswer): Verdict {
    this.kept = true;
    const verdict = { status: 'succeeded', analysis, analyzer } as const;
    const isOurs = paid.holder === this.chunk.chunkId && paid.blob === this.blobName;
    if (!isOurs) return { ...verdict, source: 'cache', transactions: 0 };
    // Paid for by an earlier execution of this chunk that died before its save: the call is this image's, and what was
    // to be told with it (I4).
    for (const at of paid.unheard ?? []) this.attempts.recordEarlier(at, 'maybe-billed');
    this.attempts.recordEarlier(paid.at);
    return { ...verdict, source: 'call', transactions: paid.transactions };
  }

  private async pay(bytes: Uint8Array, contentHash: string, claim: Granted): Promise<Verdict | Exclude<Permit, 'go'>> {
    // I4: Vision may have answered, and billed, into the void.
    for (const at of claim.unheard ?? []) this.attempts.recordEarlier(at, 'maybe-billed');
    this.claim = claim;
    const known = await this.union(contentHash, claim.known);
    const missing = missingFeatures(this.analyzer, known?.analyzer);
    if (known && missing.length === 0) {
      const whole = missingFeatures(this.analyzer, claim.known?.analyzer).length === 0 ? claim.known : undefined;
      await this.keep(bytes, claim, { ...known, paid: whole?.paid ?? this.paidBefore() });
      return whole ? this.known(whole) : { status: 'succeeded', ...known, source: 'cache', transactions: 0 };
    }
    if (!this.isPriced(missing)) return notPriced(); // I5
    const verdict = await this.call(bytes, missing);
    if (typeof verdict === 'string' || !verdict.analysis || !verdict.analyzer) return verdict;
    const merged = mergeAnalyses(known, { analysis: verdict.analysis, analyzer: verdict.analyzer });
    const { transactions } = verdict;
    const at = new Date(this.deps.clock.nowMs()).toISOString();
    const unheard = this.attempts.billed.slice(0, -1); // all but the one that answered
    const paid = {
      ...{ holder: this.chunk.chunkId, blob: this.blobName, at, transactions },
      ...(unheard.length > 0 && { unheard }),
    };
    await this.keep(bytes, claim, { ...merged, paid });
    return { ...verdict, ...merged };
  }

  private isPriced(features: readonly string[]): boolean {
    return this.chunk.pricedOnly === undefined || features.length <= (this.priced ?? this.analyzer.features.length);
  }

  /**
   * The cache spares later calls; that it did not take the answer is no reason to lose it. Whether it did is not known after
   * an error: giving the claim back then is safe, as it holds only for the version that was claimed.
   */
  private async keep(bytes: Uint8Array, claim: Granted, answer: CachedAnswer): Promise<void> {
    // A quote knows the bytes again by the MD5 that a listing tells; where FIPS forbids MD5 it knows less.
    const md5 = getFips() === 1 ? undefined : createHash('md5').update(bytes).digest('hex');
    const listed = md5 === undefined ? undefined : listedKey(md5, bytes.byteLength, answer.analyzer);
    this.kept = await this.deps.cache.put(claim, answer, listed, this.left(claim)).catch(() => false);
    if (this.kept) this.claim = undefined;
  }

  /** The cache has forgotten what the document still says. The document also names who paid for it. */
  private paidBefore(): CachedAnswer['paid'] {
    const { chunkId = '', analyzedAt, transactions = 0 } = this.stored ?? {};
    const at = analyzedAt ?? new Date(this.deps.clock.nowMs()).toISOString();
    return { holder: chunkId, blob: this.blobName, at, transactions };
  }

  /** An answer together with what the stored document says of the same bytes beyond it (I3). */
  private async union(contentHash: string, cached: CachedAnswer | undefined): Promise<Known | undefined> {
    const known = cached && { analysis: cached.analysis, analyzer: cached.analyzer };
    const { analyzer, contentHash: storedHash } = this.stored ?? {};
    if (!analyzer || storedHash !== contentHash || !isSameAnalyzer(analyzer, this.analyzer)) return known;
    if (missingFeatures(analyzer, known?.analyzer).length === 0) return known;
    const standing = await this.standing((document) => document.contentHash === contentHash);
    return standing && known ? mergeAnalyses(standing, known) : (standing ?? known);
  }

  /** A failure to learn more takes nothing away (I3). */
  async keepingKnown(verdict: Verdict, listedEtag: string): Promise<Verdict> {
    const { stored } = this;
    if (verdict.status !== 'failed' || !stored || answered(stored, stored.analyzer ?? this.analyzer).length === 0) {
      return verdict;
    }
    const isOfThese = ({ etag, contentHash }: ImageDocument) =>
      etag === listedEtag || (contentHash !== undefined && contentHash === verdict.contentHash);
    return { ...verdict, ...(await this.standing(isOfThese)) };
  }

  /** What the stored document says, where it is about the same bytes, by the same analyzer. */
  private async standing(isOfThese: (document: ImageDocument) => boolean): Promise<Known | undefined> {
    const document = await this.storedDocument();
    if (!document?.analysis || !document.analyzer || !isOfThese(document)) return undefined;
    const { analysis, analyzer } = document;
    return isSameAnalyzer(analyzer, this.analyzer) ? { analysis, analyzer } : undefined;
  }

  private async storedDocument(): Promise<ImageDocument | undefined> {
    for (let failures = 1; ; failures += 1) {
      const startedMs = this.deps.clock.nowMs();
      try {
        return (await this.deps.results.get(this.chunk.container, this.blobName))?.document;
      } catch (thrown) {
        // Nobody waits for a store on behalf of a run that has stopped.
        if ((await this.chunk.permit()) !== 'go') throw thrown;
        await this.attempts.storeFailed(thrown, { stage: 'cache', startedMs, failures });
      }
    }
  }

  private async call(bytes: Uint8Array, features: readonly string[]): Promise<Verdict | Exclude<Permit, 'go'>> {
    for (let attempt = 1; ; ) {
      const { outcome, turn } = await this.ask(bytes, features);
      if (typeof outcome === 'string') return outcome;
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
      // Nobody's fault of the image: no other one would fare better.
      if (isResourceRefusal(outcome.code)) throw new AppError(outcome.code, outcome.message);
      const counts = outcome.code !== 'vision-throttled' && !this.attempts.isSpared(turn, this.deps.visionBreaker);
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

  /** One call, when the run, the service and the quota allow it; or why none starts any more. */
  private async ask(bytes: Uint8Array, features: readonly string[]): Promise<Asked> {
    for (;;) {
      const waitFromMs = this.deps.clock.nowMs();
      const first = await this.chunk.firstCalls?.enter();
      try {
        const turn = await this.deps.visionBreaker.turn(async () => (await this.chunk.permit()) !== 'go');
        const permit = await this.chunk.callPermit(features.length); // I1
        if (permit !== 'go') {
          this.deps.visionBreaker.giveBack(turn);
          return { outcome: permit, turn };
        }
        if (this.deps.visionBreaker.isOver(turn)) {
          this.chunk.callUnused(features.length); // a pause was announced while the permit was waited for
          continue;
        }
        const startedMs = this.deps.clock.nowMs();
        const isControl = this.deps.visionBreaker.isInDoubt;
        const [asked, image] = isControl
          ? [CONTROL_PICTURE, CONTROL]
          : [bytes, `${this.chunk.container}/${this.blobName}`];
        this.chunk.inFlight(1);
        const outcome = await this.deps.vision.analyze(asked, { features }).finally(() => this.chunk.inFlight(-1));
        first?.answered(outcome);
        const answeredTurn = this.deps.visionBreaker.answered(visionAnswer(outcome, image), turn);
        const told = isControl && outcome.ok ? { ...outcome, code: CONTROL_ANSWERED } : outcome;
        this.attempts.record('vision', startedMs, startedMs - waitFromMs, told);
        if (!outcome.ok && isUnbilled(outcome.code)) this.chunk.callUnused(features.length);
        if (!outcome.ok && outcome.code === 'vision-throttled') {
          void this.deps.notifyThrottled(throttleMs(outcome.retryAfterMs));
        }
        if (!isControl || isRefused(outcome)) return { outcome, turn: answeredTurn };
        if (outcome.ok) this.transactions += outcome.transactions;
      } finally {
        first?.leave();
      }
    }
  }
}

/** The resource refuses whatever it is asked. */
function isRefused(outcome: VisionOutcome): boolean {
  return !outcome.ok && isResourceRefusal(outcome.code);
}

interface Asked {
  readonly outcome: VisionOutcome | Exclude<Permit, 'go'>;
  readonly turn: Turn;
}

function notPriced(): Verdict {
  const message = 'The quote of the run does not count this call, so it was not made.';
  const error: ImageError = { code: 'not-priced', stage: 'vision', message, retryable: true };
  return { status: 'failed', reason: 'not-priced', error, transactions: 0 };
}

/** A claim whose answer was lost is our own: nothing was called for it. */
function withoutOwn({ unheard = [], ...claim }: Granted, own: ReadonlySet<string>): Granted {
  return { ...claim, unheard: unheard.filter((at) => !own.has(at)) };
}

/** Vision refused before it saw an image: nothing is on the bill. */
function isUnbilled(code: VisionCode): boolean {
  return code === 'vision-throttled' || isResourceRefusal(code);
}

function visionAnswer(outcome: VisionOutcome, image: string): ServiceAnswer {
  if (outcome.ok) return { kind: 'answer' };
  switch (outcome.code) {
    case 'vision-throttled':
      return outcome.retryAfterMs === undefined
        ? { kind: 'throttled' }
        : { kind: 'throttled', retryAfterMs: outcome.retryAfterMs };
    case 'vision-unavailable':
    case 'vision-network':
    case 'vision-timeout':
      return outage(outcome, image);
    default:
      return { kind: 'answer' };
  }
}
