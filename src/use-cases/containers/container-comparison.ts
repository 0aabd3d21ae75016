import { jsonBytes, MAX_STORED_BYTES } from '../../domain/bytes';
import type { Actors } from '../../actors';
import type { ContainerTotals } from '../../actors/container/container-actor.api';
import { addInto } from '../../domain/container/totals';
import {
  type Difference,
  MAX_DIFFERENCES,
  missingDocument,
  orphanDocument,
  staleness,
} from '../../domain/container/verification';
import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import { instanceIdOf } from '../../domain/run/instance-id';
import type { ListedBlob, StoredImage } from '../../domain/image/image';
import { isGone, isMissed } from '../../domain/image/unlisted';
import { boundsOf, compareNames } from '../../domain/image/name-order';
import type { BlobsGateway } from '../../gateways/blobs/port';
import type { ResultsGateway } from '../../gateways/results/port';
import type { VisionGateway } from '../../gateways/vision/port';

export interface ComparisonDeps {
  readonly actors: Pick<Actors, 'container'>;
  readonly blobs: Pick<BlobsGateway, 'nameOrder' | 'listPage' | 'head'>;
  readonly results: Pick<ResultsGateway, 'range' | 'get'>;
  readonly vision: Pick<VisionGateway, 'analyzer'>;
}

/** The most that List Blobs gives at once (Azure REST API, List Blobs, `maxresults`). */
const LIST_SIZE = 5_000;

/** What a comparison found. `recount`: the totals that the documents add up to. */
export interface Comparison {
  readonly found: Findings;
  readonly recount: Record<string, number>;
  readonly documents: number;
  readonly orphans: number;
  /** Of the orphans: those whose leaving is a loss (domain/image/unlisted.ts). */
  readonly missed: number;
}

/** A listed blob and the document of its name: at least one of the two. */
export interface Pair {
  readonly blob?: ListedBlob;
  readonly image?: StoredImage;
}

/**
 * Compares a container's listing with its documents.
 *
 * I1 Documents are compared page by page of the listing: memory does not grow with the container.
 * I2 Totals move while a run is active, so that is refused; a run that begins meanwhile makes the answer void.
 * I3 A missing document or a missing blob is believed only after it was asked for by name.
 */
export class ContainerComparison {
  constructor(private readonly deps: ComparisonDeps) {}

  /** I2. @throws AppError run-active */
  async atRest(container: string): Promise<ContainerTotals> {
    const totals = await this.deps.actors.container(container).summary();
    if (totals.activeRun !== undefined) throw atWork(container, totals.activeRun);
    return totals;
  }

  /** @throws AppError as the gateways, and the reason of `signal` */
  async compare(container: string, signal?: AbortSignal): Promise<Comparison> {
    const found = new Findings();
    const recount: Record<string, number> = {};
    const counts = { documents: 0, orphans: 0, missed: 0 };
    for await (const { blob, image } of this.pairs(container)) {
      signal?.throwIfAborted();
      if (image) addInto(recount, image.contribution);
      const isPresent = image !== undefined && image.status !== 'removed';
      if (isPresent) counts.documents += 1;
      const difference = await this.differenceOf(container, blob, isPresent ? image : undefined);
      if (difference) found.add(difference);
      if (difference?.kind !== 'orphan') continue;
      counts.orphans += 1;
      if (image && isMissed(image)) counts.missed += 1;
    }
    return { found, recount, ...counts };
  }

  private async differenceOf(
    container: string,
    blob: ListedBlob | undefined,
    image: StoredImage | undefined,
  ): Promise<Difference | undefined> {
    if (blob && image) return staleness(blob, image, this.deps.vision.analyzer);
    if (blob) {
      const now = await this.deps.results.get(container, blob.name); // I3
      return now && now.document.status !== 'removed' ? undefined : missingDocument(blob.name);
    }
    if (!image || !isGone(await this.deps.blobs.head(container, image.blob))) return undefined; // I3
    return orphanDocument(image.blob);
  }

  /**
   * I1: every listed blob and every document once, together where they have one name. Bounds only ever rise, so that no
   * document is told twice or never, should a service sort otherwise than it says.
   */
  async *pairs(container: string): AsyncGenerator<Pair> {
    const order = await this.deps.blobs.nameOrder();
    let [marker, from]: (string | undefined)[] = [];
    do {
      const options = { prefix: '', pageSize: LIST_SIZE, ...defined({ marker }) };
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
        yield { image, ...defined({ blob }) };
      }
      for (const blob of listed.values()) yield { blob };
      from = to;
    } while (marker !== undefined);
  }
}

/** Bounded: the first MAX_DIFFERENCES, or as many as can be stored as one, and how many there are. */
export class Findings {
  readonly differences: Difference[] = [];
  count = 0;
  private bytes = 0;

  add(difference: Difference): void {
    this.count += 1;
    this.bytes += jsonBytes(difference);
    if (this.differences.length < MAX_DIFFERENCES && this.bytes < MAX_STORED_BYTES) this.differences.push(difference);
  }
}

function atWork(container: string, existingRun: string): AppError {
  const message = `Run ${instanceIdOf(existingRun)} is at work in '${container}': its numbers move.`;
  return new AppError('run-active', message, { context: { existingRun } });
}

/** A run began between two looks (I2). */
export function moved(container: string): AppError {
  return new AppError('run-active', `A run began in '${container}' meanwhile: ask again when it has ended.`);
}
