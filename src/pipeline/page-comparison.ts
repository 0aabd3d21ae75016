import type { Analyzer } from '../domain/image/analysis';
import { appearanceOf, isUnpriced } from '../domain/image/appearance';
import { answered, type Classified, classify } from '../domain/image/classification';
import { ineligibleAsListed } from '../domain/image/eligibility';
import type { ListedBlob, StoredImage } from '../domain/image/image';
import { compareNames } from '../domain/image/name-order';
import { isMissed } from '../domain/image/unlisted';
import type { ListingCounts } from '../domain/money/quote';
import type { ChunkBounds } from '../domain/run/page-index';
import type { RunScope } from '../domain/run/run-scope';
import type { VisionGateway } from '../gateways/vision/port';

/** An image that is new or has changed, and which features its document answers all the same. */
export interface Work {
  readonly image: Classified;
  readonly answered: readonly string[];
  /** Priced on suspicion (domain/image/appearance.ts). */
  readonly isUncertain: boolean;
}

export interface ListedPage {
  readonly chunks: readonly (readonly ListedBlob[])[];
  /** One for each chunk. */
  readonly bounds: readonly Omit<ChunkBounds, 'settled'>[];
}

export interface ComparisonOptions {
  /** With the features that the run asks for. */
  readonly analyzer: Analyzer;
  readonly limits: VisionGateway['limits'];
  /** Of a retry: an image without a document is not its business. */
  readonly retry: RunScope['retry'];
}

/**
 * One listed page, compared with what is stored: what is new, changed, unchanged or missing, and in which chunks nothing is
 * to be done. It asks nobody and writes nothing.
 */
export class PageComparison {
  /** What needs a call, unless document or cache spare it. */
  readonly work: Work[] = [];
  private readonly ineligible: Record<string, number> = {};
  private readonly total: number;
  private readonly chunkOf = new Map<string, number>();
  private readonly listed = new Map<string, ListedBlob>();
  private readonly withDocument = new Set<string>();
  private readonly unchanged: Tally;
  /** Stored and not listed, by the last chunk that may hold their names. */
  private readonly missing: Tally;
  /** The same of what nobody misses, such as the marker of a directory. Its chunk is not settled all the same. */
  private readonly unmissed: Tally;
  private changed = 0;

  constructor(
    private readonly page: ListedPage,
    private readonly options: ComparisonOptions,
  ) {
    for (const [chunk, blobs] of page.chunks.entries()) {
      for (const blob of blobs) {
        this.chunkOf.set(blob.name, chunk);
        this.listed.set(blob.name, blob);
      }
    }
    this.total = this.listed.size;
    this.unchanged = new Tally(page.chunks.length);
    this.missing = new Tally(page.chunks.length);
    this.unmissed = new Tally(page.chunks.length);
  }

  /** Shows it one document of the page's interval of names; the order does not matter. */
  show(stored: StoredImage): void {
    const { analyzer, retry } = this.options;
    const blob = this.listed.get(stored.blob);
    if (!blob) {
      this.showUnlisted(stored);
      return;
    }
    this.withDocument.add(blob.name);
    const image = classify(blob, stored, analyzer, undefined, retry);
    if (image.kind === 'unchanged') this.unchanged.add(this.chunkOf.get(blob.name));
    else if (this.take(image, stored.etag === blob.etag ? answered(stored, analyzer) : [])) this.changed += 1;
  }

  /** Call it once, after the last document. */
  end(): { readonly counts: ListingCounts; readonly settled: readonly boolean[] } {
    let fresh = 0;
    for (const blob of this.listed.values()) {
      if (this.withDocument.has(blob.name)) continue;
      if (this.options.retry) this.unchanged.add(this.chunkOf.get(blob.name));
      else if (this.take({ kind: 'new', blob }, [])) fresh += 1;
    }
    const { total, changed, unchanged, missing, unmissed, ineligible } = this;
    return {
      counts: { total, new: fresh, changed, unchanged: unchanged.sum, missing: missing.sum, ineligible },
      settled: this.page.chunks.map(
        (blobs, chunk) => unchanged.of(chunk) === blobs.length && missing.of(chunk) === 0 && unmissed.of(chunk) === 0,
      ),
    };
  }

  private showUnlisted(stored: StoredImage): void {
    if (stored.status === 'removed' || this.options.retry) return;
    const at = this.page.bounds.findIndex(
      ({ to, order }) => to === undefined || compareNames(stored.blob, to, order) <= 0,
    );
    (isMissed(stored) ? this.missing : this.unmissed).add(Math.max(at, 0));
  }

  /** Is it in the price? Else it is counted by its reason. */
  private take(image: Exclude<Classified, { kind: 'unchanged' }>, known: readonly string[]): boolean {
    const { limits } = this.options;
    const appearance = appearanceOf(image.blob, image.kind === 'new' ? undefined : image.stored, limits.formats);
    const reason = ineligibleAsListed(image.blob, limits) ?? (isUnpriced(appearance) ? appearance : undefined);
    if (reason !== undefined) this.ineligible[reason] = (this.ineligible[reason] ?? 0) + 1;
    else this.work.push({ image, answered: known, isUncertain: appearance === 'uncertain' });
    return reason === undefined;
  }
}

/** One number for each chunk. */
class Tally {
  private readonly counts: number[];

  constructor(chunks: number) {
    this.counts = Array.from({ length: chunks }, () => 0);
  }

  add(chunk = 0): void {
    this.counts[chunk] = this.of(chunk) + 1;
  }

  of(chunk: number): number {
    return this.counts[chunk] ?? 0;
  }

  get sum(): number {
    return this.counts.reduce((a, b) => a + b, 0);
  }
}
