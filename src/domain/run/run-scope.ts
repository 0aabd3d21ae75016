import { defined } from '../defined';
import type { ChunkRef } from '../ids';
import type { RetryFilter } from './retry-filter';

/** Which images a run is about, and what it asks for: what every step of it needs to know. */
export interface RunScope {
  readonly runId: string;
  readonly container: string;
  readonly prefix: string;
  /** What Vision is asked for; absent (runs that began before there was a choice): as configured. */
  readonly features?: readonly string[];
  /** When it began; absent in what older builds scheduled. RFC 3339, UTC. */
  readonly startedAt?: string;
  /** Only what it covers has work; the other images of the container do not. */
  readonly retry?: RetryFilter;
}

/** One chunk of a run's listing. */
export type ChunkTask = Omit<RunScope, 'runId'> & { readonly ref: ChunkRef };

/** The scope alone, of a value that holds more. */
export function scopeOf({ runId, container, prefix, features, startedAt, retry }: RunScope): RunScope {
  return {
    ...{ runId, container, prefix },
    ...defined({ features, startedAt, retry }),
  };
}
