import { createHash } from 'node:crypto';
import { taken } from '../../../src/contract';
import { createPictures } from '../../../packages/bench/src/pictures';
import { judge } from '../../chaos/oracle';
import { type TestStack, withLogs } from '../framework';
import { callsSeen, inStatus, asAnn, runOf, seeded, slowStack, startRun } from './control';

/** Enough for others to succeed while the flaky ones use up their attempts: else it would look like an outage. */
const IMAGES = 1_000;
const CONTAINER = 'retried';
const FLAKY = 7;
const REFUSED = 3;

/** Vision fails for the first images: some in a way that may pass, some for good. */
async function armFaults(stack: TestStack): Promise<void> {
  const pictureOf = await createPictures(CONTAINER);
  const faults = Array.from({ length: FLAKY + REFUSED }, (_, n) => ({
    behaviour: n < FLAKY ? 'status-500' : 'status-400',
    times: 1_000,
    match: createHash('sha256').update(pictureOf(n)).digest('hex'),
  }));
  const armed = await fetch(`${stack.endpoints.vision.endpoint}/_dev/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(faults),
  });
  expect([armed.status, await armed.text()]).toEqual([200, expect.any(String)]);
}

const management = (stack: TestStack, uri: string, method = 'GET') =>
  stack.api(uri.replace(/^https?:\/\/[^/]+/, ''), { method });

// Only what a retry covers is called; what Vision refuses for good is told and left. A purged run is gone, its results stay.
test('retry what failed, then forget the run by its own link', async () => {
  const stack = await slowStack({ appEnv: { LINK_TOKENS: 'on' } });
  try {
    await withLogs(async () => {
      await seeded(stack, CONTAINER, IMAGES);
      await armFaults(stack);
      const id = await startRun(stack, CONTAINER);
      const failed = await inStatus(stack, id, /^(Completed|Failed)/, 120_000);
      expect([failed.status, failed.counts.failed]).toEqual(['CompletedWithErrors', FLAKY + REFUSED]);
      expect((await asAnn(stack).pauseRun({ params: { id } })).status).toBe(409);

      await fetch(`${stack.endpoints.vision.endpoint}/_dev/faults`, { method: 'DELETE' });
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

      const next = await startRun(stack, CONTAINER);
      await inStatus(stack, next, /^(Completed|Failed)/);
      const { violations } = await judge({
        endpoints: stack.endpoints,
        container: CONTAINER,
        runId: next,
      });
      expect(violations).toEqual([]);

      const links = taken(await stack.client.startByTutorialPost({ query: { container: CONTAINER } }));
      await inStatus(stack, links.id, /^Completed/);
      const status = await management(stack, `${links.statusQueryGetUri}&showHistory=true`);
      const { runtimeStatus, historyEvents } = (await status.json()) as {
        runtimeStatus: string;
        historyEvents: object[];
      };
      expect([status.status, runtimeStatus, historyEvents.length > 4]).toEqual([200, 'Completed', true]);
      expect((await management(stack, links.statusQueryGetUri, 'DELETE')).status).toBe(403);
      const purged = await management(stack, links.purgeHistoryDeleteUri, 'DELETE');
      expect([purged.status, await purged.json()]).toEqual([200, { instancesDeleted: 1 }]);
      expect((await management(stack, links.statusQueryGetUri)).status).toBe(404);
      expect((await stack.client.getRun({ params: { id: links.id } })).status).toBe(404);
      const workflows = stack.workflows();
      expect(await workflows.status(links.id)).toBe('unknown');
      workflows.close();
    });
  } finally {
    await stack.stop();
  }
}, 300_000);
