import type { Router } from 'express';
import { type ImageOutcome, LINE_COUNTERS } from '../../domain/run/report';
import type { RouteDeps } from '../route-deps';
import { csvLine } from '../csv';
import { serve } from '../route';
import { ReceiptReportSchema, ReceiptSchema } from '../../contract/schemas/receipt';
import type { ReportLine } from '../../contract/schemas/run-image';
import { onlyFields } from '../field-order';
import type { ReceiptRead } from '../../use-cases/runs/port';
import { sendStream } from '../stream';
import { noQuery } from '../validation';
import { reportLine } from './run-images';
import { runIdParam } from './runs';

const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';

export function runReportRoutes(router: Router, { useCases }: RouteDeps): void {
  serve(router, '/api/v1/runs/:id/report', {
    GET: async (req, res) => {
      const id = runIdParam(req);
      noQuery(req.query);
      const lines = await useCases.readRunReport(id);
      const isCsv = req.accepts([NDJSON, CSV]) === CSV;
      res.attachment(`run-${id}.${isCsv ? 'csv' : 'ndjson'}`); // sets a type of its own
      res.vary('Accept').type(isCsv ? `${CSV}; charset=utf-8; header=present` : NDJSON);
      await sendStream(req, res, isCsv ? csv(lines) : ndjson(lines));
    },
  });
  serve(router, '/api/v1/runs/:id/receipt', {
    GET: async (req, res) => {
      const id = runIdParam(req);
      noQuery(req.query);
      const receipt = await useCases.getReceipt(id);
      res.type('application/json');
      await sendStream(req, res, receiptText(receipt));
    },
  });
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
