import { DURABLE_TASK_BASE } from './durable-task';
import { type Answers, type Endpoint, problem } from './endpoint';
import { DurableErrorSchema } from './schemas/durable';

/** Every answer of an operation: its own, and what stands before all of them and no handler gives. */
export function allAnswersOf({ path, access, answers, tags: [tag] }: Endpoint): Answers {
  const shape = path.startsWith(DURABLE_TASK_BASE)
    ? { mediaType: 'application/json', body: DurableErrorSchema }
    : { mediaType: 'application/problem+json' };
  const before = { ...GUARDED, ...(access !== 'public' && REFUSED_CALLERS), ...(tag !== 'Health' && LIMITED) };
  const guarded = Object.entries(before).map(([status, text]) => {
    return [status, UNREAD.has(status) ? problem(text) : { ...problem(text), ...shape }];
  });
  return { ...Object.fromEntries(guarded), ...answers };
}

const GUARDED = {
  408: 'The request came too slowly',
  417: 'Something unknown is expected',
  421: 'Asked under a name that is none of the service',
  431: 'Address or headers too large',
} as const;

/** Refused before any path is looked at: the same document everywhere. */
const UNREAD: ReadonlySet<string> = new Set(['408', '417', '431']);

/** Where an installation knows its callers. */
const REFUSED_CALLERS = {
  401: 'It is not known who asks',
  403: 'Roles or containers of the caller do not cover it',
} as const;

/** Where an installation limits its callers. */
const LIMITED = { 429: 'This caller asks, or this address was wrong, too often: see Retry-After' } as const;
