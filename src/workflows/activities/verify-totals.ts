import type { Actors } from '../../actors';
import { addInto, differences } from '../../domain/counters';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { ResultsGateway } from '../../gateways/results/port';
import { verifyTotals } from '../steps';
import { activity } from './activity';

/** Differences listed in a receipt; the count beside them is complete. */
const MAX_LISTED = 50;

/**
 * Recounts the container from its documents, compares with the actor, and replaces the totals where they differ (after
 * a chunk that was stopped for good between its save and its delta). Idempotent: the second time nothing differs.
 */
export function createVerifyTotals(
  actors: Pick<Actors, 'container'>,
  results: ResultsGateway,
  manifests: ManifestsGateway,
) {
  return activity(verifyTotals, async ({ runId, container }) => {
    const recount: Record<string, number> = {};
    for await (const contribution of results.contributions(container)) addInto(recount, contribution);
    const actor = actors.container(container);
    const { counters } = await actor.summary();
    const found = differences(recount, counters);
    if (found.length > 0) await actor.replaceAggregate({ runId, counters: recount });
    const clean = found.length === 0;
    await manifests.writeVerdict(runId, { clean, differences: found.slice(0, MAX_LISTED), count: found.length });
    return { clean, differences: found.length };
  });
}
