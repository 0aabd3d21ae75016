import type { Quote } from '../api/shapes';
import { plainLines } from '../text/plain';
import { count, duration, money, time } from '../text/quantities';
import { pairLines } from '../text/table';

/** What a run would cost, as text. */
export function quoteLines(quote: Quote): string[] {
  const { images, price } = quote;
  const seconds = (value: number | undefined) => (value === undefined ? undefined : duration(value * 1000));
  const lines = pairLines([
    ['container', quote.container],
    ['features', quote.features?.join(', ')],
    ['images', count(images.total)],
    ['  new', count(images.new)],
    ['  changed', count(images.changed)],
    ['  unchanged', count(images.unchanged)],
    ['  from cache', images.cached === undefined ? undefined : count(images.cached)],
    ...Object.entries(images.ineligible ?? {}).map(([reason, n]): [string, string] => [`  ${reason}`, count(n)]),
    ['calls', count(quote.calls)],
    ['transactions', count(quote.transactions)],
    ['price', `about ${money(price.total, price.currency)} at ${price.unit} ${price.currency} each (an estimate)`],
    ['takes', seconds(quote.duration?.atQuotaSeconds)],
    ['at observed', seconds(quote.duration?.atObservedSeconds)],
    ['plan', quote.planHash],
    ['expires', quote.expiresAt && time(quote.expiresAt)],
  ]);
  return quote.sample === undefined ? lines : [...lines, '', 'sample:', ...plainLines(quote.sample)];
}
