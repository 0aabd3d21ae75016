import { defined } from '../defined';
import type { Price } from './quote';
import type { ImageOutcome } from '../run/report';

/** What a run would come to, as far as a sample tells (projection.ts). */
export interface Projection {
  readonly calls: number;
  readonly transactions: number;
  /** In the currency of the quote. */
  readonly total: number;
}

/**
 * A few images of a container, analysed before a run: what they were, what failed, what it cost. Measured, not estimated.
 */
export interface Sample {
  /** Images drawn: as many as were asked for, or all that a run would work on. */
  readonly size: number;
  /** With an answer, paid for or known. */
  readonly analysed: number;
  /** Of the analysed: known before, so no call was made. */
  readonly cached: number;
  readonly failed: number;
  /** 0..1: failed, of those that were analysed or failed. */
  readonly errorRate: number;
  /** Failed images by reason. */
  readonly failures: Readonly<Record<string, number>>;
  /** Images that Vision does not take, by reason: no call. */
  readonly ineligible: Readonly<Record<string, number>>;
  /** The most frequent first, at most TOP_TAGS. */
  readonly tags: readonly { readonly name: string; readonly count: number; readonly meanConfidence: number }[];
  readonly calls: number;
  readonly transactions: number;
  readonly cost: { readonly unit: number; readonly currency: string; readonly total: number };
  /** Of the calls that were answered, the waiting for quota left out; absent when there was none. */
  readonly meanCallMs?: number;
  /** What the rest would come to if it is like the sample. */
  readonly projected?: Projection;
  /** Why it ended before every image was looked at. */
  readonly reason?: string;
}

/** The most images that a sample takes. */
export const MAX_SAMPLE = 100;
export const TOP_TAGS = 20;

/** One image of a sample. */
export interface Looked {
  readonly outcome: Pick<ImageOutcome, 'status' | 'reason' | 'calls' | 'transactions' | 'source'>;
  readonly tags: readonly { readonly name: string; readonly confidence: number }[];
  /** How long each answered call took, in milliseconds. */
  readonly callsMs: readonly number[];
  /** Priced on suspicion (domain/image/appearance.ts). */
  readonly isUncertain?: boolean;
}

export function sampleOf(size: number, looked: readonly Looked[], price: Price, reason?: string): Sample {
  const outcomes = looked.map(({ outcome }) => outcome);
  const of = (status: string) => outcomes.filter((outcome) => outcome.status === status);
  const [analysed, failed] = [of('succeeded'), of('failed')];
  const judged = analysed.length + failed.length;
  const transactions = sum(outcomes.map((outcome) => outcome.transactions));
  const callsMs = looked.flatMap((one) => one.callsMs);
  return {
    size,
    analysed: analysed.length,
    cached: analysed.filter(({ source }) => source === 'cache').length,
    failed: failed.length,
    errorRate: judged === 0 ? 0 : rounded(failed.length / judged, 4),
    failures: byReason(failed),
    ineligible: byReason([...of('skipped'), ...of('removed')]),
    tags: topTags(looked),
    calls: sum(outcomes.map(({ calls }) => calls)),
    transactions,
    // Money in whole millionths, so that 0.1 + 0.2 never shows.
    cost: { ...price, total: rounded(transactions * price.unit, 6) },
    ...(callsMs.length > 0 && { meanCallMs: Math.round(sum(callsMs) / callsMs.length) }),
    ...defined({ reason }),
  };
}

function topTags(looked: readonly Looked[]): Sample['tags'] {
  const confidences = new Map<string, number[]>();
  for (const { name, confidence } of looked.flatMap(({ tags }) => tags)) {
    confidences.set(name, [...(confidences.get(name) ?? []), confidence]);
  }
  return [...confidences]
    .map(([name, all]) => ({ name, count: all.length, meanConfidence: rounded(sum(all) / all.length, 4) }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, TOP_TAGS);
}

function byReason(outcomes: readonly Looked['outcome'][]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason = 'unknown' } of outcomes) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/**
 * So many of a stream of unknown length, each as likely as the others, holding no more than it keeps (Vitter's algorithm R).
 */
export class Reservoir<T> {
  private readonly kept: T[] = [];
  private offered = 0;

  constructor(
    private readonly size: number,
    /** 0 <= random01() < 1 */
    private readonly random01: () => number,
  ) {}

  offer(item: T): void {
    this.offered += 1;
    if (this.kept.length < this.size) {
      this.kept.push(item);
      return;
    }
    const place = Math.floor(this.random01() * this.offered);
    if (place < this.size) this.kept[place] = item;
  }

  get items(): readonly T[] {
    return this.kept;
  }
}
