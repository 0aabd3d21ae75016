import { z } from 'zod';
import { COUNTERS, WORK_COUNTERS } from '../../domain/counters';
import { type ReceiptCounter, receiptCounter } from '../../domain/run/receipt';
import { RUN_PHASES } from '../../domain/run/run';
import { counterFields } from './counters';
import { RunCountsSchema, RunIdSchema, RunStatusSchema } from './run';
import { count, list, money, time } from './values';
import { DifferenceSchema } from './verification';

export const ReceiptReportSchema = z.object({
  key: z.string().meta({ description: 'In the component `manifests`.' }),
  sha256: z.string().meta({ description: 'Of the JSON text as it is stored.' }),
  lines: count,
  executions: count.meta({ description: 'Times the work on its chunk was begun.' }),
});

const receiptCounters = Object.fromEntries(
  WORK_COUNTERS.map((name) => [receiptCounter(name), count.meta({ description: COUNTERS[name].meaning })]),
) as Record<ReceiptCounter, z.ZodNumber>;

export const ReceiptSchema = z
  .object({
    run: RunIdSchema,
    container: z.string(),
    prefix: z.string(),
    status: RunStatusSchema,
    startedAt: time,
    endedAt: time,
    counts: RunCountsSchema,
    ...counterFields(['removed']),
    ...receiptCounters,
    maybeBilled: list(z.object({ blob: z.string(), at: time })).meta({
      description: 'Calls that were sent and got no answer; the first 1,000.',
    }),
    maybeBilledCount: count,
    price: z.object({ unit: money, currency: z.string(), total: money }).optional(),
    recount: z.object({ clean: z.boolean(), differences: list(DifferenceSchema), count }).meta({
      description: 'Totals against the documents at the end of the run, before they were corrected.',
    }),
    analyzer: z.object({ provider: z.string(), version: z.string(), features: list(z.string()), language: z.string() }),
    phases: z
      .partialRecord(z.enum(RUN_PHASES), time)
      .readonly()
      .meta({ description: 'When each phase began, as far as it is known.' }),
    reports: list(ReceiptReportSchema),
  })
  .meta({ id: 'Receipt', description: 'The closing account of a run.' });

export type ReceiptBody = z.output<typeof ReceiptSchema>;
