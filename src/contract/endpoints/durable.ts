import { z } from 'zod';
import { defined } from '../../domain/defined';
import { INSTANCE_ID_PATTERN } from '../../domain/run/instance-id';
import { ACTORS } from '../../names';
import { DURABLE_TASK_BASE } from '../durable-task';
import { type Answers, empty, endpoint, json, type Method, type ProblemAnswer, refusals, type Role } from '../endpoint';
import type { LinkVerb } from '../link-verb';
import { ContainerSchema } from '../schemas/container';
import {
  CheckStatusSchema,
  DurableErrorSchema,
  DurableOutputSchema,
  DurableStatusSchema,
  EntityStatusSchema,
  PurgeSchema,
} from '../schemas/durable';
import { date, EVERYWHERE, flag, neededDate, plain, runtimeStatus, seconds, text, top } from '../schemas/durable-query';
import { ContainerName } from '../schemas/names';
import { StartRunBody } from './runs';

/**
 * The operations of the Durable Functions contract, and the starter of the tutorial.
 *
 * I1 Names of parameters, and paths, are matched in any case; unknown parameters are ignored.
 * I2 What is unknown, path or verb, answers 404 without a body.
 */

/** Read as any text: what no run can be called answers 404 without a body, as what none is called does. */
const instanceId = z.string().meta({
  description: 'Id of a run: the one that its start chose, else a UUID v7 in hexadecimal without dashes. Case counts.',
  shownAs: INSTANCE_ID_PATTERN,
});
const instance = z.object({ instanceId });
const entityName = z.string().meta({ description: '`ContainerActor`, in any case.' });
const entity = z.object({ entityName, entityKey: z.string().meta({ description: 'The name of the container.' }) });
const functionName = z.string().meta({ description: '`O_ProccessImage` or `analyze-container.v1`, in any case.' });

const waiting = {
  timeout: seconds('With pollingInterval: wait so many seconds for the end.'),
  pollingInterval: seconds('With timeout: look so often.'),
};
const created = {
  createdTimeFrom: date('Started at this time or later.'),
  createdTimeTo: date('Started at this time or before.'),
};
const reason = { reason: text('Stands in the run and in its audit trail.') };
const showInput = flag('With its input; default true.', true);
const returnInternalServerErrorOnFailure = flag('Answer 500 for a run that has failed; default false.', false);

const continued = z.object({
  'x-ms-continuation-token': z.string().optional().meta({ description: 'From the answer before.' }),
});
const goesOn = { headers: { 'x-ms-continuation-token': 'Empty on the last page.' } } as const;

const error = (description: string): ProblemAnswer<typeof DurableErrorSchema> => ({
  kind: 'problem',
  description,
  mediaType: 'application/json',
  body: DurableErrorSchema,
});

const ERRORS = {
  400: error('An argument is wrong'),
  401: error('The code is missing, wrong or expired, and it is not known who asks'),
  403: error('The code is for another run or another verb'),
};
/** What comes with a GET is not read. */
const UNREADABLE = { 413: error('Body too large'), 415: error('The body is compressed') };
type Unreadable<At extends string> = At extends `GET ${string}` ? Readonly<Record<never, never>> : typeof UNREADABLE;

const NO_RUN = { 404: empty('No such run; the body is empty') };
const GONE = { 410: empty('The run has ended, or is ending') };
const TAKEN = { 202: empty('Taken') };
const asking = (retryAfter: string) => ({
  headers: { Location: 'Where to ask.', 'Retry-After': `Seconds: ${retryAfter}.` },
});
const LINKS = { 202: json('Started: every link of the run', CheckStatusSchema, asking('10')) };
const STARTED = {
  200: json('Waited, and ended', z.union([DurableOutputSchema, DurableStatusSchema])),
  ...LINKS,
  500: json('Waited, and Failed, when asked to say so', DurableStatusSchema),
};
const PURGED = { 200: json('How many were forgotten', PurgeSchema) };

/** One of the contract: its base, the parameters that all take, and the refusals that all give. */
function durable<
  const Id extends string,
  const At extends `${Method} /${string}`,
  const Query extends z.core.$ZodLooseShape,
  const More extends { readonly params?: z.ZodObject; readonly headers?: z.ZodObject; readonly body?: z.ZodType },
  const Own extends Answers,
>(
  id: Id,
  at: At,
  said: { readonly access: Role; readonly link?: LinkVerb; readonly summary: string; readonly query: Query },
  more: More,
  answers: Own,
) {
  const [method, path] = at.split(' ') as [Method, `/${string}`];
  return endpoint({
    id,
    method,
    path: `${DURABLE_TASK_BASE}${path}`,
    access: said.access,
    ...defined({ link: said.link }),
    summary: said.summary,
    tags: ['Durable Functions'],
    query: z.object({ ...said.query, ...EVERYWHERE }),
    ...more,
    answers: { ...ERRORS, ...((method === 'GET' ? {} : UNREADABLE) as Unreadable<At>), ...answers },
  });
}

export const OrchestratorInput = z.union(
  [z.string(), StartRunBody.extend({ container: z.string() })],
  'The name of a container, or an object with "container" and what else a start may say. Either may come as JSON text within a JSON string, as the Python client sends it.',
);

const STARTS = { access: 'operator', query: { ...waiting, showInput, returnInternalServerErrorOnFailure } } as const;
const REFUSED_START = {
  404: error('No such container'),
  409: error('The container has an active run, or the id is taken'),
};

export const startNewInstance = durable(
  'startNewInstance',
  'POST /orchestrators/{functionName}',
  { ...STARTS, summary: 'Start a run by the name of its orchestrator' },
  { params: z.object({ functionName }), body: OrchestratorInput },
  { ...STARTED, ...REFUSED_START },
);

export const startInstance = durable(
  'startInstance',
  'POST /orchestrators/{functionName}/{instanceId}',
  { ...STARTS, summary: 'Start a run under an id of your own; it is free again when its run has ended' },
  { params: z.object({ functionName, instanceId }), body: OrchestratorInput },
  { ...STARTED, ...REFUSED_START },
);

export const getInstance = durable(
  'getInstance',
  'GET /instances/{instanceId}',
  {
    access: 'reader',
    link: 'status',
    summary: 'Status of a run, as Durable Functions shows it',
    query: {
      showHistory: flag('With its events; default false.', false),
      showHistoryOutput: flag('With what each event gave; default false.', false),
      showInput,
      returnInternalServerErrorOnFailure,
    },
  },
  { params: instance },
  {
    200: json('Ended', DurableStatusSchema),
    202: json('Going on', DurableStatusSchema, asking('5')),
    500: json('Failed, when asked to say so', DurableStatusSchema),
    ...NO_RUN,
  },
);

export const listInstances = durable(
  'listInstances',
  'GET /instances',
  {
    access: 'reader',
    summary: 'Runs as Durable Functions lists them, newest first',
    query: {
      instanceIdPrefix: text(),
      ...created,
      runtimeStatus,
      showInput: flag('With the input of each; default true.', true),
      top,
    },
  },
  { headers: continued },
  { 200: json('A page; it may hold fewer than asked for', z.array(DurableStatusSchema).readonly(), goesOn) },
);

export const raiseEvent = durable(
  'raiseEvent',
  'POST /instances/{instanceId}/raiseEvent/{eventName}',
  {
    access: 'operator', // `approval` asks for an approver: whoever guards it looks at the name of the event
    link: 'raiseEvent',
    summary: 'Send an event to a run. It listens to `approval`; any other event is accepted and changes nothing',
    query: {},
  },
  {
    params: instance.extend({ eventName: z.string() }),
    body: z.unknown().meta({ description: 'Of `approval`: {approved, planHash, maxTransactions?, reason?}.' }),
  },
  { ...TAKEN, 409: error('The approval names another plan, or the run asks for none'), ...NO_RUN, ...GONE },
);

function command<const Id extends string, const Verb extends 'terminate' | 'suspend' | 'resume'>(
  id: Id,
  verb: Verb,
  summary: string,
) {
  return durable(
    id,
    `POST /instances/{instanceId}/${verb}`,
    { access: 'operator', link: verb, summary, query: reason },
    { params: instance },
    { ...TAKEN, ...NO_RUN, ...GONE },
  );
}

export const terminateInstance = command('terminateInstance', 'terminate', 'Stop a run for good; what is saved stays');
export const suspendInstance = command(
  'suspendInstance',
  'suspend',
  'Stop sending, finish what is in flight, and wait',
);
export const resumeInstance = command('resumeInstance', 'resume', 'Go on after a suspend');

export const rewindInstance = durable(
  'rewindInstance',
  'POST /instances/{instanceId}/rewind',
  {
    access: 'operator',
    link: 'rewind',
    summary: 'Retry what failed, as a new run that is linked with this one',
    query: reason,
  },
  { params: instance },
  {
    ...TAKEN,
    409: error('The container has an active run'),
    410: json('The run has ended and nothing failed is left to try again', z.string()),
    412: json('The run has not ended', z.string()),
    ...NO_RUN,
  },
);

export const restartInstance = durable(
  'restartInstance',
  'POST /instances/{instanceId}/restart',
  {
    access: 'operator',
    link: 'restart',
    summary: 'Start another run with the input of this one',
    query: {
      restartWithNewInstanceId: flag(
        'Default true. False: the run takes the id of this one, which must have ended. Its records are purged.',
        true,
      ),
      ...STARTS.query,
    },
  },
  { params: instance },
  {
    ...STARTED,
    403: error('The code is for another run or another verb, or the container is not readable'),
    404: error('No such container'),
    409: error('The container has an active run, or this one goes on and its id is asked for again'),
  },
);

export const purgeInstance = durable(
  'purgeInstance',
  'DELETE /instances/{instanceId}',
  { access: 'admin', link: 'purge', summary: 'Forget a run that has ended; its results stay', query: {} },
  { params: instance },
  { ...PURGED, 404: empty('No such run, or it goes on; the body is empty') },
);

export const purgeInstances = durable(
  'purgeInstances',
  'DELETE /instances',
  {
    access: 'admin',
    summary: 'Forget the runs that have ended and fit',
    query: {
      ...created,
      createdTimeFrom: neededDate('Say from when on: createdTimeFrom is required.'),
      instanceIdPrefix: text(),
      runtimeStatus,
    },
  },
  {},
  { ...PURGED, 404: empty('None fits; the body is empty') },
);

const ENTITY_QUERY = {
  fetchState: flag('With the state of each; default false.', false),
  lastOperationTimeFrom: date('Changed at this time or later.'),
  lastOperationTimeTo: date('Changed at this time or before.'),
  top,
};
const ENTITIES = { 200: json('A page', z.array(EntityStatusSchema).readonly(), goesOn) };

export const listEntities = durable(
  'listEntities',
  'GET /entities',
  {
    access: 'reader',
    summary: 'Entities: all analysed containers, by name',
    query: ENTITY_QUERY,
  },
  { headers: continued },
  ENTITIES,
);

export const listEntitiesByName = durable(
  'listEntitiesByName',
  'GET /entities/{entityName}',
  { access: 'reader', summary: 'Entities of one kind', query: ENTITY_QUERY },
  { params: z.object({ entityName }), headers: continued },
  ENTITIES,
);

export const readEntity = durable(
  'readEntity',
  'GET /entities/{entityName}/{entityKey}',
  { access: 'reader', summary: 'State of an entity: the totals of a container', query: {} },
  { params: entity },
  {
    200: json('The state', ContainerSchema.omit({ links: true })),
    404: empty('No such entity; the body is empty'),
  },
);

const NOT_REPAIRED = { 404: error('No such container'), 409: error('The container has an active run') };
const REPAIRING = {
  202: empty('Taken', { mayHave: { 'Operation-Location': 'Where to ask, when it takes longer.' } }),
};

const ENTITY_OPERATIONS: readonly string[] = ['repair'];

/** Why an entity does not take this operation, in words for its caller. */
export function refusedOperation(operation: string): string {
  const said = operation === '' ? 'no operation' : `'${operation.slice(0, 100)}'`;
  return `A ${ACTORS.container} takes the operation ${ENTITY_OPERATIONS.join(', ')} and nothing else; this signal names ${said}. Its totals follow from the documents alone.`;
}

export const signalEntity = durable(
  'signalEntity',
  'POST /entities/{entityName}/{entityKey}',
  {
    access: 'operator',
    summary: 'Correct the totals of a container by a recount of its documents',
    query: {
      op: z
        .string()
        .default('')
        .superRefine((operation, issues) => {
          if (!ENTITY_OPERATIONS.includes(operation.toLowerCase())) issues.addIssue(plain(refusedOperation(operation)));
        })
        .meta({ description: 'Required.', shownAs: { type: 'string', enum: ['repair'] } }),
    },
  },
  {
    params: entity,
    body: z
      .strictObject({
        confirmShrink: z.boolean().optional().meta({ description: 'Remove orphans even if they are many.' }),
      })
      .nullish(),
  },
  { ...REPAIRING, ...NOT_REPAIRED },
);

/** Durable Functions deletes an entity this way. Here it is always refused, so that no description tells of it. */
export const deleteEntity = durable(
  'deleteEntity',
  'DELETE /entities/{entityName}/{entityKey}',
  { access: 'admin', summary: 'Refused: the totals of a container follow from its documents', query: {} },
  { params: entity },
  {},
);

const starter = <const Id extends string, const Verb extends Method, const More extends Answers>(
  id: Id,
  method: Verb,
  more: More,
) =>
  endpoint({
    id,
    method,
    path: '/api/AnalysisFunctionStarter',
    access: 'operator',
    summary: 'Start a run, as the tutorial does',
    tags: ['Durable Functions'],
    query: z.object({
      container: z
        .union([z.string(), z.array(z.string())])
        .transform((names, issues) => {
          const [name = '', ...others] = [names].flat();
          if (others.length > 0) issues.addIssue(plain('Name one container only.'));
          else if (name === '') issues.addIssue(plain('Please provide the name of the container'));
          return name;
        })
        .pipe(ContainerName)
        .meta({ shownAs: ContainerName.meta()?.shownAs, repeats: true, description: 'Name of a blob container.' }),
    }),
    answers: { ...LINKS, ...refusals(400, 403, 404, 409), ...more },
  });

export const startByTutorialGet = starter('startByTutorialGet', 'GET', {});
export const startByTutorialPost = starter('startByTutorialPost', 'POST', refusals(413, 415));
