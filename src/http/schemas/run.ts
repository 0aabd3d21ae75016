import { z } from 'zod';
import { isRunId } from '../../domain/ids';
import { RUN_PHASES, RUN_STATUSES } from '../../domain/run';
import { count, list, money, time } from './values';

export const RunIdSchema = z
  .string()
  .refine(isRunId)
  .meta({ description: 'Id of a run: a UUID v7 in hexadecimal without dashes.', pattern: '^[0-9a-f]{32}$' });

export const RunStatusSchema = z.enum(RUN_STATUSES).meta({ id: 'RunStatus' });

export const RunCountsSchema = z
  .object({
    total: count.meta({ description: 'Images listed so far.' }),
    totalIsFinal: z.boolean(),
    succeeded: count,
    failed: count,
    skipped: count,
    unchanged: count,
    inFlight: count,
  })
  .meta({ id: 'RunCounts' });

export const QuoteSchema = z
  .object({
    images: z.object({
      total: count,
      new: count,
      changed: count,
      unchanged: count,
      missing: count.meta({ description: 'Stored images that the listing did not show.' }),
      ineligible: z.record(z.string(), count).readonly(),
    }),
    calls: count,
    transactions: count,
    price: z.object({ unit: money, currency: z.string(), total: money, estimate: z.literal(true) }),
    duration: z.object({ atQuotaSeconds: count.optional() }),
  })
  .meta({ id: 'Quote', description: 'What the run will cost, from counts alone: an estimate.' });

export const FailureGroupSchema = z
  .object({
    reason: z.string(),
    code: z.string(),
    stage: z.string(),
    count,
    retryable: z.boolean(),
    sample: z.string().meta({ description: 'Name of one such blob.' }),
  })
  .meta({ id: 'FailureGroup' });

export const RunLinksSchema = z
  .object({
    self: z.url(),
    container: z.url(),
    images: z.url(),
    status: z.url().meta({ description: 'The same run as Durable Functions shows it.' }),
  })
  .meta({ id: 'RunLinks' });

export const RunSchema = z
  .object({
    id: RunIdSchema,
    container: z.string(),
    prefix: z.string(),
    status: RunStatusSchema,
    phase: z.enum(RUN_PHASES),
    counts: RunCountsSchema,
    removed: count.meta({ description: 'Images that left the results because their blobs are gone.' }),
    calls: count,
    transactions: count,
    cacheHits: count,
    quote: QuoteSchema.optional(),
    failureGroups: list(FailureGroupSchema),
    waiting: z.string().optional().meta({ description: 'Why nothing moves right now, when nothing does.' }),
    reason: z.string().optional().meta({ description: 'Why it ended Failed or Cancelled.' }),
    startedAt: time,
    updatedAt: time,
    endedAt: time.optional(),
    links: RunLinksSchema,
  })
  .meta({ id: 'Run', description: 'One pass over a container.' });

export type RunBody = z.output<typeof RunSchema>;
