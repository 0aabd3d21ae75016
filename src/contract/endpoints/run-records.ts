import { z } from 'zod';
import { endpoint, json, refusals, stream } from '../endpoint';
import { PrefixSchema } from '../schemas/analysis';
import { ofRun } from '../schemas/names';
import { pageOf, pageQuery } from '../schemas/paging';
import { ReceiptSchema } from '../schemas/receipt';
import { AuditSchema } from '../schemas/run';
import { OutcomeStatusSchema, ReportLineSchema, RunImageSchema } from '../schemas/run-image';
import { RunStepSchema } from '../schemas/run-step';

/** What a run leaves behind. */

export const NDJSON = 'application/x-ndjson';
export const CSV = 'text/csv';

export const getAudit = endpoint({
  id: 'getAudit',
  method: 'GET',
  path: '/api/v1/runs/{id}/audit',
  access: 'reader',
  summary: 'Who gave the run which command',
  tags: ['Runs'],
  params: ofRun,
  answers: { 200: json('The trail', AuditSchema), ...refusals(400, 404) },
});

export const listRunImages = endpoint({
  id: 'listRunImages',
  method: 'GET',
  path: '/api/v1/runs/{id}/images',
  access: 'reader',
  summary: 'What a run did with each image, in the order of the listing',
  tags: ['Runs'],
  params: ofRun,
  query: z.strictObject({
    status: OutcomeStatusSchema.optional(),
    reason: z.string().min(1).max(64).optional(),
    prefix: PrefixSchema.optional(),
    ...pageQuery,
  }),
  answers: {
    200: json('A page of images; it may hold fewer than asked for', pageOf(RunImageSchema, 'RunImagePage')),
    ...refusals(400, 404),
  },
});

export const listRunSteps = endpoint({
  id: 'listRunSteps',
  method: 'GET',
  path: '/api/v1/runs/{id}/steps',
  access: 'reader',
  summary: 'The workflow as it happened: phases, pages and chunks with times and retries',
  tags: ['Runs'],
  params: ofRun,
  query: z.strictObject(pageQuery),
  answers: { 200: json('A page of steps', pageOf(RunStepSchema, 'RunStepPage')), ...refusals(400, 404) },
});

export const getRunReport = endpoint({
  id: 'getRunReport',
  method: 'GET',
  path: '/api/v1/runs/{id}/report',
  access: 'reader',
  summary: 'One line per image, as JSON lines or CSV; during the run, of finished chunks',
  tags: ['Runs'],
  params: ofRun,
  answers: { 200: stream('The lines', { [NDJSON]: ReportLineSchema, [CSV]: z.string() }), ...refusals(400, 404) },
});

export const getReceipt = endpoint({
  id: 'getReceipt',
  method: 'GET',
  path: '/api/v1/runs/{id}/receipt',
  access: 'reader',
  summary: 'The closing account of a run',
  tags: ['Runs'],
  params: ofRun,
  // Read and sent piece by piece: a run may have thousands of reports.
  answers: { 200: stream('The receipt', { 'application/json': ReceiptSchema }), ...refusals(400, 404) },
});
