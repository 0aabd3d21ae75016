import { z } from 'zod';
import { RunIdSchema } from './run';
import { confidence, count, tally, time } from './values';

/** Far from where the state store, which keeps six decimals, would make them nothing. */
const MIN_PER_SECOND = 0.001;
const MIN_WEIGHT = 0.01;
const MAX_PER_SECOND = 10_000;
const MAX_MONTHLY = 1_000_000_000_000;
const MAX_WEIGHT = 100;

const rate = (seconds: number) =>
  z
    .number()
    .min(MIN_PER_SECOND * seconds)
    .max(MAX_PER_SECOND * seconds);
const weight = z.number().min(MIN_WEIGHT).max(MAX_WEIGHT);
const weights = z.record(RunIdSchema, weight);

export const QuotaSchema = z
  .object({
    resource: z.string().meta({ description: 'The Vision resource.' }),
    ratePerSecond: z
      .number()
      .positive()
      .optional()
      .meta({ description: 'Calls; absent with ratePerMinute: unlimited.' }),
    ratePerMinute: z
      .number()
      .positive()
      .optional()
      .meta({ description: 'The same where it is a plain number by the minute alone, or less than one a second.' }),
    monthlyTransactions: count.optional().meta({ description: 'Calls x billable features of a calendar month, UTC.' }),
    containerMonthlyTransactions: count.optional().meta({ description: 'The same for each container.' }),
    weights: weights.readonly().meta({ description: 'Shares of runs that are on at the same time; 1 where absent.' }),
    spent: z.object({ month: z.string(), transactions: count, byContainer: tally }).meta({
      description: 'Reserved and spent this month, whether or not anything limits it.',
    }),
    factor: confidence.meta({ description: 'Factor of the rate: a 429 lowers it, time raises it again.' }),
    pausedUntil: time.optional().meta({ description: 'Vision asked for a wait until then.' }),
  })
  .meta({ id: 'Quota', description: 'The Vision quota, shared by all runs and replicas.' });

export type QuotaBody = z.output<typeof QuotaSchema>;

const settable = (what: z.ZodNumber, description: string) => what.nullable().optional().meta({ description });

export const SetQuotaBody = z
  .strictObject({
    resource: z.string().max(200).optional().meta({ description: 'Where given, the one this installation calls.' }),
    ratePerSecond: settable(rate(1), 'Calls; null: unlimited.'),
    ratePerMinute: settable(rate(60), 'The same in the other unit.'),
    monthlyTransactions: settable(count.max(MAX_MONTHLY), 'null: no limit.'),
    containerMonthlyTransactions: settable(count.max(MAX_MONTHLY), 'null: no limit.'),
    pausedUntil: z
      .null()
      .optional()
      .meta({ description: 'null: calls may start again before the wait that Vision asked for ends.' }),
    weights: z
      .record(RunIdSchema, weight.nullable())
      .refine((all) => Object.keys(all).length <= 100, 'At most 100.')
      .optional()
      .meta({ description: 'Of single runs; null: 1 again.' }),
  })
  .refine(({ ratePerSecond, ratePerMinute }) => ratePerSecond === undefined || ratePerMinute === undefined, {
    path: ['ratePerMinute'],
    message: 'One unit is enough.',
  })
  .meta({ id: 'SetQuota', description: 'Values that are absent stay as they are.' });
