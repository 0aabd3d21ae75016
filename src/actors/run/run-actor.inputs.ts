import { z } from 'zod';
import { NO_COUNTERS } from '../../domain/counters';
import { RUN_PHASES } from '../../domain/run/run';
import { chunkRef, containerName, count, instant, label, nothing, runId, sentence, whole } from '../inputs';
import type { RunActorApi } from './run-actor.api';

const MAX_PREFIX = 1_024;
const MAX_CHUNKS = 10_000;
const planHash = z.string().max(200);
const maxTransactions = count;

const listing = z.object({
  total: count,
  new: count,
  changed: count,
  unchanged: count,
  missing: count,
  cached: count.optional(),
  sparedTransactions: count.optional(),
  uncertain: count.optional(),
  ineligible: z.record(label, count),
});

const quote = z.object({
  planHash: planHash.optional(),
  expiresAt: instant.optional(),
  images: listing,
  calls: whole,
  transactions: whole,
  price: z.object({
    unit: z.number().nonnegative(),
    currency: z.string().max(3),
    total: z.number(),
    estimate: z.literal(true),
  }),
  duration: z.object({ atQuotaSeconds: z.number().optional() }),
});

/** A process of an older build does not tell the newer ones. */
const counters = Object.fromEntries(Object.keys(NO_COUNTERS).map((name) => [name, count.default(0)]));

const progress = z.object({
  ...counters,
  inFlight: count,
  failureGroups: z
    .array(
      z.object({
        reason: sentence,
        code: label,
        stage: label,
        count,
        retryable: z.boolean(),
        sample: z.string().max(MAX_PREFIX).optional(),
      }),
    )
    .max(MAX_CHUNKS),
  waiting: sentence.optional(),
});

const request = z.object({
  id: runId,
  container: containerName,
  prefix: z.string().max(MAX_PREFIX),
  features: z.array(label).max(100),
  confirmShrink: z.boolean(),
  approval: z.union([z.enum(['auto', 'always']), z.object({ above: z.number().nonnegative() })]).optional(),
  maxTransactions: maxTransactions.optional(),
  retry: z
    .object({
      status: z.enum(['failed', 'skipped']).optional(),
      reason: sentence.optional(),
      code: label.optional(),
    })
    .optional(),
  retryOf: runId.optional(),
  startedAt: instant,
});

/** What each method of the run actor accepts. */
export const RUN_INPUTS = {
  begin: request,
  setPhase: z.object({ phase: z.enum(RUN_PHASES) }),
  pageListed: z.object({ page: count, counts: listing, settled: count }),
  listing: nothing,
  quote: z.object({ quote, mayRemove: z.boolean() }),
  seekApproval: nothing,
  approve: z.object({
    planHash: planHash.optional(),
    maxTransactions: maxTransactions.optional(),
    who: label.optional(),
    how: label.optional(),
  }),
  pageDone: z.object({ page: count }),
  openChunk: z.object({ ref: chunkRef, attempt: label, process: label.optional() }),
  report: z.object({
    chunks: z.array(z.object({ ref: chunkRef, attempt: label, progress })).max(MAX_CHUNKS),
    session: label.optional(),
    seq: count.optional(),
    want: z.number().nonnegative().optional(),
    unused: z.number().nonnegative().optional(),
    transactionsPerCall: z.number().nonnegative().optional(),
    made: z.number().nonnegative().optional(),
  }),
  clearChunk: z.object({ ref: chunkRef, upTo: count }),
  closeChunk: z.object({
    ref: chunkRef,
    progress,
    complete: z.boolean(),
    attempt: label,
    joined: count.optional(),
  }),
  command: z.object({
    verb: z.enum(['pause', 'resume', 'cancel', 'decline', 'fail']),
    reason: sentence.optional(),
    who: label.optional(),
    how: label.optional(),
    maxTransactions: maxTransactions.optional(),
  }),
  audit: nothing,
  retried: z.object({ by: runId, who: label.optional(), how: label.optional(), reason: sentence.optional() }),
  trouble: z.object({ reason: sentence }),
  paused: nothing,
  seal: z.object({ failure: sentence.optional() }),
  end: z.object({ failure: sentence.optional() }),
  control: nothing,
  view: nothing,
  forget: nothing,
} satisfies Record<keyof RunActorApi, z.ZodType>;

interface Named {
  readonly id?: string;
  readonly ref?: { readonly runId: string };
  readonly chunks?: readonly { readonly ref: { readonly runId: string } }[];
}

/** A call to a run's actor must name that run: in its request, and in the chunks. `input` has been read. */
export function isOfRun(id: string, input: unknown): boolean {
  if (typeof input !== 'object' || input === null) return true;
  const named = input as Named;
  const ids = [named.id, named.ref?.runId, ...(named.chunks ?? []).map(({ ref }) => ref.runId)];
  return ids.every((each) => each === undefined || each === id);
}
