import type { Actors } from '../../actors';
import { withFeatures } from '../../domain/image/analysis';
import { hasShrunk } from '../../domain/money/quote';
import type { VisionGateway } from '../../gateways/vision/port';
import { pricePlan, type QuoteSettings } from '../../use-cases/quotes/price-plan';
import { writeQuote } from '../steps';
import { activity } from './activity';
import type { RunIndex } from './run-index';

/** Prices the run from its counts and the rate in force. Idempotent by run: a later quote replaces an earlier one. */
export function createWriteQuote(
  actors: Pick<Actors, 'run' | 'quota'>,
  vision: Pick<VisionGateway, 'analyzer'>,
  index: RunIndex,
  settings: QuoteSettings,
) {
  return activity(writeQuote, async ({ runId, container, prefix, features }) => {
    const actor = actors.run(runId);
    const { listing, confirmShrink } = await actor.listing();
    const { settings: quota } = await actors.quota().view();
    const quote = pricePlan(
      { container, prefix, images: listing },
      withFeatures(vision.analyzer, features),
      settings,
      quota,
    );
    const mayRemove = confirmShrink || !hasShrunk(listing, settings.maxLostShare);
    const { control, needsApproval } = await actor.quote({ quote, mayRemove });
    await index.write(runId);
    return { control, needsApproval };
  });
}
