/**
 * What people do to a run. The tests share one stack: each has a container of its own, and lets Vision forget what it has seen.
 */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createPictures } from '../../../packages/bench/src/pictures';
import { taken } from '../../../src/contract';
import { addInto } from '../../../src/domain/container/totals';
import { summaryOf } from '../../../src/use-cases/containers/container-queries';
import { documentsOf, judge } from '../../chaos/oracle';
import { type TestStack, withLogs } from '../framework';
import { visionOf } from '../main-job/client';
import { asAnn, callsSeen, inStatus, runOf, seeded, slowStack, startedAfter, startRun } from './control';

let stack: TestStack;

beforeAll(async () => {
  stack = await slowStack({ appEnv: { LINK_TOKENS: 'on' } });
}, 120_000);

beforeEach(() => visionOf(stack).forget());

afterAll(() => stack?.stop(), 60_000);

const scenario = (name: string, work: () => Promise<void>) => test(name, () => withLogs(work), 300_000);

/** The totals that the API shows are those of the documents. */
async function expectExactTotals(container: string): Promise<void> {
  const recount: Record<string, number> = {};
  for (const { contribution } of await documentsOf(stack.endpoints.cosmos, container)) addInto(recount, contribution);
  const shown = taken(await stack.client.getContainer({ params: { container } }));
  expect(shown.images).toEqual(summaryOf(container, recount).images);
  expect(shown.tags).toEqual(summaryOf(container, recount).tags);
}

// I9: after a cancel no call starts later than one lease (1 s). What is saved stays, and the container is free at once.
scenario('cancel again and again, then let it finish', async () => {
  const container = 'cancelled';
  await seeded(stack, container, 600);
  for (let round = 1; round <= 5; round++) {
    const id = await startRun(stack, container);
    await callsSeen(stack, round * 80);
    const isHeld = round === 3; // a cancel of a paused run wakes it
    if (isHeld) {
      await asAnn(stack).pauseRun({ params: { id } });
      await inStatus(stack, id, /^Paused$/);
    }
    const told = await asAnn(stack).cancelRun({ params: { id }, body: { reason: 'wrong folder' } });
    const cancelledAtMs = Date.now();
    expect([told.status, told.body.status]).toEqual([202, 'Cancelling']);
    const ended = await inStatus(stack, id, /^(Cancelled|Completed|Failed)/, 30_000);
    expect([ended.status, ended.reason]).toEqual(['Cancelled', 'wrong folder']);
    await pause(500);
    const late = await startedAfter(stack, cancelledAtMs);
    process.stdout.write(`cancelled: ${late.length} calls later, last after ${late.at(-1) ?? 0} ms\n`);
    expect(late.at(-1) ?? 0).toBeLessThan(1_000);
    expect(ended.counts.succeeded).toBe(ended.calls);
    await expectExactTotals(container);
    expect((await asAnn(stack).cancelRun({ params: { id } })).status).toBe(202);
    const refused = await asAnn(stack).resumeRun({ params: { id } });
    expect(refused).toMatchObject({ status: 409, body: { runStatus: 'Cancelled' } });
  }
  const id = await startRun(stack, container);
  await inStatus(stack, id, /^Completed/, 120_000);
  const { violations, repeated } = await judge({ endpoints: stack.endpoints, container, runId: id });
  expect([violations, repeated]).toEqual([[], 0]);
});

scenario('paused and resumed many times in a row', async () => {
  const container = 'restless';
  await seeded(stack, container, 1_200);
  const id = await startRun(stack, container);
  await callsSeen(stack, 20);
  let rounds = 0;
  for (; rounds < 25 && Number((await runOf(stack, id)).counts.succeeded) < 900; rounds++) {
    expect((await asAnn(stack).pauseRun({ params: { id } })).status).toBe(202);
    if (rounds % 10 === 9) await inStatus(stack, id, /^Paused$/);
    expect((await asAnn(stack).resumeRun({ params: { id } })).status).toBe(202);
    if (rounds % 5 === 0) await pause(150);
  }
  process.stdout.write(`${rounds} times paused and resumed\n`);
  expect(rounds).toBeGreaterThan(20);
  await inStatus(stack, id, /^(Completed|Failed)/, 120_000);
  const { violations, repeated } = await judge({ endpoints: stack.endpoints, container, runId: id, alone: true });
  expect([violations, repeated]).toEqual([[], 0]);
});

/** Enough for others to succeed while the flaky ones use up their attempts: else it would look like an outage. */
const RETRIED = { container: 'retried', images: 1_000 };
const FLAKY = 7;
const REFUSED = 3;

/** Vision fails for the first images: some in a way that may pass, some for good. */
async function armFaults(): Promise<void> {
  const pictureOf = await createPictures(RETRIED.container);
  const faults = Array.from({ length: FLAKY + REFUSED }, (_, n) => ({
    behaviour: n < FLAKY ? ('status-500' as const) : ('status-400' as const),
    times: 1_000,
    match: createHash('sha256').update(pictureOf(n)).digest('hex'),
  }));
  expect((await visionOf(stack).arm(...faults)).status).toBe(200);
}

const management = (uri: string, method = 'GET') => stack.api(uri.replace(/^https?:\/\/[^/]+/, ''), { method });

// Only what a retry covers is called; what Vision refuses for good is told and left. A purged run is gone, its results stay.
scenario('retry what failed, then forget the run by its own link', async () => {
  const { container, images } = RETRIED;
  await seeded(stack, container, images);
  await armFaults();
  const id = await startRun(stack, container);
  const failed = await inStatus(stack, id, /^(Completed|Failed)/, 120_000);
  expect([failed.status, failed.counts.failed]).toEqual(['CompletedWithErrors', FLAKY + REFUSED]);
  expect((await asAnn(stack).pauseRun({ params: { id } })).status).toBe(409);

  await visionOf(stack).disarm();
  const forecast = await asAnn(stack).retryRun({ params: { id }, body: { dryRun: true } });
  expect(forecast).toMatchObject({ status: 200, body: { willRetry: FLAKY, willNot: [{ count: REFUSED }] } });
  const before = await callsSeen(stack);
  const retry = await asAnn(stack).retryRun({ params: { id } });
  if (retry.status !== 202) throw new Error(`The retry did not start: ${retry.status}`);
  expect(retry.body.retryOf).toBe(id);
  const ended = await inStatus(stack, retry.body.id, /^(Completed|Failed)/);
  expect([ended.status, ended.counts.succeeded, ended.calls]).toEqual(['Completed', FLAKY, FLAKY]);
  expect(await callsSeen(stack)).toBe(before + FLAKY);
  expect((await runOf(stack, id)).retriedBy).toBe(retry.body.id);

  const next = await startRun(stack, container);
  await inStatus(stack, next, /^(Completed|Failed)/);
  const { violations } = await judge({ endpoints: stack.endpoints, container, runId: next });
  expect(violations).toEqual([]);

  const links = taken(await stack.client.startByTutorialPost({ query: { container } }));
  await inStatus(stack, links.id, /^Completed/);
  const status = await management(`${links.statusQueryGetUri}&showHistory=true`);
  const { runtimeStatus, historyEvents } = (await status.json()) as {
    runtimeStatus: string;
    historyEvents: object[];
  };
  expect([status.status, runtimeStatus, historyEvents.length > 4]).toEqual([200, 'Completed', true]);
  expect((await management(links.statusQueryGetUri, 'DELETE')).status).toBe(403);
  const purged = await management(links.purgeHistoryDeleteUri, 'DELETE');
  expect([purged.status, await purged.json()]).toEqual([200, { instancesDeleted: 1 }]);
  expect((await management(links.statusQueryGetUri)).status).toBe(404);
  expect((await stack.client.getRun({ params: { id: links.id } })).status).toBe(404);
  const workflows = stack.workflows();
  expect(await workflows.status(links.id)).toBe('unknown');
  workflows.close();
});
