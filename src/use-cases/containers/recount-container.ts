import type { Actors } from '../../actors';
import { addInto } from '../../domain/container/totals';
import { wrongTotals } from '../../domain/container/verification';
import { MAX_RECOUNT_LISTED } from '../../domain/run/receipt';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { ResultsGateway } from '../../gateways/results/port';

export interface RecountContainerDeps {
  readonly actors: Pick<Actors, 'container'>;
  readonly results: Pick<ResultsGateway, 'contributions'>;
  readonly manifests: Pick<ManifestsGateway, 'readVerdict' | 'writeVerdict'>;
}

/**
 * Recounts a container from its documents at the end of a run, compares with the actor, and replaces the totals where they
 * differ (after a chunk that was stopped for good between its save and its delta). Idempotent: the second time nothing
 * differs, and the first verdict stands: it is written before the totals are corrected.
 */
export async function recountContainer(
  { actors, results, manifests }: RecountContainerDeps,
  { runId, container }: { readonly runId: string; readonly container: string },
): Promise<{ readonly clean: boolean; readonly differences: number }> {
  const recount: Record<string, number> = {};
  for await (const contribution of results.contributions(container)) addInto(recount, contribution);
  const actor = actors.container(container);
  const { counters } = await actor.summary();
  const found = wrongTotals(recount, counters);
  const standing = await manifests.readVerdict(runId);
  const verdict =
    standing?.clean === false
      ? standing
      : { clean: found.length === 0, differences: found.slice(0, MAX_RECOUNT_LISTED), count: found.length };
  await manifests.writeVerdict(runId, verdict);
  if (found.length > 0) await actor.replaceAggregate({ runId, counters: recount });
  return { clean: verdict.clean, differences: verdict.count };
}
