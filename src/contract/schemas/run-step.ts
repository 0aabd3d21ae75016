import { z } from 'zod';
import { STEP_COUNTERS } from '../../domain/run/steps';
import { counterFields } from './counters';
import { count, list, time } from './values';

const times = { startedAt: time.optional(), endedAt: time.optional() };

const PhaseStepSchema = z
  .object({
    step: z.enum(['snapshot', 'quote', 'approve', 'analyze', 'finish']),
    state: z.enum(['running', 'done']),
    ...times,
  })
  .meta({ id: 'PhaseStep' });

const PageStepSchema = z
  .object({
    step: z.literal('page'),
    page: count,
    state: z.enum(['waiting', 'running', 'done']),
    ...times,
    images: count,
    retries: count,
    chunks: list(
      z.object({
        chunk: count,
        state: z
          .enum(['settled', 'open', 'done'])
          .meta({ description: 'settled: everything was unchanged when listed.' }),
        images: count,
        ...times,
        executions: count.meta({
          description: 'Times its work was begun: again after a pause, an error, or the end of its process.',
        }),
        joined: count.meta({ description: 'Further deliveries by the engine that did no work of their own.' }),
        ...counterFields(STEP_COUNTERS),
      }),
    ),
  })
  .meta({ id: 'PageStep' });

export const RunStepSchema = z.union([PhaseStepSchema, PageStepSchema]).meta({ id: 'RunStep' });
