import type { ImageOutcome } from '../../domain/run/report';
import type { RunView } from '../../domain/run/run';
import type { GetRun } from './get-run';
import type { RunUseCases } from './port';
import type { RunLedger } from './run-ledger';
import { linesOf, type RunLinesDeps } from './run-lines';

export interface ReadRunReportDeps extends RunLinesDeps {
  readonly getRun: GetRun;
  readonly ledger: Pick<RunLedger, 'pages'>;
}

/** Every line, chunk by chunk, in the order of the listing. The lines of one chunk are in hand at a time. */
export function createReadRunReport(deps: ReadRunReportDeps): RunUseCases['readRunReport'] {
  return async (id) => allLines(deps, await deps.getRun(id));
}

async function* allLines(deps: ReadRunReportDeps, run: RunView): AsyncGenerator<readonly ImageOutcome[]> {
  for await (const { page, ledger } of deps.ledger.pages(run.id)) {
    for (const [chunk, row] of ledger.chunks.entries()) {
      const lines = await linesOf(deps, run, { page, chunk }, row);
      if (lines.length > 0) yield lines;
    }
  }
}
