import { seedContainer } from '../../../packages/bench/src/seed-container';
import { type AskOf, type BodyOf, type Client, createClient, type Endpoints, taken } from '../../../src/contract';
import { eventually, startTestStack, type TestStack, type TestStackOptions } from '../framework';

/** What the tests of control share: a run over slow Vision, and when local Vision saw each call start. */

export const IN_FLIGHT = 20;
const LATENCY_MS = 100;

export type RunBody = BodyOf<Endpoints['getRun']>;

export function slowStack(options: TestStackOptions = {}): Promise<TestStack> {
  const appEnv = { MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT), ...options.appEnv };
  return startTestStack({ vision: { latencyMs: LATENCY_MS }, ...options, appEnv });
}

export async function seeded(stack: TestStack, container: string, images: number): Promise<void> {
  await seedContainer(stack.endpoints.blobConnectionString, container, images);
}

/** The API as somebody with a name asks it: the audit trail of a run names her. */
export function asAnn(stack: TestStack): Client {
  return createClient({ address: stack.endpoints.api, headers: { 'x-contactsheet-user': 'ann' } });
}

export async function startRun(
  stack: TestStack,
  container: string,
  body: AskOf<Endpoints['startRun']>['body'] = {},
): Promise<string> {
  const answer = await asAnn(stack).startRun({ params: { container }, body });
  expect(answer.status).toBe(202);
  return taken(answer).id;
}

export async function runOf(stack: TestStack, id: string): Promise<RunBody> {
  return taken(await stack.client.getRun({ params: { id } }));
}

export async function inStatus(stack: TestStack, id: string, status: RegExp, timeoutMs = 60_000): Promise<RunBody> {
  const what = `run ${id} is ${status}`;
  return eventually(
    async () => {
      const run = await runOf(stack, id);
      return status.test(run.status) ? run : undefined;
    },
    { what, timeoutMs },
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
