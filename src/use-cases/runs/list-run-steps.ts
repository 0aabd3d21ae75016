import type { Actors } from '../../actors';
import type { PhaseTimes } from '../../domain/run/receipt';
import { isFinal, type RunView } from '../../domain/run/run';
import { closingSteps, openingSteps, pageStep, type RunStep } from '../../domain/run/steps';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { GetRun } from './get-run';
import { continuationOf, placeOf } from './line-place';
import type { RunUseCases } from './port';
import type { RunLedger } from './run-ledger';

export interface ListRunStepsDeps {
  readonly getRun: GetRun;
  readonly actors: Pick<Actors, 'run'>;
  readonly manifests: Pick<ManifestsGateway, 'readReceipt'>;
  readonly ledger: Pick<RunLedger, 'pages'>;
}

/** Pages of the workflow in one page of steps: while a run goes on each is up to 20 reports. */
const MAX_PAGE_STEPS = 25;

/** Phases, and between them the pages with their chunks, in the order of the run. */
export function createListRunSteps(deps: ListRunStepsDeps): RunUseCases['listRunSteps'] {
  return async (id, { size, continuation }) => {
    const run = await deps.getRun(id);
    const phases = await phasesOf(deps, run);
    const first = placeOf(continuation).page;
    const value: RunStep[] = first === 0 ? openingSteps(run, phases) : [];
    const most = Math.min(size, MAX_PAGE_STEPS);
    let pages = 0;
    for await (const { page, ledger } of deps.ledger.pages(id, first)) {
      if (pages++ === most) return { value, continuation: continuationOf({ page, chunk: 0, line: 0 }) };
      value.push(pageStep(page, ledger));
    }
    return { value: [...value, ...closingSteps(run, phases)] };
  };
}

async function phasesOf({ manifests, actors }: ListRunStepsDeps, run: RunView): Promise<PhaseTimes> {
  const receipt = isFinal(run.status) ? await manifests.readReceipt(run.id) : undefined;
  if (receipt) return receipt.phases;
  return (await actors.run(run.id).view()).phaseTimes ?? {};
}
