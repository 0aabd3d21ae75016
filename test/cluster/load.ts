import { Agent, get } from 'node:http';
import { ENDPOINTS, pathOf } from '../../src/contract';
import type { Inside } from './inside';

/** What callers met, who came at a steady pace whether or not the ones before had an answer. */
export interface LoadReport {
  readonly requests: number;
  /** Without an answer of 200: how many, by reason. */
  readonly failed: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** Of a hundred requests, one took longer. */
  readonly p99Ms: number;
}

export interface Load {
  /** No more requests; resolves when each has its answer. */
  stop(): Promise<LoadReport>;
}

const ANSWERS_WITHIN_MS = 15_000;

/** Each request is a connection of its own, which kube-proxy may send to another pod, and asks the actor of the container. */
export function startLoad({ endpoints }: Inside, container: string, perSecond: number): Load {
  const url = `${endpoints.api}${pathOf(ENDPOINTS.getContainer, { container })}`;
  const headers = { authorization: `Bearer ${endpoints.apiKey}` };
  const took: number[] = [];
  const failed: Record<string, number> = {};
  const open = new Set<Promise<void>>();

  const ask = () =>
    new Promise<void>((resolve) => {
      const beganMs = performance.now();
      const end = (reason?: string) => {
        took.push(performance.now() - beganMs);
        if (reason !== undefined) failed[reason] = (failed[reason] ?? 0) + 1;
        resolve();
      };
      const request = get(url, { headers, agent: new Agent({ keepAlive: false }) }, (answer) => {
        let body = '';
        answer.on('data', (data) => {
          body += data;
        });
        answer.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
        answer.once('end', () => end(answer.statusCode === 200 ? undefined : refusal(answer.statusCode, body)));
      });
      request.setTimeout(ANSWERS_WITHIN_MS, () => request.destroy(new Error('no answer')));
      request.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    });

  const beganMs = performance.now();
  let sent = 0;
  const ticker = setInterval(() => {
    // By the clock: a tick that came late is made up for.
    for (; sent < ((performance.now() - beganMs) / 1_000) * perSecond; sent += 1) {
      const one = ask().finally(() => open.delete(one));
      open.add(one);
    }
  }, 1_000 / perSecond);

  return {
    async stop() {
      clearInterval(ticker);
      await Promise.all(open);
      const sorted = [...took].sort((a, b) => a - b);
      return {
        requests: took.length,
        failed,
        slowestMs: Math.round(sorted.at(-1) ?? 0),
        p99Ms: Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? 0),
      };
    },
  };
}

/** The status and the code that the API gives with it. */
function refusal(status: number | undefined, body: string): string {
  try {
    return `${status} ${(JSON.parse(body) as { code?: string }).code}`;
  } catch {
    return `${status}`;
  }
}
