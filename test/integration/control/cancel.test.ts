import { setTimeout as pause } from 'node:timers/promises';
import { taken } from '../../../src/contract';
import { addInto } from '../../../src/domain/container/totals';
import { summaryOf } from '../../../src/use-cases/containers/container-queries';
import { documentsOf, judge } from '../../chaos/oracle';
import { type TestStack, withLogs } from '../framework';
import { asAnn, callsSeen, inStatus, seeded, slowStack, startedAfter, startRun } from './control';

const IMAGES = 600;
const CONTAINER = 'cancelled';

/** The totals that the API shows are those of the documents. */
async function expectExactTotals(stack: TestStack): Promise<void> {
  const recount: Record<string, number> = {};
  for (const { contribution } of await documentsOf(stack.endpoints.cosmos, CONTAINER)) addInto(recount, contribution);
  const shown = taken(await stack.client.getContainer({ params: { container: CONTAINER } }));
  expect(shown.images).toEqual(summaryOf(CONTAINER, recount).images);
  expect(shown.tags).toEqual(summaryOf(CONTAINER, recount).tags);
}

// I9: after a cancel no call starts later than one lease (1 s). What is saved stays, and the container is free at once.
test('cancel again and again, then let it finish', async () => {
  const stack = await slowStack();
  try {
    await withLogs(async () => {
      await seeded(stack, CONTAINER, IMAGES);
      for (let round = 1; round <= 5; round++) {
        const id = await startRun(stack, CONTAINER);
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
        await expectExactTotals(stack);
        expect((await asAnn(stack).cancelRun({ params: { id } })).status).toBe(202);
        const refused = await asAnn(stack).resumeRun({ params: { id } });
        expect(refused).toMatchObject({ status: 409, body: { runStatus: 'Cancelled' } });
      }
      const id = await startRun(stack, CONTAINER);
      await inStatus(stack, id, /^Completed/, 120_000);
      const { violations, repeated } = await judge({ endpoints: stack.endpoints, container: CONTAINER, runId: id });
      expect([violations, repeated]).toEqual([[], 0]);
    });
  } finally {
    await stack.stop();
  }
}, 300_000);
