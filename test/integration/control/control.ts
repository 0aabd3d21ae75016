import { seedContainer } from '../../../packages/bench/src/seed-container';
import { eventually, startTestStack, type TestStack, type TestStackOptions } from '../framework';

/** What the tests of control share: a run over slow Vision, and when local Vision saw each call start. */

export const IN_FLIGHT = 20;
const LATENCY_MS = 100;

export interface RunBody {
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly calls: number;
  readonly transactions: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly quote?: { readonly planHash: string };
}

export function slowStack(options: TestStackOptions = {}): Promise<TestStack> {
  const appEnv = { MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT), ...options.appEnv };
  return startTestStack({ vision: { latencyMs: LATENCY_MS }, ...options, appEnv });
}

export async function seeded(stack: TestStack, container: string, images: number): Promise<void> {
  await seedContainer(stack.endpoints.blobConnectionString, container, images);
}

export async function post<T = RunBody>(
  stack: TestStack,
  path: string,
  body?: object,
): Promise<{ status: number; body: T }> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-contactsheet-user': 'ann' },
    ...(body && { body: JSON.stringify(body) }),
  };
  const answer = await stack.api(path, init);
  return { status: answer.status, body: (await answer.json()) as T };
}

export async function startRun(stack: TestStack, container: string, body?: object): Promise<string> {
  const { status, body: run } = await post(stack, `/api/v1/containers/${container}/runs`, body);
  expect(status).toBe(202);
  return run.id;
}

export async function runOf(stack: TestStack, id: string): Promise<RunBody> {
  return (await (await stack.api(`/api/v1/runs/${id}`)).json()) as RunBody;
}

export async function inStatus(stack: TestStack, id: string, status: RegExp, timeoutMs = 60_000): Promise<RunBody> {
  const what = `run ${id} is ${status}`;
  return eventually(
    async () => {
      const run = await runOf(stack, id);
      return status.test(run.status) ? run : undefined;
    },
    { what, timeoutMs, intervalMs: 100 },
  ).catch(async (error: Error) => {
    error.message = `${JSON.stringify(await runOf(stack, id).catch(String))}\n${error.message}`;
    throw error;
  });
}

export async function callsSeen(stack: TestStack, atLeast = 0): Promise<number> {
  const calls = async () => Number((await visionStats(stack)).calls);
  await eventually(async () => (await calls()) >= atLeast, { what: `${atLeast} calls`, intervalMs: 20 });
  return calls();
}

/** Milliseconds after `sinceMs` at which each later call began, in order. */
export async function startedAfter(stack: TestStack, sinceMs: number): Promise<number[]> {
  const { times } = (await visionStats(stack, '?detail=times')) as { times: readonly (readonly number[])[] };
  return times
    .map(([startMs = 0]) => startMs - sinceMs)
    .filter((afterMs) => afterMs > 0)
    .sort((a, b) => a - b);
}

export async function visionStats(stack: TestStack, query = ''): Promise<Record<string, unknown>> {
  return (await (await fetch(`${stack.endpoints.vision.endpoint}/stats${query}`)).json()) as Record<string, unknown>;
}
