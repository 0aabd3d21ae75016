import type { Analyzer } from '../../domain/image/analysis';
import { type ListingCounts, type Plan, type Price, planText, type Quote, quoteOf } from '../../domain/money/quote';

export interface QuoteSettings {
  readonly price: Price;
  /** Share of known images (0..1) that may be missing from a listing before it is mistrusted. */
  readonly maxLostShare: number;
  readonly nowMs: () => number;
  /** How long a quote, and the question for its approval, stands. */
  readonly validMs: number;
  /** A digest that differs where texts differ. */
  readonly hash: (text: string) => string;
}

/** What the hour brings, and no plan. */
export interface QuoteFacts {
  /** Calls a second that are allowed now; absent: as many as can be made. */
  readonly ratePerSecond?: number;
  /** The counts of the plan as they are by now: more answers may be known. Default: those of the plan. */
  readonly images?: ListingCounts;
}

/** The quote of a plan under the price of this configuration and the facts of the hour. */
export function pricePlan(
  plan: Pick<Plan, 'container' | 'prefix' | 'images'>,
  analyzer: Analyzer,
  { price, nowMs, validMs, hash }: QuoteSettings,
  { ratePerSecond, images = plan.images }: QuoteFacts,
): Quote & { readonly planHash: string; readonly expiresAt: string } {
  const { features } = analyzer;
  return {
    planHash: hash(planText({ ...plan, features, analyzer })),
    expiresAt: new Date(nowMs() + validMs).toISOString(),
    ...quoteOf(images, features.length, price, ratePerSecond),
  };
}
