import type { Quote, Sample } from '../api/documents';
import type { Output } from '../output';
import { count, duration, money, time } from '../text/quantities';
import { pairLines } from '@contactsheet/terminal';

/** What a run would cost, as text. */
export function quoteLines(quote: Quote, { width }: Pick<Output, 'width'>): string[] {
  const { images, price } = quote;
  const seconds = (value: number | undefined) => (value === undefined ? undefined : duration(value * 1000));
  const lines = pairLines(
    [
      ['container', quote.container],
      ['features', quote.features?.join(', ')],
      ['images', count(images.total)],
      ['  new', count(images.new)],
      ['  changed', count(images.changed)],
      ['  unchanged', count(images.unchanged)],
      ['  from cache', images.cached === undefined ? undefined : count(images.cached)],
      ...Object.entries(images.ineligible ?? {}).map(([reason, n]): [string, string] => [`  ${reason}`, count(n)]),
      ['calls', count(quote.calls)],
      ['  uncertain', images.uncertain === undefined ? undefined : `${count(images.uncertain)} ${UNCERTAIN}`],
      ['transactions', count(quote.transactions)],
      ['price', `about ${money(price.total, price.currency)} at ${price.unit} ${price.currency} each (an estimate)`],
      ['takes', seconds(quote.duration?.atQuotaSeconds)],
      ['at observed', seconds(quote.duration?.atObservedSeconds)],
      ['plan', quote.planHash],
      ['expires', quote.expiresAt && time(quote.expiresAt)],
    ],
    width,
  );
  return quote.sample === undefined ? lines : [...lines, '', ...sampleLines(quote.sample, width)];
}

/** Of the calls: a sample tells how many of them are images. */
const UNCERTAIN = '(neither name nor type says that they are images)';

/** Tags shown; the rest is in the JSON. */
const SHOWN_TAGS = 10;

/** What the sample measured; it has been spent, so it says no "about". */
function sampleLines({ cost, projected, ...sample }: Sample, width: number | undefined): string[] {
  const tags = sample.tags.slice(0, SHOWN_TAGS).map(({ name, count: n }) => `${name} ${count(n)}`);
  return pairLines(
    [
      ['sample', `${count(sample.size)} images at random`],
      ['  analysed', count(sample.analysed)],
      ['  from cache', sample.cached > 0 ? count(sample.cached) : undefined],
      ['  failed', `${count(sample.failed)} (${Number((sample.errorRate * 100).toFixed(1))}%)`],
      ...byReason(sample.failures),
      ...byReason(sample.ineligible),
      ['  calls', count(sample.calls)],
      ['  cost', `${money(cost.total, cost.currency)} for ${count(sample.transactions)} transactions (measured)`],
      ['  mean call', sample.meanCallMs === undefined ? undefined : `${count(sample.meanCallMs)} ms`],
      [
        '  the rest',
        projected &&
          `about ${money(projected.total, cost.currency)} for ${count(projected.calls)} calls, if it is alike`,
      ],
      ['  tags', tags.length > 0 ? tags.join(', ') : undefined],
      ['  ended', sample.reason],
    ],
    width,
  );
}

function byReason(counts: Readonly<Record<string, number>>): [string, string][] {
  return Object.entries(counts).map(([reason, n]) => [`    ${reason}`, count(n)]);
}
