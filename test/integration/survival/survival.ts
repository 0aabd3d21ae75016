import { setTimeout as pause } from 'node:timers/promises';
import { ENDPOINTS, pathOf, taken } from '../../../src/contract';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import type { PartName } from '../../../packages/dev-stack/src/part';
import { judge } from '../../chaos/oracle';
import { eventually, type TestStack, withLogs } from '../framework';
import { chunkSteps, visionOf } from '../main-job/client';

/**
 * The scenario of every survival test: 400 images, half way one process is killed (and perhaps kept down), the run ends,
 * and the oracle finds nothing. Prints when the next Vision call was started after the kill.
 */
export interface Survival {
  readonly target: PartName;
  /** How long the part stays down; default: until its supervisor starts it again at once. */
  readonly downMs?: number;
  /** Calls that may be repeated: at most what was in flight. */
  readonly repeatable: number;
}

const IMAGES = 400;
export const IN_FLIGHT = 20;
export const LATENCY_MS = 100;

export function survive(stack: TestStack, survival: Survival): Promise<void> {
  return withLogs(() => scenario(stack, survival));
}

async function scenario(stack: TestStack, { target, downMs = 0, repeatable }: Survival): Promise<void> {
  const container = `without-${target}`;
  await seedContainer(stack.endpoints.blobConnectionString, container, IMAGES);
  for (const part of ['pubsub', 'daprd', 'app'] as const) await stack.ready(part);
  await visionOf(stack).forget();
  // Azurite writes its index every 5 s: a kill before that would take the photos themselves, which is not our subject.
  if (target === 'azurite') await pause(6_000);
  const { id } = taken(await stack.client.startRun({ params: { container } }));

  await eventually(async () => Number((await stats(stack)).calls) >= IMAGES * 0.4, {
    what: 'four images in ten are analysed',
    timeoutMs: 90_000,
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
  await eventually(async () => (await activityOf(stack, container)).includes('run-completed'), {
    what: 'run-completed arrives',
  });

  const chunks = await chunkSteps(stack, id);
  const executions = chunks.reduce((sum, chunk) => sum + chunk.executions, 0);
  const joined = chunks.reduce((sum, chunk) => sum + chunk.joined, 0);
  const verdict = await judge({
    endpoints: stack.endpoints,
    container,
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

async function activityOf(stack: TestStack, container: string): Promise<string> {
  return (await stack.api(pathOf(ENDPOINTS.listActivity, { container }))).text();
}
