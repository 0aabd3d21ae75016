import { z } from 'zod';
import { MOST_TRANSACTIONS } from '../../domain/money/quote';
import { LONGEST_PAUSE_MS } from '../../domain/retry';
import { containerName, count, label, nothing } from '../inputs';
import type { VisionQuotaActorApi } from './vision-quota-actor.api';

/** More than any tier of Vision allows. */
const MAX_PER_SECOND = 10_000;
const MAX_WEIGHT = 100;
const MAX_WEIGHTS = 100;
/** Of one process, at once. */
const MAX_CALLS = 1_000_000;
const MAX_FEATURES = 1_000;

const limit = count.max(MOST_TRANSACTIONS).nullable();
const transactions = count.max(MOST_TRANSACTIONS);

/** What each method of the quota actor accepts. */
export const VISION_QUOTA_INPUTS = {
  lease: z.object({
    runId: label,
    asker: label,
    container: containerName,
    want: z.number().nonnegative().max(MAX_CALLS),
    transactionsPerCall: z.number().nonnegative().max(MAX_FEATURES),
    counted: z.literal(true).optional(),
    made: z.object({ session: label, transactions }).optional(),
    sample: z.object({ most: transactions, returned: transactions }).optional(),
  }),
  giveBack: z.object({
    container: containerName,
    transactions,
    returned: z.object({ by: label, transactions }).optional(),
    sample: label.optional(),
  }),
  throttled: z.object({ retryAfterMs: z.number().nonnegative().max(LONGEST_PAUSE_MS) }),
  configure: z.object({
    ratePerSecond: z.number().positive().max(MAX_PER_SECOND).nullable().optional(),
    monthlyTransactions: limit.optional(),
    containerMonthlyTransactions: limit.optional(),
    weights: z
      .record(label, z.number().positive().max(MAX_WEIGHT).nullable())
      .refine((all) => Object.keys(all).length <= MAX_WEIGHTS, `has more than ${MAX_WEIGHTS} entries`)
      .optional(),
    pausedUntil: z.null().optional(),
  }),
  view: nothing,
} satisfies Record<keyof VisionQuotaActorApi, z.ZodType>;

/** A resource's name in letters, digits and dashes (gateways/vision/vision-rate.ts). */
export function isVisionResource(id: string): boolean {
  return /^[A-Za-z0-9-]{1,300}$/.test(id);
}
