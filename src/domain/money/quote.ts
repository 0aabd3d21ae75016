/**
 * What a run will cost, from counts alone: pure arithmetic, an estimate by nature (images may turn out ineligible once
 * their headers are read, and calls may be retried).
 */

export interface ListingCounts {
  readonly total: number;
  readonly new: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Stored images of the same name interval that the listing does not show. */
  readonly missing: number;
  /** New and changed images that need no call: their answer is known. Absent: none. */
  readonly cached?: number;
  /** Transactions that known answers spare the new and changed images. Absent: none. */
  readonly sparedTransactions?: number;
  /** Of those that need a call: priced on suspicion, as neither name nor content type tells. Absent: none. */
  readonly uncertain?: number;
  /** Not priced, by reason: for their size or tier, or because they do not look like an image (domain/image/appearance.ts). */
  readonly ineligible: Readonly<Record<string, number>>;
}

export interface Price {
  /** Price of one transaction. */
  readonly unit: number;
  /** ISO 4217. */
  readonly currency: string;
}

export interface Quote {
  /** Names the plan: an approval of another plan is none. */
  readonly planHash?: string;
  /** The plan is not worth approving after that. */
  readonly expiresAt?: string;
  readonly images: ListingCounts;
  readonly calls: number;
  /** Billable features of each call: those that are not known yet. Vision 3.2 bills each visual feature as one transaction. */
  readonly transactions: number;
  readonly price: { readonly unit: number; readonly currency: string; readonly total: number; readonly estimate: true };
  readonly duration: { readonly atQuotaSeconds?: number };
}

export function quoteOf(images: ListingCounts, features: number, price: Price, ratePerSecond?: number): Quote {
  const work = images.new + images.changed;
  const calls = work - (images.cached ?? 0);
  const transactions = work * features - (images.sparedTransactions ?? 0);
  const total = priceOf(transactions, price);
  return {
    images,
    calls,
    transactions,
    price: { ...price, total, estimate: true },
    duration: ratePerSecond === undefined ? {} : { atQuotaSeconds: Math.ceil(calls / ratePerSecond) },
  };
}

/** More than any month holds. */
export const MOST_TRANSACTIONS = 1_000_000_000_000;

/** In the currency of `price`, in whole millionths, so that 0.1 + 0.2 never shows. */
export function priceOf(transactions: number, price: Pick<Price, 'unit'>): number {
  return Math.round(transactions * price.unit * 1e6) / 1e6;
}

/** All that makes two plans the same. */
export interface Plan {
  readonly container: string;
  readonly prefix: string;
  readonly images: ListingCounts;
  readonly features: readonly string[];
  readonly analyzer: { readonly provider: string; readonly version: string; readonly language: string };
}

/** One text for equal plans, whatever the order of their keys: what a plan hash is taken of. */
export function planText({ container, prefix, images, features, analyzer }: Plan): string {
  const ineligible = Object.entries(images.ineligible).sort(([a], [b]) => (a < b ? -1 : 1));
  const known = [images.cached ?? 0, images.sparedTransactions ?? 0];
  const counts = [images.total, images.new, images.changed, images.unchanged, images.missing, ...known];
  const vision = [analyzer.provider, analyzer.version, analyzer.language];
  return JSON.stringify([container, prefix, counts, ineligible, [...features].sort(), vision]);
}

export const NO_LISTING: ListingCounts = { total: 0, new: 0, changed: 0, unchanged: 0, missing: 0, ineligible: {} };

export function addListings(a: ListingCounts, b: ListingCounts): ListingCounts {
  const ineligible: Record<string, number> = { ...a.ineligible };
  for (const [reason, count] of Object.entries(b.ineligible)) ineligible[reason] = (ineligible[reason] ?? 0) + count;
  return {
    total: a.total + b.total,
    new: a.new + b.new,
    changed: a.changed + b.changed,
    unchanged: a.unchanged + b.unchanged,
    missing: a.missing + b.missing,
    ...present('cached', a, b),
    ...present('sparedTransactions', a, b),
    ...present('uncertain', a, b),
    ineligible,
  };
}

function present(
  key: 'cached' | 'sparedTransactions' | 'uncertain',
  a: ListingCounts,
  b: ListingCounts,
): Partial<ListingCounts> {
  const sum = (a[key] ?? 0) + (b[key] ?? 0);
  return sum === 0 ? {} : { [key]: sum };
}

/**
 * Did so many known images vanish from the listing that it is more likely wrong than true? (I11 of the design: one bad
 * scan of another product marked 68,811 assets deleted.)
 */
export function hasShrunk(images: ListingCounts, maxLostShare: number): boolean {
  const known = images.missing + images.unchanged + images.changed;
  return known > 0 && images.missing / known > maxLostShare;
}
