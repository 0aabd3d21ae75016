import { taken } from '../../../src/contract';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { eventually, startTestStack, type TestStack } from '../framework';
import { ended, runOf, runToEnd, startRun, violations, visionOf } from '../main-job/client';

/**
 * What Vision may do to a run, and what the run makes of it. Every fault is armed before the run, fires (that is asserted)
 * and leaves nothing behind: what passes is retried, what does not fails the image with its reason, and nothing is lost.
 */
const IMAGES = 40;
/** A call is given up after this, so that a silent service costs seconds. */
const TIMEOUT_MS = 1_500;

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ appEnv: { VISION_TIMEOUT_MS: String(TIMEOUT_MS) } });
}, 120_000);
afterAll(() => stack?.stop(), 60_000);

/** Faults that pass: the run ends as if they had never been. */
const PASSING = [
  ['a burst of 500', { behaviour: 'status-500', times: 12 }],
  ['503 for one call in three', { behaviour: 'status-503', times: 1_000, share: 0.3 }],
  ['429 that names a second', { behaviour: '429', times: 3 }],
  ['429 that names a date', { behaviour: '429-date', times: 1 }],
  ['429 without Retry-After', { behaviour: '429-no-header', times: 3 }],
  ['429 that says now', { behaviour: '429-zero', times: 3 }],
  ['408 for a few', { behaviour: 'status-408', times: 3 }],
  ['400 that timed out', { behaviour: 'timeout-400', times: 3 }],
  ['a reset before any work', { behaviour: 'reset', times: 5 }],
  ['an answer of one byte a second', { behaviour: 'slow-loris', times: 3 }],
  ['no answer at all', { behaviour: 'hang', times: 3 }],
] as const;

test.each(PASSING)(
  '%s: every image is analysed',
  async (name, fault) => {
    const container = `passing-${name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}`;
    await seedContainer(stack.endpoints.blobConnectionString, container, IMAGES);
    const vision = visionOf(stack);
    await vision.arm(fault);
    const run = await runToEnd(stack, container);
    expect(run).toMatchObject({ status: 'Completed', counts: { total: IMAGES, succeeded: IMAGES, failed: 0 } });
    expect(run.calls).toBeLessThanOrEqual(IMAGES * 1.3 + 30); // no storm of retries
    // A call that was cut off may have been worked on: it is in Vision's book, and answered again.
    expect(await violations(stack, container, run.id, 20)).toEqual([]);
    await vision.disarm();
  },
  90_000,
);

/** What no Vision sends: never stored, never tried again, as it may have been billed. */
const LYING = ['html-200', 'truncated-json', 'proto', 'wrong-type', 'huge-json', 'empty-200'] as const;

test('answers that are none fail their images with a reason, and no other', async () => {
  const container = 'lying';
  await seedContainer(stack.endpoints.blobConnectionString, container, IMAGES);
  const vision = visionOf(stack);
  await vision.arm(...LYING.map((behaviour) => ({ behaviour, times: 1 })));
  const run = await runToEnd(stack, container);
  expect(run).toMatchObject({ status: 'CompletedWithErrors', counts: { total: IMAGES, failed: LYING.length } });
  expect(run.failureGroups).toMatchObject([{ reason: 'vision-bad-response', count: LYING.length, retryable: false }]);
  expect(await violations(stack, container, run.id, 20)).toEqual([]);
  await vision.disarm();
}, 90_000);

test('an outage of ten seconds costs probes, and no image', async () => {
  const container = 'outage';
  await seedContainer(stack.endpoints.blobConnectionString, container, IMAGES);
  const vision = visionOf(stack);
  await vision.arm({ behaviour: 'status-503', times: 1_000_000, forMs: 10_000 });
  const run = await ended(stack, await startRun(stack, container), 90_000);
  expect(run).toMatchObject({ status: 'Completed', counts: { succeeded: IMAGES } });
  expect(run.calls).toBeLessThanOrEqual(IMAGES * 2 + 20);
  expect(await violations(stack, container, run.id, 20)).toEqual([]);
  await vision.disarm();
}, 120_000);

test('a feature that the region lacks ends the run, and marks no image', async () => {
  const container = 'region';
  await seedContainer(stack.endpoints.blobConnectionString, container, IMAGES);
  const vision = visionOf(stack);
  await vision.arm({ behaviour: 'feature-not-in-region', times: 1_000_000 });
  const run = await runToEnd(stack, container);
  expect(run).toMatchObject({ status: 'Failed', counts: { succeeded: 0, failed: 0 } });
  expect(run.reason).toMatch(/^vision-unsupported-feature: .*'Caption' is not supported/);
  await vision.disarm();
  const next = await eventually(() => runToEnd(stack, container), { what: 'the next run starts' });
  expect(next).toMatchObject({ status: 'Completed', calls: IMAGES, counts: { succeeded: IMAGES } });
}, 90_000);

test('four images that Vision fails on every time cost five calls each, and seconds', async () => {
  const container = 'always-500';
  await seedContainer(stack.endpoints.blobConnectionString, container, 4);
  const vision = visionOf(stack);
  await vision.arm({ behaviour: 'status-500', times: 1_000_000 });
  const began = Date.now();
  const run = await runToEnd(stack, container);
  expect(run).toMatchObject({ status: 'CompletedWithErrors', calls: 20, counts: { failed: 4 } });
  expect(Date.now() - began).toBeLessThan(30_000);
  await vision.disarm();
  expect(await runToEnd(stack, container)).toMatchObject({ status: 'Completed', calls: 4, counts: { succeeded: 4 } });
}, 90_000);

test('a call volume that is used up is waited for until the time that Vision names', async () => {
  const container = 'volume';
  await seedContainer(stack.endpoints.blobConnectionString, container, 5);
  const vision = visionOf(stack);
  await vision.arm({ behaviour: 'out-of-volume', times: 1 });
  const id = await startRun(stack, container);
  const waits = async () => /asked to wait until/.test((await runOf(stack, id)).waiting ?? '');
  await eventually(waits, { what: 'the run says until when it waits' });
  const { pausedUntil } = taken(await stack.client.getQuota());
  const days = (Date.parse(String(pausedUntil)) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(22.5);
  expect(days).toBeLessThan(22.7);
  expect((await stack.client.setQuota({ body: { pausedUntil: null } })).status).toBe(200);
  expect((await stack.client.resumeRun({ params: { id } })).status).toBe(202);
  expect(await ended(stack, id)).toMatchObject({ status: 'Completed', counts: { succeeded: 5, failed: 0 } });
}, 90_000);

test('a wait of eleven days is kept without a process that waits, until somebody ends it', async () => {
  const container = 'eleven-days';
  await seedContainer(stack.endpoints.blobConnectionString, container, IMAGES);
  const vision = visionOf(stack);
  await vision.arm({ behaviour: '429-huge', times: 1 });
  const id = await startRun(stack, container);
  const waitsForDays = async () => /asked to wait until/.test((await runOf(stack, id)).waiting ?? '');
  await eventually(waitsForDays, { what: 'the run says until when it waits' });
  const { pausedUntil } = taken(await stack.client.getQuota());
  expect(Date.parse(String(pausedUntil)) - Date.now()).toBeGreaterThan(11 * 86_400_000);
  const { calls } = await vision.stats();
  await stack.kill('app'); // nobody has to remember it
  await stack.ready('app');
  expect(await waitsForDays()).toBe(true);
  expect(await vision.stats()).toMatchObject({ calls, insideRetryAfter: 0 });
  const lifted = await stack.client.setQuota({ body: { pausedUntil: null } });
  expect(taken(lifted).pausedUntil).toBeUndefined();
  expect((await stack.client.resumeRun({ params: { id } })).status).toBe(202);
  expect(await ended(stack, id)).toMatchObject({ status: 'Completed', counts: { succeeded: IMAGES } });
  // Vision still counts what its owner let go out by their own word.
  expect(await violations(stack, container, id, 20)).toEqual([expect.stringMatching(/^I6: /)]);
}, 90_000);
