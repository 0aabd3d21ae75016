import { z } from 'zod';
import { confidence, count, list, tally } from './values';

export const ContainerSchema = z
  .object({
    container: z.string(),
    images: z.object({
      total: count.meta({ description: 'Removed ones left out.' }),
      succeeded: count,
      failed: count,
      skipped: count,
      removed: count,
    }),
    bytes: count,
    formats: tally,
    categories: tally,
    colors: tally,
    analyzers: tally,
    tags: list(z.object({ name: z.string(), count, meanConfidence: confidence.optional() })).meta({
      description: 'Most frequent first, at most 100.',
    }),
    activeRun: z.string().optional(),
    lastRun: z.string().optional(),
    links: z.object({
      self: z.url(),
      images: z.url(),
      runs: z.url(),
      activity: z.url(),
      activeRun: z.url().optional(),
      lastRun: z.url().optional(),
    }),
  })
  .meta({ id: 'Container', description: 'Totals of one container, exact at every moment.' });

export type ContainerBody = z.output<typeof ContainerSchema>;
