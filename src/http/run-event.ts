import { z } from 'zod';
import { isContainerName } from '../domain/container/container-name';
import { isInstanceId } from '../domain/run/instance-id';
import { RUN_STATUSES } from '../domain/run/run';
import { EVENT_TYPES } from '../names';
import { RunCountsSchema } from '../contract/schemas/run';
import { count, money, time } from '../contract/schemas/values';

/** The id of a run in it is percent-encoded. */
const path = z.string().max(1_024);

/** A CloudEvent 1.0 of topic `contactsheet.runs` as the sidecar delivers it; its own additions (topic, traceid) are dropped. */
export const RunEventSchema = z.object({
  id: z.string().min(1).max(1_024),
  type: z.enum(Object.values(EVENT_TYPES)),
  subject: z.string().min(1).max(256),
  time: z.string().min(1).max(64),
  data: z.object({
    runId: z.string().refine(isInstanceId, 'is no id of a run'),
    container: z.string().refine(isContainerName, 'is no name of a container'),
    status: z.enum(RUN_STATUSES),
    counts: RunCountsSchema.optional(),
    reason: z.string().max(4_096).optional(),
    approval: z
      .object({
        planHash: z.string().max(64),
        transactions: count,
        price: z.object({ total: money, currency: z.string().max(3) }),
        expiresAt: time,
        links: z.object({
          run: path,
          approve: path,
          decline: path,
        }),
      })
      .optional(),
  }),
});
