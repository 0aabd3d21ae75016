import { z } from 'zod';
import { counterFields } from './counters';
import { confidence, count, list, tally } from './values';

const imageTotals = z.object({
  total: count.meta({ description: 'Removed ones left out.' }),
  ...counterFields(['succeeded', 'failed', 'skipped', 'removed']),
});

export const ContainerSchema = z
  .object({
    container: z.string(),
    images: imageTotals,
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

export const ContainerEntrySchema = z
  .object({
    container: z.string(),
    images: imageTotals,
    activeRun: z.string().optional(),
    lastRun: z.string().optional().meta({ description: 'The newest that has ended.' }),
    updatedAt: z.iso.datetime().meta({ description: 'When its actor was last asked: at each milestone of a run.' }),
    links: z.object({
      self: z.url(),
      images: z.url(),
      runs: z.url(),
      activeRun: z.url().optional(),
      lastRun: z.url().optional(),
    }),
  })
  .meta({ id: 'ContainerEntry', description: 'A container in the list: its totals as of `updatedAt`.' });

export type ContainerEntryBody = z.output<typeof ContainerEntrySchema>;
export type ContainerBody = z.output<typeof ContainerSchema>;
