import { z } from 'zod';
import { RUN_PHASES } from '../../domain/run';
import { FailureGroupSchema, RunCountsSchema, RunIdSchema, RunStatusSchema } from './run';
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
  calls: count,
  transactions: count,
  cacheHits: count,
};

export const DurableStatusSchema = z
  .object({
    name: z.string(),
    instanceId: RunIdSchema,
    runtimeStatus: z.enum(['Pending', 'Running', 'Suspended', 'Completed', 'Failed', 'Terminated']),
    input: z.string().nullable(),
    customStatus: z.object({ phase: z.enum(RUN_PHASES), ...progress }),
    output: z
      .object({ ...progress, removed: count, failureGroups: list(FailureGroupSchema), reason: z.string().nullable() })
      .nullable(),
    createdTime: wholeSeconds,
    lastUpdatedTime: wholeSeconds,
    historyEvents: list(z.looseObject({ EventType: z.string(), Timestamp: z.string() }))
      .optional()
      .meta({ description: 'With showHistory: from our own records, in the words of the extension.' }),
  })
  .meta({ id: 'DurableStatus', description: 'A run as Durable Functions shows an orchestration.' });

export const PurgeSchema = z.object({ instancesDeleted: count }).meta({ id: 'PurgeResult' });

export type CheckStatusBody = z.output<typeof CheckStatusSchema>;
export type DurableStatusBody = z.output<typeof DurableStatusSchema>;
