import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import { type ZodType, z } from 'zod';
import { QuotaSchema, SetQuotaBody } from './schemas/quota';
import { SetWatchBody, WatchSchema } from './schemas/watch';

/** The operations that set what holds for more than one run. */

type Responses = RouteConfig['responses'];
type Answers = (status: number, description: string, schema: ZodType, refusals: number[]) => Responses;

export function settingOperations(responses: Answers, parameters: { readonly container: ZodType }): RouteConfig[] {
  const path = '/api/v1/containers/{container}/watch';
  const params = z.object(parameters);
  return [
    {
      method: 'get',
      path,
      operationId: 'getWatch',
      summary: 'How a container is watched, and what the last look found',
      tags: ['Containers'],
      request: { params },
      responses: responses(200, 'The watch', WatchSchema, [400, 404]),
    },
    {
      method: 'put',
      path,
      operationId: 'setWatch',
      summary: 'Watch a container: start a run whenever it has changed',
      tags: ['Containers'],
      request: { params, body: { required: true, content: { 'application/json': { schema: SetWatchBody } } } },
      responses: responses(200, 'The watch; it looks at once', WatchSchema, [400, 403, 404, 413, 415]),
    },
    {
      method: 'delete',
      path,
      operationId: 'removeWatch',
      summary: 'Watch a container no longer; runs that were started go on',
      tags: ['Containers'],
      request: { params },
      responses: { ...responses(204, 'Not watched', z.void(), [400]), 204: { description: 'Not watched' } },
    },
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
