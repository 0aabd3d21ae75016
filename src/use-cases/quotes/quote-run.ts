import type { Actors } from '../../actors';
import { withFeatures } from '../../domain/image/analysis';
import { hasShrunk } from '../../domain/money/quote';
import type { RunScope } from '../../domain/run/run-scope';
import type { VisionGateway } from '../../gateways/vision/port';
import type { RunIndex } from '../runs/run-index';
import { pricePlan, type QuoteSettings } from './price-plan';

export interface QuoteRunDeps {
  readonly actors: Pick<Actors, 'run' | 'quota'>;
  readonly vision: Pick<VisionGateway, 'analyzer'>;
  readonly index: Pick<RunIndex, 'write'>;
  readonly quote: QuoteSettings;
}

/** Prices a run from its counts and the rate in force. Idempotent by run: a later quote replaces an earlier one. */
export async function quoteRun({ actors, vision, index, quote: settings }: QuoteRunDeps, scope: RunScope) {
  const { runId, container, prefix, features } = scope;
  const actor = actors.run(runId);
  const { listing, confirmShrink } = await actor.listing();
  const { settings: quota } = await actors.quota().view();
  const plan = { container, prefix, images: listing };
  const quote = pricePlan(plan, withFeatures(vision.analyzer, features), settings, quota);
  const mayRemove = confirmShrink || !hasShrunk(listing, settings.maxLostShare);
  const { control, needsApproval } = await actor.quote({ quote, mayRemove });
  await index.write(runId);
  return { control, needsApproval };
}
