import { z } from 'zod';
import { WORK_COUNTERS } from '../../domain/counters';
import { RUN_PHASES } from '../../domain/run/run';
import { ContainerSchema } from './container';
import { counterFields } from './counters';
import { ProblemSchema } from './problem';
import { FailureGroupSchema, RetryScopeSchema, RunCountsSchema, RunIdSchema, RunStatusSchema } from './run';
import { count, list } from './values';

/** Bodies of the Durable Functions HTTP contract: names, order and time format are the extension's, not ours. */

const template = z.string().meta({ description: 'An address; replace `{text}` or `{eventName}`.' });

export const CheckStatusSchema = z
  .object({
    id: RunIdSchema,
    statusQueryGetUri: z.url(),
    sendEventPostUri: template,
    terminatePostUri: template,
    rewindPostUri: template,
    purgeHistoryDeleteUri: z.url(),
    restartPostUri: z.url(),
    suspendPostUri: template,
    resumePostUri: template,
  })
  .meta({ id: 'CheckStatus', description: 'Answer of a starter: where to ask.' });

const wholeSeconds = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  .meta({ description: 'yyyy-MM-ddTHH:mm:ssZ' });

const progress = {
  status: RunStatusSchema,
  counts: RunCountsSchema,
  ...counterFields(WORK_COUNTERS),
};

export const DurableOutputSchema = z.object({
  ...progress,
  ...counterFields(['removed']),
  failureGroups: list(FailureGroupSchema),
  reason: z.string().nullable(),
});

const history = list(z.looseObject({ EventType: z.string(), Timestamp: z.string() }));

export const DurableStatusSchema = z
  .object({
    name: z.string(),
    instanceId: RunIdSchema,
    runtimeStatus: z.enum(['Pending', 'Running', 'Suspended', 'Completed', 'Failed', 'Terminated']),
    input: z
      .union([
        z.string(),
        z.object({ container: z.string(), prefix: z.string().optional(), retry: RetryScopeSchema.optional() }),
      ])
      .nullable()
      .meta({ description: 'The name of the container; with what narrows it where something does.' }),
    customStatus: z.object({ phase: z.enum(RUN_PHASES), ...progress }),
    output: DurableOutputSchema.nullable(),
    createdTime: wholeSeconds,
    lastUpdatedTime: wholeSeconds,
    historyEvents: history
      .optional()
      .meta({ description: 'With showHistory: from our own records, in the words of the extension.' }),
    history: history.optional().meta({
      description: 'The same once more: `durable-functions` 3.x looks for the events under this name.',
    }),
  })
  .meta({ id: 'DurableStatus', description: 'A run as Durable Functions shows an orchestration.' });

export const PurgeSchema = z.object({ instancesDeleted: count }).meta({ id: 'PurgeResult' });

export const EntityStatusSchema = z
  .object({
    entityId: z.object({ name: z.literal('containeractor'), key: z.string().meta({ description: 'The container.' }) }),
    lastOperationTime: z.iso.datetime(),
    state: ContainerSchema.omit({ links: true }).nullable().meta({ description: 'With fetchState; otherwise null.' }),
  })
  .meta({ id: 'EntityStatus', description: 'A container as Durable Functions lists an entity.' });

export const DurableErrorSchema = ProblemSchema.extend({
  Message: z.string().meta({ description: 'What is wrong, where clients of Durable Functions look for it.' }),
  ExceptionMessage: z.string(),
  ExceptionType: z.string().meta({ description: 'The same as `code`.' }),
}).meta({
  id: 'DurableError',
  description: 'An error of the Durable Functions contract, with the fields of a problem.',
});

export type EntityStatusBody = z.output<typeof EntityStatusSchema>;
export type DurableErrorBody = z.output<typeof DurableErrorSchema>;
export type CheckStatusBody = z.output<typeof CheckStatusSchema>;
export type DurableStatusBody = z.output<typeof DurableStatusSchema>;
