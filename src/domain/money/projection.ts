import { type Price, priceOf, type Quote } from './quote';
import type { Looked, Projection } from './sample';

/**
 * What a run would come to if the images that nobody looked at are like those of the sample. A quote prices each image that
 * may need a call, so a container with other files in it comes to less.
 *
 * I1 Images that look like one, and those that are priced on suspicion, are projected apart, each by the share of its own
 *    kind that needed a call. A kind without a sample stays as the quote has it.
 * I2 Never more than the quote.
 *
 * `quote`: of what is left after the sample.
 */
export function projectionOf(
  quote: Pick<Quote, 'calls' | 'transactions' | 'images'>,
  looked: readonly Looked[],
  price: Price,
): Projection {
  const { uncertain = 0 } = quote.images;
  const kinds = [
    { left: uncertain, seen: looked.filter(({ isUncertain }) => isUncertain) },
    { left: quote.calls - uncertain, seen: looked.filter(({ isUncertain }) => !isUncertain) },
  ];
  const calls = kinds.reduce((sum, { left, seen }) => sum + callsOf(left, seen), 0);
  const transactions = quote.calls === 0 ? 0 : Math.ceil((quote.transactions * calls) / quote.calls);
  return { calls, transactions, total: priceOf(transactions, price) };
}

/** `left`: of this kind, with those of the sample that got no answer. */
function callsOf(left: number, seen: readonly Looked[]): number {
  const of = (...statuses: readonly string[]) => seen.filter(({ outcome }) => statuses.includes(outcome.status)).length;
  const [failed, refused] = [of('failed'), of('skipped', 'removed')];
  const unseen = Math.max(0, left - failed - refused);
  const share = seen.length === 0 ? 1 : (seen.length - refused) / seen.length;
  return Math.min(left, Math.ceil(unseen * share) + failed);
}
