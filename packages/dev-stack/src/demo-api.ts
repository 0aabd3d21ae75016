/** The few calls of the public API that the demonstration makes. */
import { z } from 'zod';

const counts = z.object({
  total: z.number(),
  totalIsFinal: z.boolean().optional(),
  succeeded: z.number(),
  failed: z.number(),
  skipped: z.number(),
  unchanged: z.number().optional(),
  inFlight: z.number().optional(),
});

const run = z.object({
  id: z.string(),
  status: z.string(),
  phase: z.string().nullish(),
  counts: counts.nullish(),
  calls: z.number().nullish(),
  failureGroups: z.array(z.object({ reason: z.string().nullish(), count: z.number() })).nullish(),
});
export type DemoRun = z.infer<typeof run>;

const image = z.object({
  blob: z.string(),
  status: z.string(),
  reason: z.string().nullish(),
  analysis: z
    .object({
      description: z
        .object({ tags: z.array(z.string()).nullish(), captions: z.array(z.object({ text: z.string() })).nullish() })
        .nullish(),
      tags: z.array(z.object({ name: z.string() })).nullish(),
      color: z.object({ dominantColors: z.array(z.string()).nullish(), accentColor: z.string().nullish() }).nullish(),
    })
    .nullish(),
});
export type DemoImage = z.infer<typeof image>;

const imagePage = z.object({ value: z.array(image), nextLink: z.string().nullish() });

const totals = z.object({
  images: z.object({
    total: z.number(),
    succeeded: z.number(),
    failed: z.number(),
    skipped: z.number(),
    removed: z.number(),
  }),
  tags: z.array(z.object({ name: z.string(), count: z.number() })).nullish(),
  bytes: z.number().nullish(),
});
export type DemoTotals = z.infer<typeof totals>;

const ENDED = new Set(['Cancelled', 'StoppedAtBudget', 'Completed', 'CompletedWithErrors', 'Failed']);
export const hasEnded = (status: string): boolean => ENDED.has(status);

export interface DemoApi {
  /** Starts a run, or names the one that is active already. */
  startRun(container: string): Promise<{ readonly id: string; readonly isNew: boolean }>;
  run(id: string): Promise<DemoRun>;
  images(container: string, limit: number): Promise<DemoImage[]>;
  totals(container: string): Promise<DemoTotals>;
}

const CALL_WITHIN_MS = 15_000;

export function createDemoApi(base: string, signal: AbortSignal): DemoApi {
  const call = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, base), { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_WITHIN_MS)]) });

  async function read<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const response = await call(path);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
    return schema.parse(await response.json());
  }

  return {
    async startRun(container) {
      const path = `/api/v1/containers/${encodeURIComponent(container)}/runs`;
      const response = await call(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      const body = await response.json();
      if (response.status === 409)
        return { id: z.object({ existingRun: z.string() }).parse(body).existingRun, isNew: false };
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${JSON.stringify(body).slice(0, 300)}`);
      return { id: z.object({ id: z.string() }).parse(body).id, isNew: true };
    },
    run: (id) => read(`/api/v1/runs/${encodeURIComponent(id)}`, run),
    async images(container, limit) {
      const found: DemoImage[] = [];
      let path: string | undefined = `/api/v1/containers/${encodeURIComponent(container)}/images?maxpagesize=100`;
      while (path && found.length < limit) {
        const page: z.infer<typeof imagePage> = await read(path, imagePage);
        found.push(...page.value);
        path = page.nextLink ?? undefined;
      }
      return found.slice(0, limit);
    },
    totals: (container) => read(`/api/v1/containers/${encodeURIComponent(container)}`, totals),
  };
}
