import { z } from 'zod';
import { RUN_PHASES } from '../../domain/run';
import { FailureGroupSchema, RunCountsSchema, RunIdSchema, RunStatusSchema } from './run';
import { count, list } from './values';

/** Bodies of the Durable Functions HTTP contract: names, order and time format are the extension's, not ours. */

export const CheckStatusSchema = z
  .object({ id: RunIdSchema, statusQueryGetUri: z.url() })
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
  })
  .meta({ id: 'DurableStatus', description: 'A run as Durable Functions shows an orchestration.' });

export type CheckStatusBody = z.output<typeof CheckStatusSchema>;
export type DurableStatusBody = z.output<typeof DurableStatusSchema>;
