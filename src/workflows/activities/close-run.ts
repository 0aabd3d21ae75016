import { asking } from '../../domain/analysis';
import { addSums, type MaybeBilled, NO_SUMS } from '../../domain/ledger';
import { type LedgerTotal, MAX_MAYBE_BILLED, NO_RECOUNT, receiptOf } from '../../domain/receipt';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import { rebuildLostReports } from '../../runs/lost-reports';
import { RunLedger } from '../../runs/run-ledger';
import { closeRun } from '../steps';
import { activity } from './activity';
import type { ActivityDeps } from './index';

/**
 * Seals the run: final status, ledger, receipt, index, and the container free for the next run. Idempotent by run: the
 * first end and the first receipt stand (a late second execution finds the page indexes gone), and everything after is
 * written from them.
 */
export function createCloseRun({
  actors,
  manifests,
  runs,
  results,
  listing,
  vision,
  containerIndex,
}: Pick<ActivityDeps, 'actors' | 'manifests' | 'runs' | 'results' | 'listing' | 'vision' | 'containerIndex'>) {
  return activity(closeRun, async ({ failure, ...scope }) => {
    const { runId, container, features } = scope;
    const actor = actors.run(runId);
    const { run } = await actor.end(failure === undefined ? {} : { failure });
    if ((await manifests.readReceipt(runId)) === undefined) {
      const recount = (await manifests.readVerdict(runId)) ?? NO_RECOUNT;
      const { phaseTimes = {}, pages = 0 } = await actor.view();
      for (let page = 0; page < pages; page++) {
        const { done } = await actor.pageDone({ page });
        await rebuildLostReports({ manifests, results, listing }, { ...scope, page, done });
      }
      const total = await sealLedger(new RunLedger(manifests, actors), manifests, runId);
      const facts = { recount, analyzer: asking(vision.analyzer, features), phases: phaseTimes };
      await manifests.writeReceipt(runId, receiptOf(run, total, facts));
    }
    await runs.write(run);
    await actors.container(container).endRun({ runId });
    await containerIndex.refresh(container);
    return { failed: run.status === 'Failed' };
  });
}

/** Writes the ledger of each page, one page in hand at a time, and adds up what they say. */
async function sealLedger(ledgers: RunLedger, manifests: ManifestsGateway, runId: string): Promise<LedgerTotal> {
  let sums = NO_SUMS;
  let maybeBilledCount = 0;
  const maybeBilled: MaybeBilled[] = [];
  for await (const { page, ledger } of ledgers.pages(runId)) {
    await manifests.writeLedger(runId, page, ledger);
    for (const { report } of ledger.chunks) {
      if (!report) continue;
      sums = addSums(sums, report.sums);
      maybeBilledCount += report.maybeBilled.length;
      maybeBilled.push(...report.maybeBilled.slice(0, MAX_MAYBE_BILLED - maybeBilled.length));
    }
  }
  return { sums, maybeBilled, maybeBilledCount };
}
