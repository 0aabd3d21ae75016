import { z } from 'zod';

export const HealthSchema = z
  .object({
    status: z.enum(['ok', 'not-ready', 'draining']),
    checks: z
      .record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() }).readonly())
      .readonly()
      .optional(),
  })
  .meta({ id: 'Health' });

export type HealthBody = z.output<typeof HealthSchema>;
