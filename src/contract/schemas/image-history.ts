import { z } from 'zod';
import { ImageSchema } from './image';
import { advice } from './run-image';
import { list, time } from './values';

const { blob, container, status, reason, error, source, runId, attempts } = ImageSchema.shape;

export const ImageHistorySchema = z
  .object({
    container,
    blob,
    status,
    reason,
    error,
    source,
    runId,
    analyzedAt: time,
    advice,
    attempts: list(attempts.unwrap().element.extend({ advice, links: z.object({ run: z.url() }) })).meta({
      description: 'Oldest first; the last 10, and of a longer story each kind of the last run once, counted.',
    }),
    links: z.object({ image: z.url(), run: z.url() }),
  })
  .meta({ id: 'ImageHistory', description: 'Each attempt at one image, and what can be done about it.' });

export type ImageHistoryBody = z.output<typeof ImageHistorySchema>;
