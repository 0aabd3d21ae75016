import { z } from 'zod';
import { LEAST_EVERY_SECONDS, LOOK_OUTCOMES, MOST_EVERY_SECONDS, parseEvery } from '../../domain/watch/watch';
import { ApprovalSchema, MaxTransactionsSchema } from './analysis';
import { RunIdSchema } from './run';
import { count, time } from './values';

const WorkFoundSchema = z
  .object({ new: count, changed: count, missing: count, ineligible: count })
  .meta({ id: 'WorkFound', description: 'Images that need work.' });

const CapsSchema = z
  .strictObject({ maxTransactions: MaxTransactionsSchema.optional() })
  .meta({ description: 'Of each run that it starts.' });

export const WatchSchema = z
  .object({
    container: z.string(),
    every: z.number().int().meta({ description: 'Seconds between two checks.' }),
    approval: ApprovalSchema.optional(),
    caps: CapsSchema.optional(),
    since: time,
    lastLook: z
      .object({
        at: time,
        outcome: z.enum(LOOK_OUTCOMES).meta({
          description: '`left`: the last run could not do the work, or was stopped. The watch tries again a day later.',
        }),
        run: RunIdSchema.optional().meta({ description: 'The run that was started, or that is active.' }),
        found: WorkFoundSchema.optional(),
        problem: z.string().optional(),
      })
      .optional(),
    links: z.object({ self: z.url(), container: z.url(), run: z.url().optional() }),
  })
  .meta({ id: 'Watch', description: 'A container that is checked again and again, and analysed when it changed.' });

export type WatchBody = z.output<typeof WatchSchema>;

/** The form alone: how long it may be, no pattern says. */
const EVERY_PATTERN = '^P([0-9]+W)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+S)?)?$';

const EVERY = `Whole seconds from ${LEAST_EVERY_SECONDS} to ${MOST_EVERY_SECONDS}, or a duration such as PT15M or P1D.`;

export const SetWatchBody = z
  .strictObject({
    every: z
      .union([z.number(), z.string().max(40)], EVERY)
      .refine((every) => parseEvery(every) !== undefined, EVERY)
      .meta({
        description: EVERY,
        shownAs: {
          anyOf: [
            { type: 'integer', minimum: LEAST_EVERY_SECONDS, maximum: MOST_EVERY_SECONDS },
            { type: 'string', pattern: EVERY_PATTERN, maxLength: 40 },
          ],
        },
      }),
    approval: ApprovalSchema.optional(),
    caps: CapsSchema.optional(),
  })
  .meta({ id: 'SetWatch' });
