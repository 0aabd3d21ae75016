import { z } from 'zod';
import { LINE_COUNTERS, OUTCOME_STATUSES } from '../../domain/run/report';
import { counterFields, sparseCounterFields } from './counters';
import { list, time } from './values';

export const OutcomeStatusSchema = z.enum(OUTCOME_STATUSES).meta({
  id: 'OutcomeStatus',
  description: '`not-analysed`: the run stopped at its budget, was cancelled or failed before it came to the image.',
});

export const advice = z.string().optional().meta({ description: 'What a person can do about it.' });

const milliseconds = z.number().nonnegative();

/** One line of a run's report, as NDJSON has it. */
export const ReportLineSchema = z
  .object({
    blob: z.string(),
    status: OutcomeStatusSchema,
    listed: z.boolean().meta({ description: 'False: a stored image whose blob was not in the listing.' }),
    reason: z.string().optional(),
    code: z.string().optional(),
    stage: z.string().optional(),
    retryable: z.boolean().optional(),
    ...counterFields(['calls', 'transactions']),
    source: z.enum(['call', 'cache']).optional(),
    ...sparseCounterFields(LINE_COUNTERS),
    maybeBilled: list(time)
      .optional()
      .meta({ description: 'When calls were sent whose answer was never read. Absent: none.' }),
    startedAt: time.optional(),
    endedAt: time.optional(),
    waitMs: milliseconds.optional(),
    workMs: milliseconds.optional(),
    advice,
  })
  .meta({ id: 'ReportLine', description: 'What a run did with one image.' });

export const RunImageSchema = ReportLineSchema.extend({
  links: z.object({ image: z.url(), history: z.url() }),
}).meta({ id: 'RunImage' });

export type ReportLine = z.output<typeof ReportLineSchema>;
