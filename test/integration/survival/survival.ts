import { setTimeout as pause } from 'node:timers/promises';
import { ENDPOINTS, pathOf, taken } from '../../../src/contract';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import type { PartName } from '../../../packages/dev-stack/src/part';
import { judge } from '../../chaos/oracle';
import { eventually, startTestStack, type TestStack, withLogs } from '../framework';
import { chunkSteps } from '../main-job/client';

/**
 * The scenario of every survival test: 400 images, half way one process is killed (and perhaps kept down), the run ends,
 * and the oracle finds nothing. Prints when the next Vision call was started after the kill.
 */
export interface Survival {
  readonly target: PartName;
  readonly signal?: NodeJS.Signals;
  /** How long the part stays down; default: until its supervisor starts it again at once. */
  readonly downMs?: number;
  /** Calls that may be repeated: at most what was in flight. */
  readonly repeatable: number;
}

const IMAGES = 400;
export const IN_FLIGHT = 20;
const LATENCY_MS = 100;
const CONTAINER = 'survival';

export async function survive({ target, downMs = 0, repeatable }: Survival): Promise<void> {
  const stack = await startTestStack({
    vision: { latencyMs: LATENCY_MS },
    appEnv: { MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT) },
  });
  try {
    await withLogs(() => scenario(stack, { target, downMs, repeatable }));
  } finally {
    await stack.stop();
  }
}

async function scenario(stack: TestStack, { target, downMs, repeatable }: Required<Omit<Survival, 'signal'>>) {
  await seedContainer(stack.endpoints.blobConnectionString, CONTAINER, IMAGES);
  // Azurite writes its index every 5 s: a kill before that would take the photos themselves, which is not our subject.
  if (target === 'azurite') await pause(6_000);
  const { id } = taken(await stack.client.startRun({ params: { container: CONTAINER } }));

  await eventually(async () => Number((await stats(stack)).calls) >= IMAGES * 0.4, {
    what: 'four images in ten are analysed',
    intervalMs: 20,
  });
  const before = Number((await stats(stack)).calls);
  expect(before).toBeLessThan(IMAGES); // the kill hits a run in the middle
  const killedAt = Date.now();
  await stack.down(target, downMs);

  const next = eventually(async () => Number((await stats(stack)).lastCallAt) > killedAt + downMs, {
    what: 'a call is started after the kill',
    timeoutMs: 90_000,
    intervalMs: 50,
  }).then(() => Date.now() - killedAt);
  let view = '';
  await eventually(
    async () => {
      const answer = await stack.api(pathOf(ENDPOINTS.getRun, { id }));
      view = await answer.text();
      return answer.ok && /^(Completed|Failed|Cancelled)/.test((JSON.parse(view) as { status: string }).status);
    },
    { what: 'the run ends', timeoutMs: 120_000, intervalMs: 250 },
  ).catch((error: Error) => {
    throw new Error(`${view}\n${error.message}`);
  });
  const ended = Date.now() - killedAt;
  await eventually(async () => (await activityOf(stack)).includes('run-completed'), { what: 'run-completed arrives' });

  const chunks = await chunkSteps(stack, id);
  const executions = chunks.reduce((sum, chunk) => sum + chunk.executions, 0);
  const joined = chunks.reduce((sum, chunk) => sum + chunk.joined, 0);
  const verdict = await judge({
    endpoints: stack.endpoints,
    container: CONTAINER,
    runId: id,
    repeatable,
    alone: true,
  });
  process.stdout.write(
    `killed ${target} at ${before} of ${IMAGES} calls (down ${downMs} ms): next call after ${await next} ms, ` +
      `end after ${ended} ms, ${verdict.repeated} calls repeated; ${chunks.length} chunks were begun ${executions} times, ` +
      `${joined} further deliveries\n`,
  );
  expect(verdict.violations).toEqual([]);
  // What the app had in hand was begun again, and the steps say so. After other kills it may be: an answer was lost.
  if (target === 'app') expect(executions).toBeGreaterThan(chunks.length);
}

async function stats(stack: TestStack): Promise<Record<string, unknown>> {
  return (await (await fetch(`${stack.endpoints.vision.endpoint}/stats`)).json()) as Record<string, unknown>;
}

async function activityOf(stack: TestStack): Promise<string> {
  return (await stack.api(pathOf(ENDPOINTS.listActivity, { container: CONTAINER }))).text();
}
