import type { Actors } from '../../actors';
import { withFeatures } from '../../domain/image/analysis';
import { addWork, NO_WORK } from '../../domain/counters';
import type { MaybeBilled } from '../../domain/run/ledger';
import { type LedgerTotal, MAX_MAYBE_BILLED, NO_RECOUNT, receiptOf } from '../../domain/run/receipt';
import type { RunView } from '../../domain/run/run';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { ResultsGateway } from '../../gateways/results/port';
import type { RunsGateway } from '../../gateways/runs/port';
import type { VisionGateway } from '../../gateways/vision/port';
import type { RunScope } from '../../domain/run/run-scope';
import type { Clock } from '../../pipeline/clock';
import type { Listing } from '../../pipeline/listing';
import type { ContainerIndex } from '../containers/container-index';
import { withCure } from './failure-reason';
import { rebuildLostReports } from './lost-reports';
import { RunLedger } from './run-ledger';

export interface RunClosingDeps {
  readonly actors: Pick<Actors, 'run' | 'container'>;
  readonly manifests: ManifestsGateway;
  readonly runs: Pick<RunsGateway, 'write'>;
  readonly results: Pick<ResultsGateway, 'range'>;
  readonly listing: Pick<Listing, 'page' | 'imagesWithin'>;
  readonly vision: Pick<VisionGateway, 'analyzer'>;
  readonly containerIndex: Pick<ContainerIndex, 'refresh'>;
  readonly clock: Pick<Clock, 'sleep'>;
}

const PATIENCE_MS = 1_500;

/**
 * Closes a run: its end decided, ledger and receipt written, the container free for the next run, and then told.
 *
 * I1 Whoever sees a run that has ended finds its receipt, and its container free: the end is told last. But nobody waits
 *    longer than PATIENCE_MS for a run to end that was cancelled or has failed: its receipt may come later, when storage
 *    answers again.
 * I2 Idempotent by run, from wherever it was left: the first end and the first receipt stand (a late second execution
 *    finds the page indexes gone), and everything after is written from them.
 */
export class RunClosing {
  constructor(private readonly deps: RunClosingDeps) {}

  /** `mayOwe`: who asks asks again when this fails, so the receipt of a run that was stopped may come later. */
  async close(scope: RunScope, failure?: string, mayOwe = false): Promise<RunView> {
    const { actors, runs, containerIndex } = this.deps;
    const { runId, container } = scope;
    const actor = actors.run(runId);
    const { run } = await actor.seal(failure === undefined ? {} : { failure: withCure(failure) });
    const receipt = this.ensureReceipt(run, scope);
    const isStopped = run.status === 'Cancelled' || run.status === 'Failed';
    await (mayOwe && isStopped ? this.orPatience(receipt) : receipt);
    await actors.container(container).endRun({ runId });
    await containerIndex.refresh(container);
    await actor.end({}); // I1
    await runs.write(run);
    await receipt; // where it failed, the run is closed again, and finds all but this done
    return run;
  }

  /** Resolves when the work has ended, in whatever way, or has taken long. */
  private orPatience(work: Promise<void>): Promise<void> {
    const ended = work.catch(() => undefined);
    return Promise.race([ended, this.deps.clock.sleep(PATIENCE_MS)]);
  }

  private async ensureReceipt(run: RunView, scope: RunScope): Promise<void> {
    const { manifests } = this.deps;
    if ((await manifests.readReceipt(scope.runId)) === undefined) await this.writeReceipt(run, scope);
  }

  private async writeReceipt(run: RunView, scope: RunScope): Promise<void> {
    const { actors, manifests, vision } = this.deps;
    const { runId, features } = scope;
    const actor = actors.run(runId);
    const recount = (await manifests.readVerdict(runId)) ?? NO_RECOUNT;
    const { phaseTimes = {}, pages = 0, mayRemove = true } = await actor.view();
    for (let page = 0; page < pages; page++) {
      const { done } = await actor.pageDone({ page });
      await rebuildLostReports(this.deps, { ...scope, page, done, mayRemove });
    }
    const total = await this.sealLedger(runId);
    const facts = { recount, analyzer: withFeatures(vision.analyzer, features), phases: phaseTimes };
    await manifests.writeReceipt(runId, receiptOf(run, total, facts));
  }

  /** Writes the ledger of each page, one page in hand at a time, and adds up what they say. */
  private async sealLedger(runId: string): Promise<LedgerTotal> {
    const { actors, manifests } = this.deps;
    let sums = NO_WORK;
    let maybeBilledCount = 0;
    const maybeBilled: MaybeBilled[] = [];
    for await (const { page, ledger } of new RunLedger(manifests, actors).pages(runId)) {
      await manifests.writeLedger(runId, page, ledger);
      for (const { report } of ledger.chunks) {
        if (!report) continue;
        sums = addWork(sums, report.sums);
        maybeBilledCount += report.maybeBilledCount ?? report.maybeBilled.length;
        maybeBilled.push(...report.maybeBilled.slice(0, MAX_MAYBE_BILLED - maybeBilled.length));
      }
    }
    return { sums, maybeBilled, maybeBilledCount };
  }
}
