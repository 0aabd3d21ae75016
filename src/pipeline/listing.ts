import { defined } from '../domain/defined';
import { type Analyzer, withFeatures, listedKey, missingFeatures } from '../domain/image/analysis';
import type { Classified } from '../domain/image/classification';
import { isUnpriced, listedAppearance } from '../domain/image/appearance';
import { CHUNK_SIZE, type ChunkRef, PAGE_SIZE } from '../domain/ids';
import type { ListedBlob } from '../domain/image/image';
import { boundsOf, compareNames, isWithin, type NameBounds } from '../domain/image/name-order';
import { addListings, type ListingCounts, NO_LISTING } from '../domain/money/quote';
import { type ChunkTask, type RunScope, scopeOf } from '../domain/run/run-scope';
import type { BlobsGateway } from '../gateways/blobs/port';
import type { CacheGateway } from '../gateways/cache/port';
import type { ManifestsGateway } from '../gateways/manifests/port';
import type { ChunkBounds, PageIndex } from '../domain/run/page-index';
import type { NameInterval, ResultsGateway } from '../gateways/results/port';
import type { VisionGateway } from '../gateways/vision/port';
import { type ListedPage, PageComparison, type Work } from './page-comparison';

/**
 * The snapshot of a run: pages of a listing, cut into chunks with name bounds.
 *
 * I1 Pages and chunks cover the name space without overlap or gap: each begins where the one before ended, the first is
 *    open below, the last open above. So stored images between two listed names belong to exactly one chunk.
 * I2 The index of a page is written once and stands; a second listing of the same page takes its bounds.
 *    Bounds mean the order of the service that listed, and say so: it is not that of the stored documents.
 * I3 Lost inputs are listed again from the bounds: Azurite may forget what it acknowledged in its last five seconds.
 */
export interface ListingDeps {
  readonly blobs: BlobsGateway;
  readonly manifests: ManifestsGateway;
  readonly results: ResultsGateway;
  readonly vision: Pick<VisionGateway, 'analyzer' | 'limits'>;
  readonly cache: Pick<CacheGateway, 'known'>;
  /** Images per page and chunk; a page has at most 20 chunks. Default PAGE_SIZE and CHUNK_SIZE. */
  readonly sizes?: { readonly page: number; readonly chunk: number };
}

/** An image that a run would call Vision for, and what it would be billed. */
export interface CallAhead {
  readonly image: Classified;
  readonly transactions: number;
  /** Priced on suspicion (domain/image/appearance.ts). */
  readonly isUncertain?: boolean;
}

interface Found {
  readonly blobs: readonly ListedBlob[];
  readonly next?: string;
}

/** Where a page lies among its neighbours; open above while the next page is not known. */
interface Place extends NameBounds {
  readonly marker: string | undefined;
}

export class Listing {
  private readonly sizes: { readonly page: number; readonly chunk: number };

  constructor(private readonly deps: ListingDeps) {
    this.sizes = deps.sizes ?? { page: PAGE_SIZE, chunk: CHUNK_SIZE };
  }

  /** The index of a page: read, or listed now. `signal`: nobody waits for it any more, and nothing is written then. */
  async page(scope: RunScope, page: number, signal?: AbortSignal): Promise<PageIndex> {
    const known = await this.deps.manifests.readPage(scope.runId, page);
    if (known) return known;
    const before = page === 0 ? undefined : await this.page(scope, page - 1, signal);
    const after = await this.deps.manifests.readPage(scope.runId, page + 1);
    // A page that was lost ends where its neighbour begins (I1), not after a page's worth of images.
    const order = await this.deps.blobs.nameOrder();
    const [from, to] = [before?.chunks.at(-1)?.to, after?.chunks[0]?.from];
    const place = { marker: before?.next, ...boundsOf({ from, to, order }) };
    const found = await this.find(scope, place, after ? Number.POSITIVE_INFINITY : this.sizes.page, signal);
    const { index, chunks } = await this.cut(scope, after ? withNext(found, after.marker) : found, place);
    signal?.throwIfAborted();
    const standing = await this.deps.manifests.writePageOnce(scope.runId, page, index); // I2
    if (sameBounds(standing, index)) {
      const writes = chunks.map((blobs, chunk) =>
        index.chunks[chunk]?.settled
          ? Promise.resolve()
          : this.deps.manifests.writeChunk({ runId: scope.runId, page, chunk }, blobs),
      );
      await Promise.all(writes);
    }
    return standing;
  }

  /** What a run would list now: counted page by page, nothing written. `ahead` is shown each image that needs a call. */
  async count(
    where: Pick<RunScope, 'container' | 'prefix' | 'features'>,
    ahead?: (call: CallAhead) => void,
  ): Promise<ListingCounts> {
    const scope = { ...where, runId: '' };
    let counts = NO_LISTING;
    let marker: string | undefined;
    let from: string | undefined;
    const order = await this.deps.blobs.nameOrder();
    do {
      const place = { marker, ...boundsOf({ from, order, to: undefined }) };
      const found = await this.find(scope, place, this.sizes.page);
      const { index } = await this.cut(scope, found, place, ahead);
      counts = addListings(counts, index.counts);
      marker = found.next;
      from = index.chunks.at(-1)?.to;
    } while (marker !== undefined);
    return counts;
  }

  async intervalOf(task: ChunkTask): Promise<NameInterval> {
    const { ref, prefix } = task;
    const index = await this.page(scopeOfChunk(task), ref.page);
    return { prefix, ...boundsOf(chunkBounds(index, ref)) };
  }

  /** The images of a chunk whose manifest is gone (I3). */
  async listChunk(task: ChunkTask): Promise<readonly ListedBlob[]> {
    const { formats } = this.deps.vision.limits;
    // What the snapshot priced is lost with the manifest: what does not look like an image was not in it.
    const blobs = (await this.imagesWithin(task)).map((blob) =>
      isUnpriced(listedAppearance(blob, formats)) ? { ...blob, priced: 0 } : blob,
    );
    await this.deps.manifests.writeChunk(task.ref, blobs);
    return blobs;
  }

  /** What lies within a chunk's bounds now; nothing is written. */
  async imagesWithin(task: ChunkTask): Promise<readonly ListedBlob[]> {
    const index = await this.page(scopeOfChunk(task), task.ref.page);
    const bounds = boundsOf(chunkBounds(index, task.ref));
    const place = { marker: index.marker, ...bounds };
    const found = await this.find(scopeOfChunk(task), place, Number.POSITIVE_INFINITY);
    return found.blobs.filter(({ name }) => isWithin(name, bounds));
  }

  /** Lists from a marker: at most `most` images, none beyond the upper bound where that is known. */
  private async find(
    scope: RunScope,
    { marker, to, order }: Place,
    most: number,
    signal?: AbortSignal,
  ): Promise<Found> {
    const blobs: ListedBlob[] = [];
    let next = marker;
    do {
      const pageSize = Math.min(this.sizes.page, most - blobs.length);
      const options = { prefix: scope.prefix, pageSize, ...defined({ marker: next, signal }) };
      const page = await this.deps.blobs.listPage(scope.container, options);
      blobs.push(...page.blobs);
      next = page.next;
      const last = blobs.at(-1);
      if (to !== undefined && last && compareNames(last.name, to, order) >= 0) {
        return withNext({ blobs: blobs.filter(({ name }) => compareNames(name, to, order) <= 0) }, next);
      }
    } while (next !== undefined && blobs.length < most);
    return withNext({ blobs }, next);
  }

  private async cut(
    scope: RunScope,
    found: Found,
    { marker, from, to, order }: Place,
    ahead?: (call: CallAhead) => void,
  ): Promise<{ index: PageIndex; chunks: readonly (readonly ListedBlob[])[] }> {
    const { blobs, next } = found;
    const size = Math.max(this.sizes.chunk, Math.ceil(blobs.length / (this.sizes.page / this.sizes.chunk)));
    const chunks = Array.from({ length: Math.max(1, Math.ceil(blobs.length / size)) }, (_, chunk) =>
      blobs.slice(chunk * size, (chunk + 1) * size),
    );
    const end = to ?? (next === undefined ? undefined : blobs.at(-1)?.name);
    const bounds = chunks.map((part, chunk): Omit<ChunkBounds, 'settled'> => {
      const lower = chunk === 0 ? from : chunks[chunk - 1]?.at(-1)?.name;
      const upper = chunk === chunks.length - 1 ? end : part.at(-1)?.name;
      return { count: part.length, ...boundsOf({ from: lower, to: upper, order }) };
    });
    const compared = await this.compare(scope, { chunks, bounds }, ahead);
    const index: PageIndex = {
      ...defined({ marker, next }),
      chunks: bounds.map((bound, chunk) => ({ ...bound, settled: compared.settled[chunk] ?? false })),
      counts: compared.counts,
    };
    const priced = chunks.map((part) => part.map((blob) => withPrice(blob, compared.priced.get(blob.name))));
    return { index, chunks: priced };
  }

  /** Compares the page with what is stored: one range query, and the cache for what is new or changed. */
  private async compare(
    scope: RunScope,
    page: ListedPage,
    ahead: (call: CallAhead) => void = () => {},
  ): Promise<{ counts: ListingCounts; settled: readonly boolean[]; priced: Prices }> {
    const { vision, results } = this.deps;
    const analyzer = withFeatures(vision.analyzer, scope.features);
    const comparison = new PageComparison(page, { analyzer, limits: vision.limits, retry: scope.retry });
    const names = boundsOf({ ...page.bounds[0], to: page.bounds.at(-1)?.to });
    for await (const stored of results.range(scope.container, { prefix: scope.prefix, ...names })) {
      comparison.show(stored);
    }
    const { counts, settled } = comparison.end();
    const { spared, priced } = await this.spared(comparison.work, analyzer, ahead);
    return { priced, counts: { ...counts, ...spared }, settled };
  }

  /** What documents and cache spare of this work, as far as that can be known without reading an image. */
  private async spared(
    work: readonly Work[],
    analyzer: Analyzer,
    ahead: (call: CallAhead) => void,
  ): Promise<{ readonly spared: Partial<ListingCounts>; readonly priced: Prices }> {
    const keyOf = ({ contentMd5, sizeBytes }: ListedBlob) =>
      contentMd5 === undefined ? [] : [listedKey(contentMd5, sizeBytes, analyzer)];
    const known = await this.deps.cache.known([...new Set(work.flatMap(({ image }) => keyOf(image.blob)))]);
    const full = analyzer.features.length;
    const priced = new Map<string, number | 'full'>();
    let [cached, sparedTransactions, uncertain] = [0, 0, 0];
    for (const { image, answered: stored, isUncertain } of work) {
      const kept = keyOf(image.blob).flatMap((key) => known.get(key) ?? []);
      const transactions = missingFeatures(analyzer, { features: [...stored, ...kept] }).length;
      priced.set(image.blob.name, transactions === full ? 'full' : transactions);
      sparedTransactions += full - transactions;
      if (transactions === 0) {
        cached += 1;
        continue;
      }
      if (isUncertain) uncertain += 1;
      ahead({ image, transactions, ...(isUncertain && { isUncertain }) });
    }
    const spared = {
      ...(cached > 0 && { cached }),
      ...(sparedTransactions > 0 && { sparedTransactions }),
      ...(uncertain > 0 && { uncertain }),
    };
    return { spared, priced };
  }
}

/** Transactions of each image that a quote counts, by name. What is not in it is not priced. */
type Prices = ReadonlyMap<string, number | 'full'>;

function withPrice(blob: ListedBlob, price: number | 'full' = 0): ListedBlob {
  return price === 'full' ? blob : { ...blob, priced: price };
}

function scopeOfChunk(task: ChunkTask): RunScope {
  return scopeOf({ ...task, runId: task.ref.runId });
}

function withNext({ blobs }: Found, next: string | undefined): Found {
  return { blobs, ...defined({ next }) };
}

function chunkBounds(index: PageIndex, ref: ChunkRef): ChunkBounds {
  const bounds = index.chunks[ref.chunk];
  if (!bounds) throw new Error(`page ${ref.page} has no chunk ${ref.chunk}`);
  return bounds;
}

function sameBounds(a: PageIndex, b: PageIndex): boolean {
  return (
    a.chunks.length === b.chunks.length &&
    a.chunks.every((bounds, i) => bounds.to === b.chunks[i]?.to && bounds.from === b.chunks[i]?.from)
  );
}
