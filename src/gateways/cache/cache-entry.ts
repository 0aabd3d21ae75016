import { defined } from '../../domain/defined';
import { storedShapes } from '../../domain/stored';
import type { Analyzer, ImageAnalysis } from '../../domain/image/analysis';
import type { CachedAnswer, Claimant, Payment } from './port';

/** One document: an answer, a lease, or both (a further feature is being paid for). */
export interface CacheEntry {
  readonly id: string;
  readonly analysis?: ImageAnalysis;
  readonly analyzer?: Analyzer;
  readonly paid?: Payment;
  readonly lease?: Lease;
}

/** A document of its own beside the answer, by listed key. */
export interface ListedNote {
  readonly id: string;
  readonly features: readonly string[];
}

export interface Lease {
  readonly holder: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly endsAtMs: number;
}

export const STORED_CACHE_ENTRY = storedShapes<CacheEntry>('An answer in the cache', [(stored: CacheEntry) => stored]);

export const STORED_NOTE = storedShapes<ListedNote>('A note in the cache', [(stored: ListedNote) => stored]);

export type Standing =
  | { readonly kind: 'hit'; readonly answer: CachedAnswer }
  | { readonly kind: 'busy'; readonly holder: string }
  /** Free to claim, perhaps after somebody who did not end it. */
  | { readonly kind: 'free'; readonly known?: CachedAnswer; readonly abandonedAt?: string };

/** What an entry means for somebody who wants these features. Pure. */
export function standingOf(entry: CacheEntry, wanted: readonly string[], claimant: Claimant): Standing {
  const known = answerOf(entry);
  if (known && wanted.every((feature) => known.analyzer.features.includes(feature))) {
    return { kind: 'hit', answer: known };
  }
  const { lease } = entry;
  const isHeld = lease && ![claimant.holder, claimant.over].includes(lease.holder) && lease.endsAtMs > claimant.nowMs;
  if (isHeld) return { kind: 'busy', holder: lease.holder };
  return {
    kind: 'free',
    ...defined({ known, abandonedAt: lease?.startedAt }),
  };
}

export function leased(entry: CacheEntry, { holder, nowMs, leaseMs }: Claimant): CacheEntry {
  return { ...entry, lease: { holder, startedAt: new Date(nowMs).toISOString(), endsAtMs: nowMs + leaseMs } };
}

function answerOf({ analysis, analyzer, paid }: CacheEntry): CachedAnswer | undefined {
  return analysis && analyzer && paid ? { analysis, analyzer, paid } : undefined;
}
