import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import { type ZodType, z } from 'zod';
import { DURABLE_TASK_BASE } from './links';
import { RepairInput } from './routes/durable-entities';
import { OrchestratorInput } from './routes/durable-orchestrators';
import { ContainerSchema } from './schemas/container';
import {
  CheckStatusSchema,
  DurableErrorSchema,
  DurableOutputSchema,
  DurableStatusSchema,
  EntityStatusSchema,
  PurgeSchema,
} from './schemas/durable';
import { RunIdSchema } from './schemas/run';

/** The operations of the Durable Functions contract. Keys of parameters are matched in any case, and paths too. */

const code = z.string().optional().meta({ description: 'From the link, or the key of the operator (LINK_KEY).' });
const ours = { taskHub: z.string().optional(), connection: z.string().optional(), code };
const flag = (description: string) => z.enum(['true', 'false']).optional().meta({ description });
const date = (description: string) => z.iso.datetime().optional().meta({ description });
const top = z.int().min(1).optional().meta({ description: 'At most so many, 100 at most.' });
const seconds = (description: string) => z.number().optional().meta({ description });
const waiting = {
  timeout: seconds('With pollingInterval: wait so many seconds for the end.'),
  pollingInterval: seconds('With timeout: look so often.'),
};
const statuses = z.string().optional().meta({
  description: 'Pending, Running, Suspended, Completed, Failed, Terminated; repeated or separated by commas.',
});
const created = {
  createdTimeFrom: date('Started at this time or later.'),
  createdTimeTo: date('Started at this time or before.'),
};
const reason = z.string().optional().meta({ description: 'Stands in the run and in its audit trail.' });
const continued = z.object({
  'x-ms-continuation-token': z.string().optional().meta({ description: 'From the answer before.' }),
});
const goesOn = {
  headers: z.object({ 'x-ms-continuation-token': z.string().meta({ description: 'Empty on the last page.' }) }),
};
const asking = (retryAfter: string) => ({
  headers: z.object({
    Location: z.string().meta({ description: 'Where to ask.' }),
    'Retry-After': z.string().meta({ description: `Seconds: ${retryAfter}.` }),
  }),
});

type Responses = RouteConfig['responses'];

const json = (schema: ZodType) => ({ 'application/json': { schema } });
const body = (schema: ZodType, required = false) => ({ body: { required, content: json(schema) } });

/** What it answers when it works, what the contract answers besides, and the errors every route shares. */
function responses(own: Responses, refusals: Readonly<Record<number, string>> = {}): Responses {
  const empty = Object.entries(refusals).map(([status, description]) => [status, { description }]);
  const error = (description: string) => ({ description, content: json(DurableErrorSchema) });
  return {
    400: error('An argument is wrong'),
    401: error('The code is missing, wrong or expired'),
    403: error('The code is for another run or another verb'),
    ...Object.fromEntries(empty),
    ...own,
    default: error('Something went wrong on our side'),
  };
}

const NO_RUN = { 404: 'No such run; the body is empty' };
const GONE = { 410: 'The run has ended, or is ending' };
const TAKEN: Responses = { 202: { description: 'Taken' } };
const LINKS: Responses = {
  202: { description: 'Started: every link of the run', content: json(CheckStatusSchema), ...asking('10') },
};
const WAITED: Responses = {
  ...LINKS,
  200: { description: 'Waited, and Completed: the bare output', content: json(DurableOutputSchema) },
};
const PURGED: Responses = { 200: { description: 'How many were forgotten', content: json(PurgeSchema) } };
const problem = (description: string): Responses[string] => ({ description, content: json(DurableErrorSchema) });

const instance = z.object({ instanceId: RunIdSchema });
const entity = z.object({
  entityName: z.string().meta({ description: '`ContainerActor`, in any case.' }),
  entityKey: z.string().meta({ description: 'The name of the container.' }),
});

type Verb = 'get' | 'post' | 'delete';
type Operation = Omit<RouteConfig, 'method' | 'path' | 'operationId' | 'tags'> & { readonly query?: object };

function operation(operationId: string, at: `${Verb} /${string}`, { query, ...rest }: Operation): RouteConfig {
  const [method, path] = at.split(' ') as [Verb, string];
  const request = { ...rest.request, query: z.object({ ...query, ...ours }) };
  return { ...rest, operationId, method, path: `${DURABLE_TASK_BASE}${path}`, tags: ['Durable Functions'], request };
}

const command = (verb: 'terminate' | 'suspend' | 'resume', summary: string): RouteConfig =>
  operation(`${verb}Instance`, `post /instances/{instanceId}/${verb}`, {
    summary,
    query: { reason },
    request: { params: instance },
    responses: responses(TAKEN, { ...NO_RUN, ...GONE }),
  });

const start = (withId: boolean): RouteConfig =>
  operation(
    withId ? 'startInstance' : 'startNewInstance',
    `post /orchestrators/{functionName}${withId ? '/{instanceId}' : ''}`,
    {
      summary: withId ? 'Start a run under an id of your own' : 'Start a run by the name of its orchestrator',
      query: waiting,
      request: {
        params: z.object({
          functionName: z.string().meta({ description: '`O_ProccessImage` or `analyze-container.v1`, in any case.' }),
          ...(withId && { instanceId: RunIdSchema }),
        }),
        ...body(OrchestratorInput, true),
      },
      responses: responses({
        ...WAITED,
        404: problem('No such container'),
        409: problem('The container has an active run, or the id is taken'),
      }),
    },
  );

const entities = (named: boolean): RouteConfig =>
  operation(named ? 'listEntitiesByName' : 'listEntities', `get /entities${named ? '/{entityName}' : ''}`, {
    summary: named ? 'Entities of one kind' : 'Entities: the containers that were ever analysed, by name',
    query: {
      fetchState: flag('With the state of each; default false.'),
      lastOperationTimeFrom: date('Changed at this time or later.'),
      lastOperationTimeTo: date('Changed at this time or before.'),
      top,
    },
    request: { headers: continued, ...(named && { params: entity.pick({ entityName: true }) }) },
    responses: responses({
      200: { description: 'A page', content: json(z.array(EntityStatusSchema)), ...goesOn },
    }),
  });

export const DURABLE_OPERATIONS: readonly RouteConfig[] = [
  start(false),
  start(true),
  operation('getInstance', 'get /instances/{instanceId}', {
    summary: 'Status of a run, as Durable Functions shows it',
    query: {
      showHistory: flag('With its events; default false.'),
      showHistoryOutput: flag('With what each event gave; default false.'),
      showInput: flag('With its input; default true.'),
      returnInternalServerErrorOnFailure: flag('Answer 500 for a run that has failed; default false.'),
    },
    request: { params: instance },
    responses: responses(
      {
        200: { description: 'Ended', content: json(DurableStatusSchema) },
        202: { description: 'Going on', content: json(DurableStatusSchema), ...asking('5') },
        500: { description: 'Failed, when asked to say so', content: json(DurableStatusSchema) },
      },
      NO_RUN,
    ),
  }),
  operation('listInstances', 'get /instances', {
    summary: 'Runs as Durable Functions lists them, newest first',
    query: {
      instanceIdPrefix: z.string().optional(),
      ...created,
      runtimeStatus: statuses,
      showInput: flag('With the input of each; default true.'),
      top,
    },
    request: { headers: continued },
    responses: responses({
      200: {
        description: 'A page; it may hold fewer than asked for',
        content: json(z.array(DurableStatusSchema)),
        ...goesOn,
      },
    }),
  }),
  operation('raiseEvent', 'post /instances/{instanceId}/raiseEvent/{eventName}', {
    summary: 'Tell a run something. It listens to `approval`; any other event is taken and changes nothing',
    request: {
      params: instance.extend({ eventName: z.string() }),
      ...body(
        z
          .unknown()
          .meta({ description: 'Of `approval`: {approved, planHash, maxTransactions?, reason?}.', example: null }),
      ),
    },
    responses: responses(
      { ...TAKEN, 409: problem('The approval names another plan, or the run asks for none') },
      { ...NO_RUN, ...GONE },
    ),
  }),
  command('terminate', 'Stop a run for good; what is saved stays'),
  command('suspend', 'Stop sending, finish what is in flight, and wait'),
  command('resume', 'Go on after a suspend'),
  operation('rewindInstance', 'post /instances/{instanceId}/rewind', {
    summary: 'Try again what failed, as a run of its own that is linked with this one',
    query: { reason },
    request: { params: instance },
    responses: responses(
      {
        ...TAKEN,
        409: problem('The container has an active run'),
        410: { description: 'The run has ended and nothing failed is left to try again', content: json(z.string()) },
        412: { description: 'The run has not ended', content: json(z.string()) },
      },
      NO_RUN,
    ),
  }),
  operation('restartInstance', 'post /instances/{instanceId}/restart', {
    summary: 'Start another run with the input of this one',
    query: {
      restartWithNewInstanceId: flag('Default true; false is refused, as an id is used once.'),
      ...waiting,
    },
    request: { params: instance },
    responses: responses({ ...WAITED, 409: problem('The container has an active run') }),
  }),
  operation('purgeInstance', 'delete /instances/{instanceId}', {
    summary: 'Forget a run that has ended; its results stay',
    request: { params: instance },
    responses: responses(PURGED, { 404: 'No such run, or it goes on; the body is empty' }),
  }),
  operation('purgeInstances', 'delete /instances', {
    summary: 'Forget the runs that have ended and fit',
    query: {
      ...created,
      createdTimeFrom: z.iso.datetime().meta({ description: 'Required.' }),
      runtimeStatus: statuses,
    },
    responses: responses(PURGED, { 404: 'None fits; the body is empty' }),
  }),
  entities(false),
  entities(true),
  operation('readEntity', 'get /entities/{entityName}/{entityKey}', {
    summary: 'State of an entity: the totals of a container',
    request: { params: entity },
    responses: responses(
      { 200: { description: 'The state', content: json(ContainerSchema.omit({ links: true })) } },
      { 404: 'No such entity; the body is empty' },
    ),
  }),
  operation('signalEntity', 'post /entities/{entityName}/{entityKey}', {
    summary: 'Have a container put its totals right, by a recount of its documents',
    query: { op: z.enum(['repair']) },
    request: { params: entity, ...body(RepairInput) },
    responses: responses({
      ...TAKEN,
      404: problem('No such container'),
      409: problem('The container has an active run'),
    }),
  }),
];
