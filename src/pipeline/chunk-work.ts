import type { ChunkTask } from '../domain/run/run-scope';
import type { ContainerActorApi } from '../actors/container/container-actor.api';
import { withFeatures } from '../domain/image/analysis';
import { progressOf } from '../domain/run/chunk-progress';
import { type Classified, classify } from '../domain/image/classification';
import { addInto, type TotalsVector } from '../domain/container/totals';
import { defined } from '../domain/defined';
import { AppError, toAppError } from '../domain/errors';
import { chunkId } from '../domain/ids';
import { type ImageDocument, type ListedBlob, removedDocument, type StoredImage } from '../domain/image/image';
import { isGone } from '../domain/image/unlisted';
import { type ImageOutcome, outcomeOf, unchangedOutcome } from '../domain/run/report';
import { isHeld } from '../domain/run/facts';
import { writtenBy } from '../domain/run/run-order';
import type { ManifestsGateway } from '../gateways/manifests/port';
import type { NameInterval } from '../gateways/results/port';
import type { ReadWriteLock } from './read-write-lock';
import { type ImageDeps, ImageWork, replacedBy } from './image-work';
import type { Listing } from './listing';
import type { ChunkHold, Permit, RunSessions } from './run-session';

/**
 * One chunk, in order: manifest, stored documents, classify, work, delta, apply, report.
 *
 * I1 Run again at any point it repeats no saved image and gives the same delta: both come from the documents.
 * I2 The delta is applied whenever the chunk ends or rests; what is applied later replaces it.
 * I3 In one process a second execution of a chunk joins the first; across processes it waits for it (chunk-lease).
 * I4 A stored image leaves the results only when the run may remove and a HEAD says 404, or that a directory is left.
 * I5 Nothing is saved or removed later than a second after a pause or a cancel was answered, but for calls that are paid.
 * I6 A chunk that ended its process again and again is searched for the image that does it (chunk-suspicion).
 */
export interface ChunkDeps extends ImageDeps {
  readonly manifests: ManifestsGateway;
  readonly listing: Listing;
  readonly sessions: RunSessions;
  readonly readWriteLock: ReadWriteLock;
  readonly container: (name: string) => ContainerActorApi;
}

export class ChunkWork {
  private readonly running = new Map<string, Delivered>();

  constructor(private readonly deps: ChunkDeps) {}

  /** `signal`: nobody waits for it any more, because the run has ended: nothing is saved, counted or told from then on. */
  run(task: ChunkTask, signal?: AbortSignal): Promise<{ complete: boolean }> {
    const id = chunkId(task.ref);
    const known = this.running.get(id);
    if (known !== undefined) {
      known.joiners.count += 1;
      return known.work; // I3
    }
    const joiners: Joiners = { count: 0 };
    const work = this.execute(task, joiners, signal).finally(() => this.running.delete(id));
    this.running.set(id, { work, joiners });
    return work;
  }

  private async execute(task: ChunkTask, joiners: Joiners, signal?: AbortSignal): Promise<{ complete: boolean }> {
    for (;;) {
      signal?.throwIfAborted();
      const execution = new ChunkExecution(this.deps, task, joiners, signal);
      const opened = await this.deps.sessions.open(task.ref, () => execution.progress());
      if (opened.state === 'done') return { complete: true };
      if (opened.state === 'stop') {
        // Images saved before a pause that became a cancel still count.
        if (!isHeld(opened)) await execution.applyWritten();
        return { complete: false };
      }
      const result = await execution.run(opened.chunk);
      if (result !== 'lost') return { complete: result === 'complete' };
    }
  }
}

interface Delivered {
  readonly work: Promise<{ complete: boolean }>;
  readonly joiners: Joiners;
}

/** Deliveries of a chunk that joined its execution and were not told of yet. */
interface Joiners {
  count: number;
}

class ChunkExecution {
  private readonly id: string;
  private outcomes: ImageOutcome[] = [];
  private inFlight = 0;
  private latestTrouble: { readonly message: string; readonly atMs: number } | undefined;

  constructor(
    private readonly deps: ChunkDeps,
    private readonly task: ChunkTask,
    private readonly joiners: Joiners,
    private readonly signal?: AbortSignal,
  ) {
    this.id = chunkId(task.ref);
  }

  progress() {
    const waiting = this.deps.visionBreaker.waiting ?? this.deps.blobBreaker.waiting ?? this.recentTrouble();
    const progress = progressOf(this.outcomes, this.inFlight);
    return waiting === undefined ? progress : { ...progress, waiting };
  }

  private recentTrouble(): string | undefined {
    const trouble = this.latestTrouble;
    return trouble && this.deps.clock.monotonicMs() - trouble.atMs < TROUBLE_SHOWN_MS ? trouble.message : undefined;
  }

  async run(hold: ChunkHold): Promise<'complete' | 'stopped' | 'lost'> {
    // I6: a chunk that ended processes works alone, so that the next end convicts the right image.
    const leave = await this.deps.readWriteLock.enter(hold.careful !== undefined);
    try {
      const { blobs, interval } = await this.read();
      const { listed, gone } = await this.classifyAll(blobs, interval);
      const left = hold.careful ? await this.workInParts(listed, hold) : await this.workOnAll(listed, hold, blobs);
      const stop = left ?? (hold.mayRemove ? await this.removeAll(gone, hold) : undefined);
      if (stop === 'lost') return 'lost';
      await this.apply(blobs, stop === undefined);
      await this.close(hold, stop === undefined);
      return stop === undefined ? 'complete' : 'stopped';
    } catch (thrown) {
      // What was saved counts, should the run be ended before the next try.
      if (!this.signal?.aborted) await this.close(hold, false).catch(() => undefined);
      throw thrown;
    } finally {
      leave();
      hold.abandon();
    }
  }

  private async workOnAll(
    items: readonly Classified[],
    hold: ChunkHold,
    blobs: readonly ListedBlob[] = items.map(({ blob }) => blob),
  ): Promise<Stop | undefined> {
    let stop: Stop | undefined;
    const work = items.map(async (item) => {
      stop = (await this.workOn(item, hold)) ?? stop;
    });
    // Everything in flight is finished and saved before an error ends the chunk.
    const error = worstError(await Promise.allSettled(work));
    if (error && isPermanent(error)) {
      await this.apply(blobs, false);
      await this.close(hold, false);
    }
    if (error) throw error;
    return stop;
  }

  /** Range after range, as the search for the culprit goes; what was convicted is set aside unread. */
  private async workInParts(items: readonly Classified[], hold: ChunkHold): Promise<Stop | undefined> {
    const convicted = new Set(hold.careful?.poison);
    for (const item of items.filter((_, i) => convicted.has(i))) {
      const stop = await this.workOn(item, hold, 'poison');
      if (stop !== undefined) return stop;
    }
    const part = (from: number, to: number) => items.filter((_, i) => i >= from && i < to && !convicted.has(i));
    let range = hold.careful;
    const before = await this.workOnAll(part(0, range?.from ?? 0), hold);
    if (before !== undefined) return before;
    while (range && range.from < items.length) {
      const stop = await this.workOnAll(part(range.from, range.to), hold);
      if (stop !== undefined) return stop;
      range = await hold.cleared(range.to);
    }
    return undefined;
  }

  private async permit(hold: ChunkHold): Promise<Permit> {
    return this.signal?.aborted ? 'cancel' : hold.permit();
  }

  private async close(hold: ChunkHold, complete: boolean): Promise<void> {
    const joined = this.joiners.count;
    await hold.close(progressOf(this.outcomes), complete, joined);
    this.joiners.count -= joined;
  }

  /** Applies what earlier executions saved, for a run that will not come back to this chunk. */
  async applyWritten(): Promise<void> {
    const delta = await this.delta();
    if (delta.documents > 0)
      await this.deps
        .container(this.task.container)
        .applyChunk({ ref: this.task.ref, delta: delta.sum, complete: false });
  }

  private async read(): Promise<{ blobs: readonly ListedBlob[]; interval: NameInterval }> {
    const interval = await this.deps.listing.intervalOf(this.task);
    const blobs =
      (await this.deps.manifests.readChunk(this.task.ref)) ?? (await this.deps.listing.listChunk(this.task));
    return { blobs, interval };
  }

  private async classifyAll(blobs: readonly ListedBlob[], interval: NameInterval) {
    const byName = new Map(blobs.map((blob) => [blob.name, blob]));
    const stored = new Map<string, StoredImage>();
    const gone: StoredImage[] = [];
    for await (const image of this.deps.results.range(this.task.container, interval)) {
      if (byName.has(image.blob)) stored.set(image.blob, image);
      else if (image.chunkId === this.id) this.outcomes.push(outcomeOf(image, false));
      else if (image.status !== 'removed') gone.push(image);
    }
    const analyzer = withFeatures(this.deps.vision.analyzer, this.task.features);
    const listed = blobs.map((blob) => classify(blob, stored.get(blob.name), analyzer, this.id, this.task.retry));
    return { listed, gone };
  }

  private async workOn(item: Classified, hold: ChunkHold, verdict?: 'poison'): Promise<Stop | undefined> {
    if (item.kind === 'unchanged') {
      this.outcomes.push(unchangedOutcome(item.blob.name));
      return undefined;
    }
    if (item.kind === 'written') {
      this.outcomes.push(outcomeOf(item.stored, true));
      return undefined;
    }
    const context = {
      container: this.task.container,
      runId: this.task.ref.runId,
      chunkId: this.id,
      ...defined({
        pricedOnly: hold.pricedOnly,
        features: this.task.features,
        startedAt: this.task.startedAt,
        signal: this.signal,
      }),
      permit: () => this.permit(hold),
      callPermit: async (transactions: number) => (this.signal?.aborted ? 'cancel' : hold.callPermit(transactions)),
      callUnused: (transactions: number) => hold.callUnused(transactions),
      firstCalls: hold.firstCalls,
      inFlight: (change: 1 | -1) => {
        this.inFlight += change;
      },
      trouble: (message: string) => {
        this.latestTrouble = { message, atMs: this.deps.clock.monotonicMs() };
      },
    };
    const work = new ImageWork(this.deps, context, item);
    const result = verdict === 'poison' ? await work.setAside() : await work.run();
    if (!result.saved) return result.stop;
    this.outcomes.push(outcomeOf({ ...result.document, version: '' }, true));
    return undefined;
  }

  /** Side by side, as other saves: within the places of the semaphore, and in the batches of the store. */
  private async removeAll(gone: readonly StoredImage[], hold: ChunkHold): Promise<Stop | undefined> {
    let stop: Stop | undefined;
    const work = gone.map(async (image) => {
      stop = (await this.remove(image, hold)) ?? stop;
    });
    const error = worstError(await Promise.allSettled(work));
    if (error) throw error;
    return stop;
  }

  private async remove(image: StoredImage, hold: ChunkHold): Promise<Stop | undefined> {
    const leave = await this.deps.semaphore.enter(this.task.ref.runId, 0);
    try {
      const permit = await this.permit(hold);
      if (permit !== 'go') return permit;
      if (!isGone(await this.deps.blobs.head(this.task.container, image.blob))) return undefined;
      return await this.markRemoved(image, hold);
    } finally {
      leave();
    }
  }

  /** I4: the image leaves the results; its contribution is taken out. */
  private async markRemoved(image: StoredImage, hold: ChunkHold): Promise<Stop | undefined> {
    const { container, ref, startedAt } = this.task;
    for (;;) {
      const now = await this.deps.results.get(container, image.blob);
      if (!now) return undefined;
      if (now.document.status === 'removed') {
        // By this chunk, in an execution that ended meanwhile or a write whose answer was lost.
        const isOurs = now.document.chunkId === this.id;
        if (isOurs) this.outcomes.push(outcomeOf({ ...now.document, version: now.version }, false));
        return undefined;
      }
      const { runStartedAt: _, ...known } = now.document;
      const document: ImageDocument = {
        ...removedDocument(known, new Date(this.deps.clock.nowMs()).toISOString()),
        ...writtenBy({ runId: ref.runId, startedAt }),
        chunkId: this.id,
        replaced: replacedBy(this.id, { ...now.document, version: now.version }),
      };
      const permit = await this.permit(hold); // I5: the looks may have taken long
      if (permit !== 'go') return permit;
      const outcome = await this.deps.results.save(document, { version: now.version });
      if (!outcome.saved) continue;
      this.outcomes.push(outcomeOf({ ...document, version: '' }, false));
      return undefined;
    }
  }

  private async apply(blobs: readonly ListedBlob[], complete: boolean): Promise<void> {
    const { container, ref } = this.task;
    const { sum } = await this.delta();
    this.signal?.throwIfAborted();
    await this.deps.container(container).applyChunk({ ref, delta: sum, complete });
    const order = new Map(blobs.map((blob, index) => [blob.name, index]));
    const place = (outcome: ImageOutcome) => order.get(outcome.blob) ?? blobs.length;
    await this.deps.manifests.writeReport(
      ref,
      [...this.outcomes].sort((a, b) => place(a) - place(b)),
    );
  }

  /** I1: what this chunk changed, as a function of the documents it wrote. */
  private async delta(): Promise<{ sum: TotalsVector; documents: number }> {
    const sum: Record<string, number> = {};
    let documents = 0;
    for await (const image of this.deps.results.writtenBy(this.task.container, this.id)) {
      addInto(sum, image.contribution);
      addInto(sum, image.replaced, -1);
      documents += 1;
    }
    return { sum, documents };
  }
}

/** Longer than the longest pause between two tries of a save. */
const TROUBLE_SHOWN_MS = 8_000;

type Stop = Exclude<Permit, 'go'>;

/** A permanent error first: a retry would not heal it. */
function worstError(results: readonly PromiseSettledResult<void>[]): Error | undefined {
  const errors = results.filter((result) => result.status === 'rejected').map((result) => toAppError(result.reason));
  return errors.find(isPermanent) ?? errors[0];
}

function isPermanent(error: Error): boolean {
  return !(error instanceof AppError && error.retryable);
}
