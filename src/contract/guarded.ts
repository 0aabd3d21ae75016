import { DURABLE_TASK_BASE } from './durable-task';
import { type Answers, type Endpoint, problem } from './endpoint';
import { DurableErrorSchema } from './schemas/durable';

/** Every answer of an operation: its own, and what stands before all of them and no handler gives. */
export function allAnswersOf({ path, answers }: Endpoint): Answers {
  const shape = path.startsWith(DURABLE_TASK_BASE)
    ? { mediaType: 'application/json', body: DurableErrorSchema }
    : { mediaType: 'application/problem+json' };
  const guarded = Object.entries(GUARDED).map(([status, text]) => [status, { ...problem(text), ...shape }]);
  return { ...Object.fromEntries(guarded), ...answers };
}

const GUARDED = { 421: 'Asked under a name that is none of the service' } as const;
