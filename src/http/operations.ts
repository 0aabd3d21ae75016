import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import { type ZodType, z } from 'zod';
import { DURABLE_OPERATIONS } from './durable-operations';
import { ActivityQuery } from './routes/activity';
import { ContainersQuery } from './routes/container-list';
import { ImagesQuery } from './routes/images';
import { QuoteBody, QuoteQuery } from './routes/quotes';
import { ApproveBody, CONTROL_VERBS, ReasonBody, ResumeBody, RetryBody } from './routes/run-commands';
import { RunsQuery, StartRunBody, StartRunQuery } from './routes/runs';
import { ActivityEntrySchema } from './schemas/activity';
import { ContainerEntrySchema, ContainerSchema } from './schemas/container';
import { CheckStatusSchema } from './schemas/durable';
import { HealthSchema } from './schemas/health';
import { ImageSchema } from './schemas/image';
import { pageOf } from './schemas/paging';
import { ProblemSchema } from './schemas/problem';
import { AuditSchema, ContainerQuoteSchema, RetryForecastSchema, RunIdSchema, RunSchema } from './schemas/run';
import { OperationSchema } from './schemas/verification';
import { settingOperations } from './setting-operations';
import { historyOperations } from './history-operations';

/** Every operation of the API as /openapi.json shows it. */

export const RunPageSchema = pageOf(RunSchema, 'RunPage');
export const ImagePageSchema = pageOf(ImageSchema, 'ImagePage');
export const ContainerPageSchema = pageOf(ContainerEntrySchema, 'ContainerPage');
export const ActivityPageSchema = pageOf(ActivityEntrySchema, 'ActivityPage');

type Responses = RouteConfig['responses'];
type Headers = Readonly<Record<string, string>>;

const container = z.string().meta({ description: 'Name of a blob container.', pattern: '^[a-z0-9-]{3,63}$' });
const blob = z.string().meta({ description: 'Blob name, percent-encoded whole: a%2Fb.jpg.' });

const STATUS_TEXT: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  403: 'The container is not readable',
  404: 'Not found',
  409: 'The state does not allow it',
  413: 'Body too large',
  415: 'Not JSON',
};

/** What it answers when it works; then its refusals, and the failures every route shares. */
function responses(
  status: number,
  description: string,
  schema: ZodType,
  refusals: number[],
  headers?: Headers,
): Responses {
  const problem = { 'application/problem+json': { schema: ProblemSchema } };
  return {
    [status]: {
      description,
      content: { 'application/json': { schema } },
      ...(headers && { headers: headersOf(headers) }),
    },
    ...Object.fromEntries(refusals.map((code) => [code, { description: STATUS_TEXT[code] ?? '', content: problem }])),
    default: { description: 'Something went wrong on our side', content: problem },
  };
}

function headersOf(headers: Headers) {
  return z.object(
    Object.fromEntries(Object.entries(headers).map(([name, description]) => [name, z.string().meta({ description })])),
  );
}

const starter = (method: 'get' | 'post'): RouteConfig => ({
  method,
  path: '/api/AnalysisFunctionStarter',
  operationId: method === 'get' ? 'startByTutorialGet' : 'startByTutorialPost',
  summary: 'Start a run, as the tutorial does',
  tags: ['Durable Functions'],
  request: { query: z.object({ container }) },
  responses: responses(202, 'Started', CheckStatusSchema, [400, 403, 404, 409], {
    Location: 'The status of the run.',
    'Retry-After': 'Seconds.',
  }),
});

const probe = (path: string, summary: string): RouteConfig => ({
  method: 'get',
  path,
  operationId: path.slice(1),
  summary,
  tags: ['Health'],
  responses: {
    200: { description: 'Yes', content: { 'application/json': { schema: HealthSchema } } },
    ...(path !== '/livez' && { 503: { description: 'No', content: { 'application/json': { schema: HealthSchema } } } }),
  },
});

const ACCEPTED = { Location: 'The run.', 'Operation-Location': 'The run.', 'Retry-After': 'Seconds.' };

const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly body: ZodType }>> = {
  pause: { summary: 'Stop sending, finish what is in flight, and wait', body: ReasonBody },
  resume: { summary: 'Go on after a pause, or with a higher cap', body: ResumeBody },
  cancel: { summary: 'Stop for good; what is saved stays', body: ReasonBody },
  decline: { summary: 'Say no to a run that asks for approval', body: ReasonBody },
  approve: { summary: 'Say yes to the plan of a run that asks for approval', body: ApproveBody },
};

const command = (verb: string): RouteConfig => ({
  method: 'post',
  path: `/api/v1/runs/{id}:${verb}`,
  operationId: `${verb}Run`,
  summary: COMMANDS[verb]?.summary ?? '',
  tags: ['Runs'],
  request: {
    params: z.object({ id: RunIdSchema }),
    headers: z.object({
      'x-contactsheet-user': z.string().max(128).optional().meta({ description: 'Who says it, for the audit trail.' }),
    }),
    body: {
      required: verb === 'approve',
      content: { 'application/json': { schema: COMMANDS[verb]?.body ?? ReasonBody } },
    },
  },
  responses: responses(202, 'The run as it is now', RunSchema, [400, 404, 409, 413, 415], ACCEPTED),
});

export const OPERATIONS: readonly RouteConfig[] = [
  starter('get'),
  starter('post'),
  ...DURABLE_OPERATIONS,
  {
    method: 'post',
    path: '/api/v1/containers/{container}/runs',
    operationId: 'startRun',
    summary: 'Start a run over a container',
    tags: ['Runs'],
    request: {
      params: z.object({ container }),
      query: StartRunQuery,
      body: { required: false, content: { 'application/json': { schema: StartRunBody } } },
    },
    responses: responses(202, 'Started', RunSchema, [400, 403, 404, 409, 413, 415], {
      Location: 'The run.',
      'Operation-Location': 'The run.',
      'Retry-After': 'Seconds.',
    }),
  },
  {
    method: 'get',
    path: '/api/v1/runs/{id}',
    operationId: 'getRun',
    summary: 'One run',
    tags: ['Runs'],
    request: { params: z.object({ id: RunIdSchema }) },
    responses: responses(200, 'The run', RunSchema, [400, 404]),
  },
  {
    method: 'get',
    path: '/api/v1/runs',
    operationId: 'listRuns',
    summary: 'Runs, newest first',
    tags: ['Runs'],
    request: { query: RunsQuery },
    responses: responses(200, 'A page of runs', RunPageSchema, [400]),
  },
  ...[...CONTROL_VERBS, 'approve'].map(command),
  {
    method: 'post',
    path: '/api/v1/runs/{id}:retry',
    operationId: 'retryRun',
    summary: 'Try again what a finished run left without an analysis',
    tags: ['Runs'],
    request: {
      params: z.object({ id: RunIdSchema }),
      body: { required: false, content: { 'application/json': { schema: RetryBody } } },
    },
    responses: {
      ...responses(202, 'Started', RunSchema, [400, 403, 404, 409, 413, 415], ACCEPTED),
      200: { description: 'With dryRun', content: { 'application/json': { schema: RetryForecastSchema } } },
    },
  },
  {
    method: 'get',
    path: '/api/v1/runs/{id}/audit',
    operationId: 'getAudit',
    summary: 'Who told the run what',
    tags: ['Runs'],
    request: { params: z.object({ id: RunIdSchema }) },
    responses: responses(200, 'The trail', AuditSchema, [400, 404]),
  },
  {
    method: 'post',
    path: '/api/v1/containers/{container}/quotes',
    operationId: 'quote',
    summary: 'What a run would cost, without starting it; with a sample, what some images cost',
    tags: ['Runs'],
    request: {
      params: z.object({ container }),
      query: QuoteQuery,
      body: { required: false, content: { 'application/json': { schema: QuoteBody } } },
    },
    responses: {
      ...responses(202, 'A sample that takes longer', OperationSchema, [400, 403, 404, 409, 413, 415], {
        'Operation-Location': 'Where to ask for the quote.',
        'Retry-After': 'Seconds.',
      }),
      200: { description: 'The quote', content: { 'application/json': { schema: ContainerQuoteSchema } } },
    },
  },
  {
    method: 'get',
    path: '/api/v1/containers',
    operationId: 'listContainers',
    summary: 'Containers that were ever analysed, by name',
    tags: ['Containers'],
    request: { query: ContainersQuery },
    responses: responses(200, 'A page of containers', ContainerPageSchema, [400]),
  },
  {
    method: 'get',
    path: '/api/v1/containers/{container}',
    operationId: 'getContainer',
    summary: 'Totals of a container',
    tags: ['Containers'],
    request: { params: z.object({ container }) },
    responses: responses(200, 'The totals', ContainerSchema, [400, 404]),
  },
  {
    method: 'get',
    path: '/api/v1/containers/{container}/images',
    operationId: 'listImages',
    summary: 'Images of a container, by name',
    tags: ['Containers'],
    request: { params: z.object({ container }), query: ImagesQuery },
    responses: responses(200, 'A page of images', ImagePageSchema, [400, 404]),
  },
  {
    method: 'get',
    path: '/api/v1/containers/{container}/images/{blob}',
    operationId: 'getImage',
    summary: 'One image',
    tags: ['Containers'],
    request: { params: z.object({ container, blob }) },
    responses: responses(200, 'The image', ImageSchema, [400, 404]),
  },
  {
    method: 'get',
    path: '/api/v1/containers/{container}/activity',
    operationId: 'listActivity',
    summary: 'What happened to a container, newest first',
    tags: ['Containers'],
    request: { params: z.object({ container }), query: ActivityQuery },
    responses: responses(200, 'A page of events', ActivityPageSchema, [400, 404]),
  },
  ...historyOperations(responses, { container, blob }),
  ...settingOperations(responses, { container }),
  probe('/livez', 'Does the process answer?'),
  probe('/readyz', 'May it take traffic? `?verbose` lists the checks'),
  probe('/healthz', 'May the sidecar deliver?'),
];
