import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import { type ZodType, z } from 'zod';
import { RunImagesQuery } from './routes/run-images';
import { RunStepsQuery } from './routes/run-steps';
import { RepairQuery } from './routes/verify';
import { ImageHistorySchema } from './schemas/image-history';
import { pageOf } from './schemas/paging';
import { ReceiptSchema } from './schemas/receipt';
import { RunIdSchema } from './schemas/run';
import { ReportLineSchema, RunImageSchema } from './schemas/run-image';
import { RunStepSchema } from './schemas/run-step';
import { OperationSchema, RepairSchema, VerificationSchema } from './schemas/verification';

/** The operations that tell what happened: of a run, of an image, of a container's records. */

export const RunImagePageSchema = pageOf(RunImageSchema, 'RunImagePage');
export const RunStepPageSchema = pageOf(RunStepSchema, 'RunStepPage');

type Responses = RouteConfig['responses'];
type Answers = (status: number, description: string, schema: ZodType, refusals: number[]) => Responses;

/** Parameters as the other operations of containers declare them. */
export interface PathParameters {
  readonly container: ZodType;
  readonly blob: ZodType;
}

export function historyOperations(responses: Answers, { container, blob }: PathParameters): RouteConfig[] {
  const run = z.object({ id: RunIdSchema });
  const accepted = {
    description: 'It takes longer than 10 s: ask at Operation-Location',
    content: { 'application/json': { schema: OperationSchema } },
    headers: z.object({ 'Operation-Location': z.string(), 'Retry-After': z.string() }),
  };
  return [
    {
      method: 'get',
      path: '/api/v1/runs/{id}/images',
      operationId: 'listRunImages',
      summary: 'What a run did with each image, in the order of the listing',
      tags: ['Runs'],
      request: { params: run, query: RunImagesQuery },
      responses: responses(200, 'A page of images; it may hold fewer than asked for', RunImagePageSchema, [400, 404]),
    },
    {
      method: 'get',
      path: '/api/v1/runs/{id}/steps',
      operationId: 'listRunSteps',
      summary: 'The workflow as it happened: phases, pages and chunks with times and retries',
      tags: ['Runs'],
      request: { params: run, query: RunStepsQuery },
      responses: responses(200, 'A page of steps', RunStepPageSchema, [400, 404]),
    },
    {
      method: 'get',
      path: '/api/v1/runs/{id}/report',
      operationId: 'getRunReport',
      summary: 'One line per image, as JSON lines or CSV; of finished chunks while the run goes on',
      tags: ['Runs'],
      request: { params: run },
      responses: {
        ...responses(200, 'The lines', ReportLineSchema, [400, 404]),
        200: {
          description: 'The lines',
          content: { 'application/x-ndjson': { schema: ReportLineSchema }, 'text/csv': { schema: z.string() } },
        },
      },
    },
    {
      method: 'get',
      path: '/api/v1/runs/{id}/receipt',
      operationId: 'getReceipt',
      summary: 'The closing account of a run',
      tags: ['Runs'],
      request: { params: run },
      responses: responses(200, 'The receipt', ReceiptSchema, [400, 404]),
    },
    {
      method: 'get',
      path: '/api/v1/containers/{container}/images/{blob}/history',
      operationId: 'getImageHistory',
      summary: 'Each attempt at an image, and what can be done about it',
      tags: ['Containers'],
      request: { params: z.object({ container, blob }) },
      responses: responses(200, 'The history', ImageHistorySchema, [400, 404]),
    },
    {
      method: 'post',
      path: '/api/v1/containers/{container}:verify',
      operationId: 'verifyContainer',
      summary: 'Compare the documents with the listing and the totals',
      tags: ['Containers'],
      request: { params: z.object({ container }) },
      responses: { ...responses(200, 'What differs', VerificationSchema, [400, 403, 404, 409]), 202: accepted },
    },
    {
      method: 'post',
      path: '/api/v1/containers/{container}:repair',
      operationId: 'repairContainer',
      summary: 'Put totals right, and take out documents whose blobs are gone',
      tags: ['Containers'],
      request: { params: z.object({ container }), query: RepairQuery },
      responses: { ...responses(200, 'What was changed', RepairSchema, [400, 403, 404, 409]), 202: accepted },
    },
    {
      method: 'get',
      path: '/api/v1/operations/{id}',
      operationId: 'getOperation',
      summary: 'A request that went on after its caller was answered',
      tags: ['Containers'],
      request: { params: z.object({ id: z.string() }) },
      responses: responses(200, 'The operation', OperationSchema, [400, 404]),
    },
  ];
}
