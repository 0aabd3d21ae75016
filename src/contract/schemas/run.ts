import { z } from 'zod';
import { WORK_COUNTERS } from '../../domain/counters';
import { AUDIT_VERBS } from '../../domain/run/audit';
import { ACTIONS } from '../../domain/run/action';
import { INSTANCE_ID_PATTERN, isInstanceId } from '../../domain/run/instance-id';
import { WAITING_CODES } from '../../domain/run/waiting-code';
import { COVERED, RUN_PHASES, RUN_STATUSES } from '../../domain/run/run';
import { counterFields } from './counters';
import { SampleSchema } from './sample';
import { count, list, money, time } from './values';

export const RunIdSchema = z.string().refine(isInstanceId).meta({
  description: 'Id of a run: the one that its start chose, else a UUID v7 in hexadecimal without dashes.',
  shownAs: INSTANCE_ID_PATTERN,
});

export const RunStatusSchema = z.enum(RUN_STATUSES).meta({ id: 'RunStatus' });

export const RunCountsSchema = z
  .object({
    total: count.meta({ description: 'Images listed so far.' }),
    totalIsFinal: z.boolean(),
    ...counterFields(COVERED),
    inFlight: count,
  })
  .meta({ id: 'RunCounts' });

const planHash = z.string().meta({ description: 'Names the plan; an approval repeats it.' });

export const QuoteSchema = z
  .object({
    planHash: planHash.optional(),
    expiresAt: time.optional(),
    images: z.object({
      total: count,
      new: count,
      changed: count,
      unchanged: count,
      missing: count.meta({ description: 'Stored images that the listing did not show.' }),
      cached: count.optional().meta({ description: 'New and changed ones that need no call: their answer is known.' }),
      sparedTransactions: count.optional().meta({
        description: 'What known answers spare the new and changed images. Absent: nothing.',
      }),
      uncertain: count.optional().meta({
        description:
          'Of the calls: priced on suspicion, as neither name nor content type tells whether it is an image. Absent: none.',
      }),
      ineligible: z.record(z.string(), count).readonly().meta({
        description:
          'Not priced, by reason: for size or tier, or because name and content type say that it is no image Vision takes.',
      }),
    }),
    calls: count,
    transactions: count,
    price: z.object({ unit: money, currency: z.string(), total: money, estimate: z.literal(true) }),
    duration: z.object({
      atQuotaSeconds: count.optional().meta({ description: 'At the rate in force; absent: calls are not limited.' }),
    }),
  })
  .meta({ id: 'Quote', description: 'What the run will cost, from counts alone: an estimate.' });

export const ContainerQuoteSchema = z
  .object({
    container: z.string(),
    prefix: z.string(),
    features: list(z.string()).meta({ description: 'What Vision would be asked for.' }),
    ...QuoteSchema.shape,
    images: QuoteSchema.shape.images.extend({
      cached: count.meta({
        description:
          'New and changed ones that need no call: the analysis of the same bytes is known, by ETag or by Content-MD5 and size.',
      }),
    }),
    duration: QuoteSchema.shape.duration.extend({
      atObservedSeconds: count
        .optional()
        .meta({ description: 'At the pace of the last run over the container that made calls; absent: none did.' }),
    }),
    planHash,
    expiresAt: time,
    sample: SampleSchema.optional().meta({ description: 'With `sample`; the price is then of what is left to do.' }),
  })
  .meta({ id: 'ContainerQuote', description: 'What a run would cost if it were started now: an estimate.' });

export const RunApprovalSchema = z
  .object({
    askedAt: time,
    expiresAt: time.meta({ description: 'If it is not approved by then, the run ends Cancelled.' }),
    approvedAt: time.optional(),
    maxTransactions: count.optional().meta({ description: 'The cap that the consent named.' }),
  })
  .meta({ id: 'RunApproval' });

const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

export const AuditEntrySchema = z
  .object({
    at: time,
    who: z.string(),
    how: z.string().optional().meta({
      description: 'How the name is known: `claimed` (nobody checked it), or the kind of credential.',
    }),
    verb: z.enum(AUDIT_VERBS),
    reason: z.string().optional(),
    maxTransactions: count.optional().meta({ description: 'The cap that was set with the command.' }),
    from: z.enum(RUN_STATUSES),
    to: z.enum(RUN_STATUSES),
    seq: count.meta({ description: 'From 1, without a gap.' }),
    previousHash: Sha256Hex.meta({ description: 'The hash of the entry before; of the first, SHA-256 of the run id.' }),
    hash: Sha256Hex.meta({
      description:
        'SHA-256 of the JSON list [previousHash, seq, at, who, how, verb, reason, maxTransactions, from, to]; null for what is absent.',
    }),
  })
  .meta({ id: 'AuditEntry' });

export const AuditSchema = z.object({ value: list(AuditEntrySchema) }).meta({
  id: 'Audit',
  description: 'What the run was told, oldest first, as a chain of hashes; the last 1,000.',
});

export const RetryForecastSchema = z
  .object({ willRetry: count, willNot: list(z.object({ reason: z.string(), count })) })
  .meta({ id: 'RetryForecast', description: 'What a retry would call, and what it would leave and why.' });

export const FailureGroupSchema = z
  .object({
    reason: z.string(),
    code: z.string(),
    stage: z.string(),
    count,
    retryable: z.boolean(),
    sample: z
      .string()
      .optional()
      .meta({ description: 'Name of one such blob; absent where only their number is known.' }),
    advice: z.string().optional().meta({ description: 'What a person can do about it.' }),
  })
  .meta({ id: 'FailureGroup' });

const filterText = z.string().min(1).max(100);

export const RetryScopeSchema = z
  .strictObject({
    status: z.enum(['failed', 'skipped']).exactOptional().meta({ description: 'Default failed.' }),
    reason: filterText.exactOptional().meta({ description: 'Only images with this reason.' }),
    code: filterText.exactOptional().meta({ description: 'Only images whose error has this code.' }),
  })
  .meta({ id: 'RetryScope', description: 'Of the images without an analysis: those that match everything given.' });

export const RunLinksSchema = z
  .object({
    self: z.url(),
    container: z.url(),
    images: z.url().meta({ description: 'All images of the container, as they are now.' }),
    runImages: z.url().meta({ description: 'The images of this run, and what it did with each.' }),
    steps: z.url(),
    report: z.url(),
    receipt: z.url().meta({ description: 'There once the run has ended.' }),
    audit: z.url(),
    retryOf: z.url().optional(),
    retriedBy: z.url().optional(),
    status: z.url().meta({ description: 'The same run as Durable Functions shows it.' }),
  })
  .meta({ id: 'RunLinks' });

export const RunSchema = z
  .object({
    id: RunIdSchema,
    container: z.string(),
    prefix: z.string(),
    features: list(z.string()).optional().meta({
      description: 'What Vision is asked for. Absent in records of older runs.',
    }),
    status: RunStatusSchema,
    phase: z.enum(RUN_PHASES),
    counts: RunCountsSchema,
    ...counterFields(['removed', ...WORK_COUNTERS]),
    callsPerSecond: z.number().positive().optional().meta({
      description: 'While it analysed, pauses left out. Absent before that ends, and where most answers were known.',
    }),
    quote: QuoteSchema.optional(),
    approval: RunApprovalSchema.optional(),
    maxTransactions: count.optional().meta({ description: 'The run spends at most this many transactions.' }),
    retry: RetryScopeSchema.optional().meta({ description: 'It covers no other images. Absent: all.' }),
    retryOf: RunIdSchema.optional().meta({ description: 'The run whose failures it tries again.' }),
    retriedBy: RunIdSchema.optional().meta({ description: 'The newest run that tries its failures again.' }),
    failureGroups: list(FailureGroupSchema),
    waiting: z.string().optional().meta({ description: 'Why nothing moves right now, when nothing does.' }),
    waitingCode: z.enum(WAITING_CODES).optional().meta({
      description: 'The same as a stable word. Absent in records of older runs.',
    }),
    reason: z.string().optional().meta({ description: 'Why it was paused, or ended Failed or Cancelled.' }),
    actions: list(z.enum(ACTIONS)).optional().meta({
      description: 'What would change something in the present state. Absent in records of older runs.',
    }),
    startedAt: time,
    updatedAt: time,
    endedAt: time.optional(),
    cure: z.string().optional().meta({ description: 'What to do about why it ended Failed, where that is known.' }),
    links: RunLinksSchema,
  })
  .meta({ id: 'Run', description: 'One pass over a container.' });

export type RunBody = z.output<typeof RunSchema>;
