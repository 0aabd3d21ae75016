import { z } from 'zod';
import { endpoint, json, type Role, refusals } from '../endpoint';
import { MaxTransactionsSchema, PrefixSchema } from '../schemas/analysis';
import { ofRun } from '../schemas/names';
import { RetryForecastSchema, RetryScopeSchema, RunSchema } from '../schemas/run';
import { ACCEPTED } from './runs';

/**
 * What an owner says to a run: `POST /api/v1/runs/{id}:VERB`. Answers 202 with the run as it is now; said again it answers
 * the same, and 409 with the present state where it makes no sense.
 */

const reason = z
  .string()
  .max(500)
  .refine((text) => !/\p{Surrogate}/u.test(text), 'Half of a surrogate pair is not text.')
  .meta({ description: 'Stands in the run and in its audit trail.' });

const ReasonBody = z.strictObject({ reason: reason.optional() }).meta({ id: 'Command' });

const ResumeBody = z
  .strictObject({
    reason: reason.optional(),
    maxTransactions: MaxTransactionsSchema.optional().meta({
      description: 'A new cap, of all the run spends: what a run that stopped at its budget needs.',
    }),
  })
  .meta({ id: 'Resume' });

const ApproveBody = z
  .strictObject({
    planHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits.')
      .meta({ description: 'From `quote` of the run.' }),
    maxTransactions: MaxTransactionsSchema.optional(),
  })
  .meta({ id: 'Approve' });

/** Who says it, for the audit trail. */
const said = z.object({
  'x-contactsheet-user': z.string().max(128).optional().meta({ description: 'The caller, for the audit trail.' }),
});

function command<const Verb extends string, const Body extends z.ZodType, const Access extends Role>(
  verb: Verb,
  access: Access,
  summary: string,
  body: Body,
) {
  return endpoint({
    id: `${verb}Run`,
    method: 'POST',
    path: `/api/v1/runs/{id}:${verb}`,
    access,
    summary,
    tags: ['Runs'],
    params: ofRun,
    headers: said,
    body,
    answers: { 202: json('The run as it is now', RunSchema, ACCEPTED), ...refusals(400, 403, 404, 409, 413, 415) },
  });
}

export const pauseRun = command('pause', 'operator', 'Stop sending, finish what is in flight, and wait', ReasonBody);
export const resumeRun = command('resume', 'operator', 'Go on after a pause, or with a higher cap', ResumeBody);
export const cancelRun = command('cancel', 'operator', 'Stop for good; what is saved stays', ReasonBody);
export const declineRun = command('decline', 'approver', 'Say no to a run that asks for approval', ReasonBody);
export const approveRun = command(
  'approve',
  'approver',
  'Say yes to the plan of a run that asks for approval',
  ApproveBody,
);

export const retryRun = endpoint({
  id: 'retryRun',
  method: 'POST',
  path: '/api/v1/runs/{id}:retry',
  access: 'operator',
  summary: 'Retry the images that a finished run left without an analysis',
  tags: ['Runs'],
  params: ofRun,
  headers: said,
  body: z
    .strictObject({
      ...RetryScopeSchema.shape,
      prefix: PrefixSchema.optional(),
      maxTransactions: MaxTransactionsSchema.optional().meta({
        description: 'Stop before the retry spends more. Default: the cap of the run that is tried again.',
      }),
      dryRun: z.boolean().optional().meta({ description: 'Only say what would be retried.' }),
    })
    .meta({ id: 'Retry' }),
  answers: {
    200: json('With dryRun', RetryForecastSchema),
    202: json('Started', RunSchema, ACCEPTED),
    ...refusals(400, 403, 404, 409, 413, 415),
  },
});
