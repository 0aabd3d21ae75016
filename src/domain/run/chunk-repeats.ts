import type { ChunkRef } from '../ids';

/**
 * How often a chunk was begun and handed out, where that was not just once: the engine delivers at least once, processes
 * die, owners pause. A run without trouble keeps nothing of it.
 */
export interface Repeats {
  /** Times its work was begun: again after a pause, an error, or the end of the process that had it. */
  readonly executions: number;
  /** Deliveries that did no work of their own: they joined the execution that was under way, or found the chunk done. */
  readonly joined: number;
}

export const ONCE: Repeats = { executions: 1, joined: 0 };

/** By page and chunk; as many pages a part of the actor's state as in the set of done chunks. */
export type RepeatsByChunk = Readonly<Record<string, Repeats>>;

export function repeatsKey({ page, chunk }: Pick<ChunkRef, 'page' | 'chunk'>): string {
  return `${page}.${chunk}`;
}

export function beganAgain({ executions, joined }: Repeats = ONCE): Repeats {
  return { executions: executions + 1, joined };
}

export function joinedBy(deliveries: number, { executions, joined }: Repeats = ONCE): Repeats {
  return { executions, joined: joined + deliveries };
}
