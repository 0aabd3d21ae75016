import { z } from 'zod';
import { RUN_STATUSES } from '../../domain/run/run';
import { PROBLEM_CODES, type ProblemCode } from '../problems';
import { list } from './values';

export const ProblemSchema = z
  .object({
    type: z.string().meta({ description: 'Reference to the page that explains the code.' }),
    title: z.string(),
    status: z.number().int().min(400).max(599),
    detail: z.string(),
    instance: z.string().meta({ description: 'Path of the request.' }),
    code: z.enum([...PROBLEM_CODES] as [ProblemCode, ...ProblemCode[]]),
    cure: z.string().meta({ description: 'What to do about it.' }),
    requestId: z.string(),
    errors: list(
      z.object({
        pointer: z.string().meta({ description: 'JSON pointer into {path, query, body}.' }),
        detail: z.string(),
      }),
    ).optional(),
    existingRun: z.string().optional().meta({ description: 'The active run (409).' }),
    runStatus: z.enum(RUN_STATUSES).optional().meta({ description: 'What the run is doing instead (409).' }),
    links: z.object({ existingRun: z.url() }).optional(),
  })
  .meta({ id: 'Problem', description: 'Problem details, RFC 9457.' });

export type ProblemBody = z.output<typeof ProblemSchema>;
