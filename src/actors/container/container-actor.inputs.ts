import { z } from 'zod';
import { chunkRef, counters, instant, nothing, runId } from '../inputs';
import type { ContainerActorApi } from './container-actor.api';

/** What each method of the container actor accepts. */
export const CONTAINER_INPUTS = {
  beginRun: z.object({ runId, now: instant.optional() }),
  applyChunk: z.object({ ref: chunkRef, delta: counters, complete: z.boolean() }),
  endRun: z.object({ runId }),
  summary: nothing,
  replaceAggregate: z.object({ runId, counters }),
  repair: z.object({ lastRun: runId.optional(), counters }),
} satisfies Record<keyof ContainerActorApi, z.ZodType>;
