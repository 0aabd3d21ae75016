/**
 * 5,000 images through every part, at full speed and then at Vision's.
 *
 * 1. The run ends right, each image called once, within a minute; memory of app and sidecar is printed and bounded.
 * 2. No workflow instance ever holds more than 90 history rows, and no batch of the engine more than 90 operations, not
 *    even the one that forgets a finished run.
 * 3. Against a Vision of 50 calls a second no call goes out inside a Retry-After and no image fails of it.
 */

import { pageInstanceId } from '../../../src/domain/ids';
import { isFinal } from '../../../src/domain/run/run';
import { costOf } from '../../../packages/bench/src/process-cost';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { APP_ID } from '../../../src/names';
import { eventually, startTestStack, type TestStack } from '../framework';
import { crowd, ended, runOf, runToEnd, startRun, violations, visionOf } from '../main-job/client';
import { engineBatches, historyIn, MOST_ROWS, openEngineState } from './engine-state';

const CONTAINER = 'five-thousand';
const IMAGES = 5_000;
const PAGES = 3;
const MB = 1024 * 1024;
const PARTS = ['app', 'daprd', 'azurite', 'cosmos', 'vision'] as const;

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ vision: { latencyMs: 5 } });
  const began = Date.now();
  await seedContainer(stack.endpoints.blobConnectionString, CONTAINER, IMAGES);
  process.stdout.write(`${IMAGES} blobs uploaded in ${Date.now() - began} ms\n`);
}, 180_000);

afterAll(() => stack?.stop(), 60_000);

test('1, 2: five thousand images', async () => {
  const state = openEngineState(stack.endpoints.cosmos);
  const cpuBefore = new Map(PARTS.map((part) => [part, costOf(stack.pid(part) ?? 0)?.cpuMs ?? 0]));
  const began = Date.now();
  const id = await startRun(stack, CONTAINER);
  const instances = [id, ...Array.from({ length: PAGES }, (_, page) => pageInstanceId(id, page))];
  const most = new Map(instances.map((instance) => [instance, 0]));
  const largest = { app: 0, daprd: 0 };
  await eventually(
    async () => {
      for (const instance of instances) {
        const rows = historyIn(await state.rows(APP_ID, instance));
        most.set(instance, Math.max(most.get(instance) ?? 0, rows));
      }
      for (const part of ['app', 'daprd'] as const) {
        largest[part] = Math.max(largest[part], costOf(stack.pid(part) ?? 0)?.rssBytes ?? 0);
      }
      return isFinal((await runOf(stack, id)).status);
    },
    { what: 'the run ends', timeoutMs: 150_000, intervalMs: 200 },
  );
  const tookMs = Date.now() - began;
  const cpuMs = PARTS.map((part) => (costOf(stack.pid(part) ?? 0)?.cpuMs ?? 0) - (cpuBefore.get(part) ?? 0));
  const run = await ended(stack, id);
  // What the engine does by itself when its retention is over.
  const workflows = stack.workflows();
  for (const instance of instances) {
    // The parent still cleans up when its run has ended, and nothing that runs is purged.
    const forget = async () => {
      await workflows.purge(instance).catch(() => undefined);
      return (await state.rows(APP_ID, instance)).length === 0;
    };
    await eventually(forget, { what: `the engine forgets ${instance}`, intervalMs: 200 });
  }
  workflows.close();
  state.close();
  const { batches, largestBatch } = await engineBatches(stack.endpoints.cosmos.endpoint);
  process.stdout.write(
    `${IMAGES} images in ${tookMs} ms, processor ms of ${PARTS.join(', ')}: ${cpuMs.join(', ')}; app ${Math.round(largest.app / MB)} MB, daprd ${Math.round(largest.daprd / MB)} MB; ` +
      `history rows at most ${[...most.values()].join(', ')}; ${batches} engine batches, at most ${largestBatch} operations\n`,
  );
  expect(run).toMatchObject({ status: 'Completed', calls: IMAGES, counts: { total: IMAGES, succeeded: IMAGES } });
  expect(await violations(stack, CONTAINER, id)).toEqual([]);
  expect(tookMs).toBeLessThan(60_000 * crowd());
  expect(Math.min(...most.values())).toBeGreaterThan(0); // every page was seen
  expect(Math.max(...most.values())).toBeLessThanOrEqual(MOST_ROWS);
  expect(largestBatch).toBeLessThanOrEqual(MOST_ROWS);
  expect(largest.app).toBeLessThan(600 * MB);
}, 240_000);

test('3: a Vision of 50 calls a second', async () => {
  const container = 'throttled';
  await seedContainer(stack.endpoints.blobConnectionString, container, 300);
  const vision = visionOf(stack);
  await vision.forget();
  await vision.pace({ rate: '50/s', latencyMs: 5 });
  const began = Date.now();
  const run = await runToEnd(stack, container);
  const { calls, throttled, insideRetryAfter } = await vision.stats();
  process.stdout.write(`300 images at 50 calls/s in ${Date.now() - began} ms, ${throttled} answers of 429\n`);
  expect(run).toMatchObject({ status: 'Completed', counts: { total: 300, succeeded: 300, failed: 0 } });
  expect({ calls, insideRetryAfter }).toEqual({ calls: 300, insideRetryAfter: 0 });
  expect(throttled).toBeGreaterThan(0); // the limit was met at all
  expect(await violations(stack, container, run.id)).toEqual([]);
}, 120_000);
