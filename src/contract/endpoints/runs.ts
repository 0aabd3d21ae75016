import { z } from 'zod';
import { RUN_STATUSES } from '../../domain/run/run';
import { endpoint, json, refusals } from '../endpoint';
import { ApprovalSchema, FeaturesSchema, MaxTransactionsSchema, PrefixSchema } from '../schemas/analysis';
import { ContainerName, inContainer, ofRun } from '../schemas/names';
import { pageOf, pageQuery } from '../schemas/paging';
import { RetryScopeSchema, RunSchema } from '../schemas/run';

/** Runs: start, look, list. */

export const StartRunBody = z
  .strictObject({
    prefix: PrefixSchema.optional(),
    features: FeaturesSchema.optional(),
    approval: ApprovalSchema.optional(),
    maxTransactions: MaxTransactionsSchema.optional(),
    retry: RetryScopeSchema.optional().meta({ description: 'Only images that an earlier run left so. Absent: all.' }),
  })
  .meta({ id: 'StartRun' });

/** Headers of every 202 that answers with a run. */
export const ACCEPTED = {
  headers: { Location: 'The run.', 'Operation-Location': 'The run.', 'Retry-After': 'Seconds.' },
} as const;

export const confirmShrink = (description: string) =>
  z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .meta({ description });

export const startRun = endpoint({
  id: 'startRun',
  method: 'POST',
  path: '/api/v1/containers/{container}/runs',
  access: 'operator',
  summary: 'Start a run over a container',
  tags: ['Runs'],
  params: inContainer,
  query: z.strictObject({
    confirmShrink: confirmShrink('Let a listing that lost many known images remove their results.'),
  }),
  body: StartRunBody,
  answers: { 202: json('Started', RunSchema, ACCEPTED), ...refusals(400, 403, 404, 409, 413, 415) },
});

export const getRun = endpoint({
  id: 'getRun',
  method: 'GET',
  path: '/api/v1/runs/{id}',
  access: 'reader',
  summary: 'One run',
  tags: ['Runs'],
  params: ofRun,
  answers: {
    200: json('The run', RunSchema, { mayHave: { 'Retry-After': 'Seconds, while it goes on.' } }),
    ...refusals(400, 404),
  },
});

const Statuses = z
  .union([z.string(), z.array(z.string()).readonly()])
  .transform((value) => [value].flat().flatMap((part) => part.split(',')))
  .pipe(z.array(z.enum(RUN_STATUSES)).max(100));

export const listRuns = endpoint({
  id: 'listRuns',
  method: 'GET',
  path: '/api/v1/runs',
  access: 'reader',
  summary: 'Runs, newest first',
  tags: ['Runs'],
  query: z.strictObject({
    container: ContainerName.optional(),
    status: Statuses.optional().meta({
      description: 'Repeated or separated by commas.',
      shownAs: { type: 'array', items: { type: 'string', enum: [...RUN_STATUSES] } },
    }),
    ...pageQuery,
  }),
  answers: { 200: json('A page of runs', pageOf(RunSchema, 'RunPage')), ...refusals(400) },
});
