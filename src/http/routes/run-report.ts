import { CSV, NDJSON } from '../../contract/endpoints/run-records';
import { ReceiptReportSchema, ReceiptSchema } from '../../contract/schemas/receipt';
import type { ReportLine } from '../../contract/schemas/run-image';
import { storedInstanceId } from '../../domain/run/instance-id';
import { type ImageOutcome, LINE_COUNTERS } from '../../domain/run/report';
import type { ReceiptRead, RunUseCases } from '../../use-cases/runs/port';
import type { Handler } from '../bind';
import { csvLine } from '../csv';
import { onlyFields } from '../field-order';
import { reportLine } from './run-records';

/** What a run leaves behind, whole: sent as it is read. */

export function getRunReport(ask: Pick<RunUseCases, 'readRunReport'>): Handler<'getRunReport'> {
  return async ({ params: { id }, accepts }) => {
    const lines = await ask.readRunReport(id);
    const isCsv = accepts([NDJSON, CSV]) === CSV;
    return {
      status: 200,
      headers: {
        'Content-Disposition': `attachment; filename="run-${storedInstanceId(id)}.${isCsv ? 'csv' : 'ndjson'}"`,
        Vary: 'Accept',
      },
      mediaType: isCsv ? `${CSV}; charset=utf-8; header=present` : NDJSON,
      pieces: isCsv ? csv(lines) : ndjson(lines),
    };
  };
}

export function getReceipt(ask: Pick<RunUseCases, 'getReceipt'>): Handler<'getReceipt'> {
  return async ({ params: { id } }) => {
    const receipt = await ask.getReceipt(id);
    return { status: 200, mediaType: 'application/json', pieces: receiptText(receipt) };
  };
}

async function* ndjson(lines: AsyncIterable<readonly ImageOutcome[]>): AsyncGenerator<string> {
  for await (const some of lines) yield some.map((outcome) => `${JSON.stringify(reportLine(outcome))}\n`).join('');
}

const COLUMNS = [
  'blob',
  'status',
  'listed',
  'reason',
  'code',
  'stage',
  'retryable',
  'calls',
  'transactions',
  'source',
  ...LINE_COUNTERS,
  'maybeBilled',
  'startedAt',
  'endedAt',
  'waitMs',
  'workMs',
  'advice',
] as const satisfies readonly (keyof ReportLine)[];

async function* csv(lines: AsyncIterable<readonly ImageOutcome[]>): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  for await (const some of lines) yield some.map((outcome) => csvRow(reportLine(outcome))).join('');
}

function csvRow(line: ReportLine): string {
  return csvLine(COLUMNS.map((column) => (column === 'maybeBilled' ? line.maybeBilled?.join(' ') : line[column])));
}

async function* receiptText({ receipt, reports }: ReceiptRead): AsyncGenerator<string> {
  const head = JSON.stringify(onlyFields(receipt, ReceiptSchema));
  yield `${head.slice(0, -1)},"reports":[`;
  let separator = '';
  for await (const some of reports) {
    if (some.length === 0) continue;
    yield separator + some.map((report) => JSON.stringify(onlyFields(report, ReceiptReportSchema))).join(',');
    separator = ',';
  }
  yield ']}';
}
