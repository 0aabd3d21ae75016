import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import type { ZodType } from 'zod';
import { QuotaSchema, SetQuotaBody } from './schemas/quota';

/** The operations that set what holds for more than one run. */

type Responses = RouteConfig['responses'];
type Answers = (status: number, description: string, schema: ZodType, refusals: number[]) => Responses;

export function settingOperations(responses: Answers): RouteConfig[] {
  return [
    {
      method: 'get',
      path: '/api/v1/quota',
      operationId: 'getQuota',
      summary: 'What Vision may be asked, and what this month has cost',
      tags: ['Quota'],
      responses: responses(200, 'The quota', QuotaSchema, [400]),
    },
    {
      method: 'put',
      path: '/api/v1/quota',
      operationId: 'setQuota',
      summary: 'Change the quota, while runs are on too',
      tags: ['Quota'],
      request: { body: { required: true, content: { 'application/json': { schema: SetQuotaBody } } } },
      responses: responses(200, 'The quota as it is now', QuotaSchema, [400, 413, 415]),
    },
  ];
}
