import type { Actors } from '../../actors';
import type { ContainerTotals } from '../../actors/container/container-actor.api';
import { checkContainerName } from '../../domain/container/container-name';
import { addInto, type Counters } from '../../domain/container/totals';
import { AppError } from '../../domain/errors';
import { type ImageDocument, type ListedBlob, removedDocument, type StoredImage } from '../../domain/image/image';
import { boundsOf, compareNames } from '../../domain/image/name-order';
import {
  type Difference,
  MAX_DIFFERENCES,
  missingDocument,
  orphanDocument,
  type Repair,
  staleness,
  type Verification,
  wrongTotals,
} from '../../domain/container/verification';
import type { BlobsGateway } from '../../gateways/blobs/port';
import type { ResultsGateway } from '../../gateways/results/port';
import type { VisionGateway } from '../../gateways/vision/port';

export interface VerificationDeps {
  readonly actors: Pick<Actors, 'container'>;
  readonly blobs: Pick<BlobsGateway, 'nameOrder' | 'listPage' | 'head'>;
  readonly results: Pick<ResultsGateway, 'range' | 'get' | 'save'>;
  readonly vision: Pick<VisionGateway, 'analyzer'>;
  /** Share of known images (0..1) whose blobs may be gone before a repair wants to be told that this is true. */
  readonly maxLostShare: number;
  readonly nowMs: () => number;
}

/** The most that List Blobs gives at once. */
const LIST_SIZE = 5_000;

/**
 * Compares a container's listing, its documents and its totals; and puts right what can be put right from outside a run:
 * totals, and documents whose blobs are gone. What is missing or stale is the work of a run.
 *
 * I1 Documents are compared page by page of the listing: memory does not grow with the container.
 * I2 Totals move while a run is active, so both are refused then; a run that begins meanwhile makes the answer void.
 * I3 A missing document or a missing blob is believed only after it was asked for by name.
 */
export class ContainerVerification {
  constructor(private readonly deps: VerificationDeps) {}

  async verify(container: string): Promise<Verification> {
    checkContainerName(container);
    const before = await this.atRest(container);
    const { found, recount } = await this.walk(container);
    const after = await this.atRest(container);
    if (after.lastRun !== before.lastRun) throw moved(container);
    for (const difference of wrongTotals(recount, after.counters)) found.add(difference);
    return this.verdict(found);
  }

  async repair(container: string, { confirmShrink }: { readonly confirmShrink: boolean }): Promise<Repair> {
    checkContainerName(container);
    const before = await this.atRest(container);
    const { found, recount, documents, orphans } = await this.walk(container);
    const isShrunk = orphans > documents * this.deps.maxLostShare;
    const held = isShrunk && !confirmShrink ? heldBack(orphans, documents) : undefined;
    const { counters } = before;
    const wrong = wrongTotals(recount, counters); // as found: what follows from the orphans' leaving was not wrong
    const removed = held === undefined && orphans > 0 ? await this.removeOrphans(container, recount) : 0;
    if (wrong.length > 0 || removed > 0) {
      const lastRun = before.lastRun === undefined ? {} : { lastRun: before.lastRun };
      const { repaired } = await this.deps.actors.container(container).repair({ ...lastRun, counters: recount });
      if (!repaired) throw moved(container);
    }
    for (const difference of wrong) found.add(difference);
    const changed = { orphans: removed, totals: wrong.length };
    return { ...this.verdict(found), changed, ...(held === undefined ? {} : { held }) };
  }

  /** I2 */
  private async atRest(container: string): Promise<ContainerTotals> {
    const totals = await this.deps.actors.container(container).summary();
    if (totals.activeRun !== undefined) throw atWork(container, totals.activeRun);
    return totals;
  }

  private async walk(container: string): Promise<Walk> {
    const found = new Findings();
    const recount: Record<string, number> = {};
    const counts = { documents: 0, orphans: 0 };
    for await (const { blob, image } of this.pairs(container)) {
      if (image) addInto(recount, image.contribution);
      const isPresent = image !== undefined && image.status !== 'removed';
      if (isPresent) counts.documents += 1;
      const difference = await this.compare(container, blob, isPresent ? image : undefined);
      if (difference) found.add(difference);
      if (difference?.kind === 'orphan') counts.orphans += 1;
    }
    return { found, recount, ...counts };
  }

  private async compare(
    container: string,
    blob: ListedBlob | undefined,
    image: StoredImage | undefined,
  ): Promise<Difference | undefined> {
    if (blob && image) return staleness(blob, image, this.deps.vision.analyzer);
    if (blob) {
      const now = await this.deps.results.get(container, blob.name); // I3
      return now && now.document.status !== 'removed' ? undefined : missingDocument(blob.name);
    }
    if (!image || (await this.deps.blobs.head(container, image.blob))) return undefined; // I3
    return orphanDocument(image.blob);
  }

  /** Documents whose blobs are gone become `removed`; `recount` follows. */
  private async removeOrphans(container: string, recount: Record<string, number>): Promise<number> {
    let removed = 0;
    for await (const { blob, image } of this.pairs(container)) {
      if (blob || !image || image.status === 'removed') continue;
      if (await this.deps.blobs.head(container, image.blob)) continue;
      const change = await this.remove(container, image);
      if (!change) continue;
      addInto(recount, change.before, -1);
      addInto(recount, change.after);
      removed += 1;
    }
    return removed;
  }

  private async remove(
    container: string,
    image: StoredImage,
  ): Promise<{ before: Counters; after: Counters } | undefined> {
    const now = await this.deps.results.get(container, image.blob);
    if (!now || now.version !== image.version) return undefined;
    const document: ImageDocument = {
      ...removedDocument(now.document, new Date(this.deps.nowMs()).toISOString()),
      replaced: now.document.contribution,
    };
    const { saved } = await this.deps.results.save(document, { version: now.version });
    return saved ? { before: image.contribution, after: document.contribution } : undefined;
  }

  /**
   * I1: every listed blob and every document once, together where they have one name. Bounds only ever rise, so that no
   * document is told twice or never, should a service sort otherwise than it says.
   */
  private async *pairs(container: string): AsyncGenerator<Pair> {
    const order = await this.deps.blobs.nameOrder();
    let [marker, from]: (string | undefined)[] = [];
    do {
      const options = { prefix: '', pageSize: LIST_SIZE, ...(marker === undefined ? {} : { marker }) };
      const page = await this.deps.blobs.listPage(container, options);
      const last = page.blobs.at(-1)?.name;
      marker = page.next;
      const isHigher: boolean = last !== undefined && (from === undefined || compareNames(last, from, order) > 0);
      const to: string | undefined = marker === undefined ? undefined : isHigher ? last : from;
      const listed = new Map(page.blobs.map((blob) => [blob.name, blob]));
      const isEmpty = marker !== undefined && !isHigher;
      const interval = { prefix: '', ...boundsOf({ from, to, order }) };
      for await (const image of isEmpty ? [] : this.deps.results.range(container, interval)) {
        const blob = listed.get(image.blob);
        listed.delete(image.blob);
        yield { image, ...(blob && { blob }) };
      }
      for (const blob of listed.values()) yield { blob };
      from = to;
    } while (marker !== undefined);
  }

  private verdict({ differences, count }: Findings): Verification {
    const checkedAt = new Date(this.deps.nowMs()).toISOString();
    return { clean: count === 0, checkedAt, differences, count };
  }
}

interface Walk {
  readonly found: Findings;
  readonly recount: Record<string, number>;
  readonly documents: number;
  readonly orphans: number;
}

/** Bounded: the first MAX_DIFFERENCES, and how many there are. */
class Findings {
  readonly differences: Difference[] = [];
  count = 0;

  add(difference: Difference): void {
    this.count += 1;
    if (this.differences.length < MAX_DIFFERENCES) this.differences.push(difference);
  }
}

interface Pair {
  readonly blob?: ListedBlob;
  readonly image?: StoredImage;
}

function atWork(container: string, existingRun: string): AppError {
  const message = `Run ${existingRun} is at work in '${container}': its numbers move.`;
  return new AppError('run-active', message, { context: { existingRun } });
}

function moved(container: string): AppError {
  return new AppError('run-active', `A run began in '${container}' meanwhile: ask again when it has ended.`);
}

function heldBack(orphans: number, documents: number): string {
  return (
    `${orphans} of ${documents} known images have no blob any more. If they were deleted, repair with confirmShrink=true; ` +
    'if not, look at the container first. Nothing was removed.'
  );
}
