import type { Actors } from '../../actors';
import type { Analyzer } from '../../domain/analysis';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { RunsGateway } from '../../gateways/runs/port';
import { closeRun } from '../steps';
import { activity } from './activity';

/**
 * Seals the run: final status, receipt, index, and the container free for the next run. Idempotent by run: the first
 * end stands, and everything after it is written from that.
 */
export function createCloseRun(
  actors: Actors,
  manifests: ManifestsGateway,
  runs: RunsGateway,
  analyzer: () => Analyzer,
) {
  return activity(closeRun, async ({ runId, container, failure }) => {
    const { run } = await actors.run(runId).end(failure === undefined ? {} : { failure });
    const recount = await manifests.readVerdict(runId);
    await manifests.writeReceipt(runId, { run, container, recount, analyzer: analyzer() });
    await runs.write(run);
    await actors.container(container).endRun({ runId });
    return { failed: run.status === 'Failed' };
  });
}
