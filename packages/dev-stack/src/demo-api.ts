import {
  type BodyOf,
  createClient,
  defined,
  type Endpoints,
  isFinal,
  Refusal,
  type RunStatus,
  taken,
} from 'contactsheet/contract';

/** The few calls of the public API that the demonstration makes. */
export type DemoRun = BodyOf<Endpoints['getRun']>;
export type DemoImage = BodyOf<Endpoints['getImage']>;
export type DemoTotals = BodyOf<Endpoints['getContainer']>;

/** A run that stopped at its budget goes on only when somebody says so: the demonstration is over. */
export const hasEnded = (status: RunStatus): boolean => isFinal(status) || status === 'StoppedAtBudget';

export interface DemoApi {
  /** Starts a run, or names the one that is active already. */
  startRun(container: string): Promise<{ readonly id: string; readonly isNew: boolean }>;
  run(id: string): Promise<DemoRun>;
  images(container: string, limit: number): Promise<DemoImage[]>;
  totals(container: string): Promise<DemoTotals>;
}

const CALL_WITHIN_MS = 15_000;

/** @param key of an operator, where the application asks who its callers are */
export function createDemoApi(address: string, signal: AbortSignal, key?: string): DemoApi {
  const client = createClient({
    address,
    headers: key ? { authorization: `Bearer ${key}` } : {},
    transport: (url, { method, headers, body }) =>
      fetch(url, {
        method,
        headers,
        ...defined({ body }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_WITHIN_MS)]),
      }),
  });
  return {
    async startRun(container) {
      const answer = await client.startRun({ params: { container }, body: {} });
      if (answer.status === 409 && answer.body.existingRun !== undefined) {
        return { id: answer.body.existingRun, isNew: false };
      }
      if (answer.status !== 202) throw new Refusal(answer.status, answer.body);
      return { id: answer.body.id, isNew: true };
    },
    run: async (id) => taken(await client.getRun({ params: { id } })),
    async images(container, limit) {
      const found: DemoImage[] = [];
      for await (const { value } of client.pages('listImages', {
        params: { container },
        query: { maxpagesize: 100 },
      })) {
        found.push(...value);
        if (found.length >= limit) break;
      }
      return found.slice(0, limit);
    },
    totals: async (container) => taken(await client.getContainer({ params: { container } })),
  };
}
