import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { taken } from '../../../src/contract';
import { judge } from '../../chaos/oracle';
import { withLogs } from '../framework';
import { callsSeen, inStatus, asAnn, seeded, slowStack, startedAfter, startRun } from './control';

const IMAGES = 600;
const CONTAINER = 'paused';

// I9: after a pause no call starts later than one lease (1 s); what was sent is saved. The pause outlives every process.
test('pause in the middle, restart everything, resume', async () => {
  const home = mkdtempSync(join(tmpdir(), 'contactsheet-'));
  let stack = await slowStack({ home });
  try {
    await withLogs(async () => {
      await seeded(stack, CONTAINER, IMAGES);
      const id = await startRun(stack, CONTAINER);
      await callsSeen(stack, IMAGES * 0.3);
      const told = await asAnn(stack).pauseRun({ params: { id }, body: { reason: 'lunch' } });
      const pausedAtMs = Date.now();
      expect(told).toMatchObject({ status: 202, body: { status: 'Pausing', reason: 'lunch' } });

      const paused = await inStatus(stack, id, /^Paused$/);
      await pause(2_000);
      const late = await startedAfter(stack, pausedAtMs);
      const calls = await callsSeen(stack);
      process.stdout.write(
        `paused at ${calls} of ${IMAGES} calls: ${late.length} later, last after ${late.at(-1) ?? 0} ms\n`,
      );
      expect(late.at(-1) ?? 0).toBeLessThan(1_000);
      expect(calls).toBeLessThan(IMAGES);
      expect([paused.counts.inFlight, paused.counts.succeeded, paused.calls]).toEqual([0, calls, calls]);
      expect((await asAnn(stack).pauseRun({ params: { id } })).body.status).toBe('Paused');

      await stack.stop();
      stack = await slowStack({ home });
      expect((await inStatus(stack, id, /^Paused$/)).reason).toBe('lunch');
      const resumed = await asAnn(stack).resumeRun({ params: { id } });
      expect([resumed.status, resumed.body.status]).toEqual([202, 'Running']);
      const ended = await inStatus(stack, id, /^(Completed|Failed|Cancelled)/, 120_000);
      expect([ended.status, ended.calls, ended.reason]).toEqual(['Completed', IMAGES, undefined]);
      expect(await callsSeen(stack)).toBe(IMAGES - calls); // local Vision counts from its start
      expect((await asAnn(stack).resumeRun({ params: { id } })).status).toBe(409);

      const { violations } = await judge({
        endpoints: stack.endpoints,
        container: CONTAINER,
        runId: id,
        alone: true,
      });
      expect(violations).toEqual([]);
      const audit = taken(await stack.client.getAudit({ params: { id } }));
      expect(audit.value).toMatchObject([
        { who: 'ann', verb: 'pause', reason: 'lunch', from: 'Running', to: 'Pausing' },
        { who: 'ann', verb: 'resume', from: 'Paused', to: 'Running' },
      ]);
    });
  } finally {
    await stack.stop();
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}, 300_000);
