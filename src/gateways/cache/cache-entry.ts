import { defined } from '../../domain/defined';
import { storedShapes } from '../../domain/stored';
import type { Analyzer, ImageAnalysis } from '../../domain/image/analysis';
import type { CachedAnswer, Claimant, Granted, Payment } from './port';

/** One document: an answer, a lease, or both (a further feature is being paid for); or only what is left to be told. */
export interface CacheEntry {
  readonly id: string;
  readonly analysis?: ImageAnalysis;
  readonly analyzer?: Analyzer;
  readonly paid?: Payment;
  readonly lease?: Lease;
  /** Calls of earlier leases whose answer nobody has read (RFC 3339); absent in entries of older builds. */
  readonly unheard?: readonly string[];
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
  | { readonly kind: 'free'; readonly known?: CachedAnswer; readonly unheard?: readonly string[] };

/** What an entry means for somebody who wants these features. Pure. */
export function standingOf(entry: CacheEntry, wanted: readonly string[], claimant: Claimant): Standing {
  const known = answerOf(entry);
  const { lease } = entry;
  const isHeld = lease && ![claimant.holder, claimant.over].includes(lease.holder) && lease.endsAtMs > claimant.nowMs;
  const { unheard } = unheardIn(entry);
  const isToTell = unheard !== undefined && !isHeld && claimant.savesNothing === undefined; // I3 of the port
  if (known && !isToTell && wanted.every((feature) => known.analyzer.features.includes(feature))) {
    return { kind: 'hit', answer: known };
  }
  if (isHeld) return { kind: 'busy', holder: lease.holder };
  return { kind: 'free', ...defined({ known, unheard }) };
}

/** The entry as it is claimed: the lease before it becomes a call that nobody has heard of. */
export function leased(entry: CacheEntry, { holder, nowMs, leaseMs }: Claimant): CacheEntry {
  const lease = { holder, startedAt: new Date(nowMs).toISOString(), endsAtMs: nowMs + leaseMs };
  return { ...entry, ...unheardIn(entry), lease };
}

/** The entry of a claim that ends without an answer; undefined where nothing is left to keep. */
export function givenBack({ key, known }: Granted, unheard: readonly string[]): CacheEntry | undefined {
  if (known === undefined && unheard.length === 0) return undefined;
  return { id: key, ...known, ...(unheard.length > 0 && { unheard }) };
}

function unheardIn({ unheard = [], lease }: CacheEntry): Pick<CacheEntry, 'unheard'> {
  const all = lease === undefined ? unheard : [...unheard, lease.startedAt];
  return all.length === 0 ? {} : { unheard: all };
}

function answerOf({ analysis, analyzer, paid }: CacheEntry): CachedAnswer | undefined {
  return analysis && analyzer && paid ? { analysis, analyzer, paid } : undefined;
}
