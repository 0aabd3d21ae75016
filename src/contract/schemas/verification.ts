import { z } from 'zod';
import { DIFFERENCE_KINDS, MAX_DIFFERENCES } from '../../domain/container/verification';
import { ContainerQuoteSchema } from './run';
import { count, list, time } from './values';

const value = z.union([z.string(), z.number()]);

export const DifferenceSchema = z
  .object({
    kind: z.enum(DIFFERENCE_KINDS),
    blob: z.string().optional(),
    field: z.string().optional().meta({ description: 'As the totals of the container name it: images.succeeded.' }),
    expected: value,
    actual: value,
  })
  .meta({ id: 'Difference' });

const verification = {
  clean: z.boolean(),
  checkedAt: time,
  differences: list(DifferenceSchema).meta({ description: `The first ${MAX_DIFFERENCES} of them.` }),
  count: count.meta({ description: 'How many there are.' }),
};

export const VerificationSchema = z
  .object(verification)
  .meta({ id: 'Verification', description: 'Documents against the listing and the totals of a container.' });

export const RepairSchema = z
  .object({
    ...verification,
    changed: z.object({ orphans: count, totals: count }),
    held: z.string().optional().meta({ description: 'Why orphans were left as they are, when they were.' }),
  })
  .meta({ id: 'Repair', description: 'What was found, and what was changed.' });

export const OperationSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['verify', 'repair', 'quote']),
    container: z.string(),
    status: z.enum(['Running', 'Succeeded', 'Failed', 'Cancelled']),
    startedAt: time,
    updatedAt: time,
    result: z.union([RepairSchema, VerificationSchema, ContainerQuoteSchema]).optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    links: z.object({ self: z.url(), container: z.url() }),
  })
  .meta({ id: 'Operation', description: 'A request that continued after its first answer.' });

export type OperationBody = z.output<typeof OperationSchema>;
