import { AppError } from '../../domain/errors';
import { manifestKeys } from '../../domain/ids';
import { ONCE, type Repeats } from '../../domain/run/chunk-repeats';
import type { ChunkReport } from '../../domain/run/ledger';
import type { ReceiptReport } from '../../domain/run/receipt';
import { isFinal } from '../../domain/run/run';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { GetRun } from './get-run';
import type { RunUseCases } from './port';
import type { RunLedger } from './run-ledger';

export interface GetReceiptDeps {
  readonly getRun: GetRun;
  readonly manifests: Pick<ManifestsGateway, 'readReceipt'>;
  readonly ledger: Pick<RunLedger, 'pages'>;
}

/** The receipt that was written when the run was sealed, and the hash of each report that it adds up. */
export function createGetReceipt({ getRun, manifests, ledger }: GetReceiptDeps): RunUseCases['getReceipt'] {
  return async (id) => {
    const run = await getRun(id);
    const receipt = isFinal(run.status) ? await manifests.readReceipt(id) : undefined;
    if (!receipt) {
      const detail = isFinal(run.status)
        ? 'The receipt of this run is not kept any more.'
        : `The run is ${run.status}.`;
      throw new AppError('receipt-not-found', detail);
    }
    return { receipt, reports: reportsOf(ledger, id) };
  };
}

async function* reportsOf(
  runLedger: Pick<RunLedger, 'pages'>,
  runId: string,
): AsyncGenerator<readonly ReceiptReport[]> {
  for await (const { page, ledger } of runLedger.pages(runId)) {
    yield ledger.chunks.flatMap(({ report, repeats = ONCE }, chunk) =>
      report ? { key: manifestKeys.report({ runId, page, chunk }), ...lineOf(report, repeats) } : [],
    );
  }
}

function lineOf({ sha256, lines }: ChunkReport, { executions }: Repeats): Omit<ReceiptReport, 'key'> {
  return { sha256, lines, executions };
}
