import type { Actors } from '../../actors';
import { hasShrunk, type Price, quoteOf } from '../../domain/quote';
import type { VisionGateway } from '../../gateways/vision/port';
import { writeQuote } from '../steps';
import { activity } from './activity';
import type { RunIndex } from './run-index';

export interface QuoteSettings {
  readonly price: Price;
  /** Share of known images (0..1) that may be missing from a listing before it is mistrusted. */
  readonly maxLostShare: number;
  /** Transactions per second that Vision allows, where that is known. */
  readonly ratePerSecond?: number;
}

/** Prices the run from its counts. Idempotent by run: pure arithmetic over what the run actor holds. */
export function createWriteQuote(
  actors: Pick<Actors, 'run'>,
  vision: Pick<VisionGateway, 'analyzer'>,
  index: RunIndex,
  settings: QuoteSettings,
) {
  return activity(writeQuote, async ({ runId }) => {
    const actor = actors.run(runId);
    const { listing, confirmShrink } = await actor.listing();
    const quote = quoteOf(listing, vision.analyzer.features.length, settings.price, settings.ratePerSecond);
    const mayRemove = confirmShrink || !hasShrunk(listing, settings.maxLostShare);
    const { control } = await actor.quote({ quote, mayRemove });
    await index.write(runId);
    return { control };
  });
}
