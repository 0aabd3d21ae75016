import { z } from 'zod';
import { time } from './values';

export const ActivityEntrySchema = z
  .object({
    id: z.string().meta({ description: 'Id of the CloudEvent.' }),
    container: z.string(),
    type: z.string(),
    subject: z.string(),
    time,
    data: z.unknown(),
  })
  .meta({ id: 'ActivityEntry' });
