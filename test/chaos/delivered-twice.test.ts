/**
 * A scheduler that dies forgets which chunks it has handed out and delivers those that still run a second time. The second
 * execution joins the first or waits for it: with 100 images in flight, not one call is repeated.
 */
import { isFinal } from '../../src/domain/run/run';
import { seedContainer } from '../../packages/bench/src/seed-container';
import { chunksOf } from '../../packages/dev-stack/src/replica';
import { eventually, startTestStack, withLogs } from '../integration/framework';
import { chunkSteps, ended, runOf, startRun, visionOf } from '../integration/main-job/client';
import { judge } from './oracle';

const IMAGES = 2_400;
const CHUNKS = 24;
const CONTAINER = 'delivered-twice';

test('chunks that are delivered twice repeat no call', async () => {
  const stack = await startTestStack({ vision: { latencyMs: 500 }, appEnv: { MAX_IMAGES_IN_FLIGHT: '100' } });
  try {
    await withLogs(async () => {
      await seedContainer(stack.endpoints.blobConnectionString, CONTAINER, IMAGES);
      const id = await startRun(stack, CONTAINER);
      await eventually(async () => ((await visionOf(stack).stats()).calls ?? 0) >= IMAGES * 0.3, {
        what: 'three images in ten are called',
        timeoutMs: 90_000,
        intervalMs: 20,
      });
      const { inFlight } = await visionOf(stack).stats();
      const killedAt = Date.now();
      await stack.kill('scheduler');
      await eventually(async () => isFinal((await runOf(stack, id)).status), { what: 'the end', timeoutMs: 150_000 });
      const endMs = Date.now() - killedAt;
      await ended(stack, id);
      const delivered = await chunksOf(stack.ports.sidecarMetrics);
      const chunks = await chunkSteps(stack, id);
      const verdict = await judge({ endpoints: stack.endpoints, container: CONTAINER, runId: id, alone: true });
      process.stdout.write(
        `scheduler killed with ${inFlight} calls in flight: end after ${endMs} ms, ${delivered} deliveries of ` +
          `${CHUNKS} chunks, ${verdict.repeated} calls repeated\n`,
      );
      expect(verdict.violations).toEqual([]);
      expect(verdict.calls).toBe(IMAGES);
      // Each delivery is told: the ones that worked, and the ones that joined them.
      const told = chunks.reduce((sum, { executions: begun, joined }) => sum + begun + joined, 0);
      expect(told).toBeLessThanOrEqual(delivered); // one that comes after the end of the run is not told
      expect(told > CHUNKS).toBe(delivered > CHUNKS);
      expect(chunks.every(({ executions: begun }) => begun === 1)).toBe(true);
    });
  } finally {
    await stack.stop();
  }
}, 400_000);
