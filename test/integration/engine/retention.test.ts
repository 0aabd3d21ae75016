/**
 * When the engine has forgotten a run by its own policy (components/config), nothing is missed.
 *
 * 1. No workflow, activity or reminder of it is left: not in the store, not in the scheduler. What is left are our actors.
 * 2. Run, images, steps, report, receipt and Durable Functions status with its history are told as before.
 * 3. A run whose workflow is gone can be retried, started anew, and purged.
 */
import { createHash } from 'node:crypto';
import { ENDPOINTS, pathOf, taken } from '../../../src/contract';
import { engineState, schedulerJobs } from '../../../packages/bench/src/engine-state';
import { createPictures } from '../../../packages/bench/src/pictures';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { eventually, startTestStack, type TestStack } from '../framework';
import { ask, ended, runToEnd, startRun, violations, visionOf } from '../main-job/client';

const CONTAINER = 'forgotten';
const IMAGES = 2_000;
const FLAKY = 5;
/** Long enough to look at a run before it is forgotten, short enough to wait for. */
const RETENTION_S = 20;
const MOST_BYTES_AN_IMAGE = 100;

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ vision: { latencyMs: 5 }, engineRetention: `${RETENTION_S}s` });
  await seedContainer(stack.endpoints.blobConnectionString, CONTAINER, IMAGES);
}, 180_000);
afterAll(() => stack?.stop(), 60_000);

test('a run that the engine has forgotten', async () => {
  const before = await engineState(stack.endpoints.cosmos);
  const jobsBefore = await schedulerJobs(stack.etcd);
  await seedContainer(stack.endpoints.blobConnectionString, 'forgotten-warm-up', 20);
  const warmUp = await runToEnd(stack, 'forgotten-warm-up');

  await armFlaky();
  const first = await ended(stack, await startRun(stack, CONTAINER), 120_000);
  expect(first).toMatchObject({ status: 'CompletedWithErrors', counts: { total: IMAGES, failed: FLAKY } });
  const started = taken(await stack.client.startByTutorialPost({ query: { container: 'forgotten-warm-up' } }));
  const tutorial = await ended(stack, started.id);
  const kept = await engineState(stack.endpoints.cosmos);
  const toldBefore = await told(first.id, tutorial.id);
  const jobsKept = await schedulerJobs(stack.etcd);
  expect(Math.min(kept.ofEngine, jobsKept.length)).toBeGreaterThan(0); // there was something to forget
  const waitedFrom = Date.now();
  await forgotten();
  const waitedS = Math.round((Date.now() - waitedFrom) / 1_000);

  const after = await engineState(stack.endpoints.cosmos);
  const jobs = await schedulerJobs(stack.etcd);
  const left = (after.bytes - before.bytes) / IMAGES;
  process.stdout.write(
    `${IMAGES} images: engine state ${((kept.bytes - before.bytes) / IMAGES).toFixed(0)} bytes an image after the run, ` +
      `${left.toFixed(0)} after retention (${waitedS} s later), ${after.documents - before.documents} documents of actors, ` +
      `${jobsKept.length} scheduler jobs until then and ${jobs.length} after\n`,
  );
  expect({ instances: after.instances, ofEngine: after.ofEngine }).toEqual({ instances: [], ofEngine: 0 }); // 1
  expect(jobs).toEqual(jobsBefore);
  expect(left).toBeLessThanOrEqual(MOST_BYTES_AN_IMAGE);
  expect(await told(first.id, tutorial.id)).toEqual(toldBefore); // 2

  await visionOf(stack).disarm(); // 3
  const retry = await stack.client.retryRun({ params: { id: first.id } });
  if (retry.status !== 202) throw new Error(`The retry did not start: ${retry.status}`);
  expect(retry.body.retryOf).toBe(first.id);
  expect(await ended(stack, retry.body.id)).toMatchObject({ status: 'Completed', calls: FLAKY });
  const again = await runToEnd(stack, CONTAINER);
  expect(again).toMatchObject({ status: 'Completed', calls: 0, counts: { unchanged: IMAGES } });
  expect(await violations(stack, CONTAINER, again.id, IMAGES)).toEqual([]);
  expect((await ask(started.purgeHistoryDeleteUri, { method: 'DELETE' })).body).toEqual({ instancesDeleted: 1 });
  expect((await stack.client.getRun({ params: { id: warmUp.id } })).status).toBe(200);
}, 300_000);

/** Resolves when the engine has no row left, by its own policy. */
async function forgotten(): Promise<void> {
  await eventually(async () => (await engineState(stack.endpoints.cosmos)).ofEngine === 0, {
    what: 'the engine forgets every workflow',
    timeoutMs: RETENTION_S * 1_000 + 90_000,
    intervalMs: 1_000,
  });
}

/** The first images fail until Vision is disarmed. */
async function armFlaky(): Promise<void> {
  const pictureOf = await createPictures(CONTAINER);
  const hashes = Array.from({ length: FLAKY }, (_, n) => createHash('sha256').update(pictureOf(n)).digest('hex'));
  const armed = await visionOf(stack).arm(
    ...hashes.map((match) => ({ behaviour: 'status-500' as const, times: 1_000, match })),
  );
  expect(armed.status).toBe(200);
}

/** All that the API tells of a run, and of one that was started as the tutorial does. */
async function told(id: string, tutorialId: string): Promise<unknown> {
  const paths = [
    pathOf(ENDPOINTS.getRun, { id }),
    `${pathOf(ENDPOINTS.listRunImages, { id })}?maxpagesize=100`,
    pathOf(ENDPOINTS.listRunSteps, { id }),
    pathOf(ENDPOINTS.getRunReport, { id }),
    pathOf(ENDPOINTS.getReceipt, { id }),
    pathOf(ENDPOINTS.getAudit, { id }),
    `${pathOf(ENDPOINTS.getInstance, { instanceId: tutorialId })}?showHistory=true&showHistoryOutput=true`,
  ];
  const answers = await Promise.all(paths.map((path) => stack.api(path)));
  expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
  const texts = await Promise.all(answers.map((answer) => answer.text()));
  return texts.map((text) => text.replace(/([?&]continuation=)[^"&]+/g, '$1(encrypted anew each time)'));
}
