/**
 * Six runs share one process and a slow Vision: none waits for the chunks of another to be done, which takes them minutes.
 */
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { inStatus, asAnn, startRun } from '../control/control';
import { eventually, startTestStack, type TestStack, withLogs } from '../framework';
import { runOf } from '../main-job/client';

const CONTAINERS = ['one', 'two', 'three', 'four', 'five', 'six'];
const IMAGES = 400; // four chunks a run, all of them under way at once

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ vision: { rate: '5/s', latencyMs: 20 } });
  for (const container of CONTAINERS) {
    await seedContainer(stack.endpoints.blobConnectionString, container, IMAGES);
  }
}, 180_000);
afterAll(() => stack?.stop(), 60_000);

test(
  'each of six runs begins to call, and stops, while the others are at work',
  () =>
    withLogs(async () => {
      const ids: string[] = [];
      for (const container of CONTAINERS) ids.push(await startRun(stack, container));
      const callsOf = () => Promise.all(ids.map(async (id) => (await runOf(stack, id)).calls));
      await eventually(async () => (await callsOf()).every((calls) => calls > 1), {
        what: 'all six runs call',
        timeoutMs: 60_000,
      });
      for (const id of ids) await asAnn(stack).cancelRun({ params: { id } });
      for (const id of ids) await inStatus(stack, id, /^Cancelled$/, 60_000);
    }),
  180_000,
);
