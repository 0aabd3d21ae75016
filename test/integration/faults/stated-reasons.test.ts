/**
 * I5: a run that goes on and does not move says why, long before 60 s are over, for as long as it does not move.
 * DOWN_SECONDS=70 keeps what is down away for longer than that.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Refusal, taken } from '../../../src/contract';
import { isFinal, type RunView } from '../../../src/domain/run/run';
import { SILENCE_MS } from '../../../src/domain/run/run-silence';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { eventually, startTestStack, type TestStack, withLogs } from '../framework';
import { ended, runOf, startRun, visionOf } from '../main-job/client';

const IMAGES = 300;
const DOWN_MS = Number(process.env.DOWN_SECONDS ?? 5) * 1_000;
/** Nobody speaks for a lost scheduler: the run says so when it has been silent for `SILENCE_MS`. */
const SCHEDULER_DOWN_MS = Math.max(DOWN_MS, SILENCE_MS + 8_000);
/** No run is silent for so long: half of what is allowed, and what `SILENCE_MS` adds. */
const MOST_SILENCE_MS = 45_000;

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ vision: { latencyMs: 20 }, appEnv: { MAX_IMAGES_IN_FLIGHT: '8' } });
}, 120_000);
afterAll(() => stack?.stop(), 60_000);

async function begun(container: string): Promise<{ id: string; seen: Watch }> {
  await seedContainer(stack.endpoints.blobConnectionString, container, IMAGES);
  const id = await startRun(stack, container);
  return { id, seen: watch(id) };
}

test(
  'Vision is down',
  () =>
    withLogs(async () => {
      await visionOf(stack).arm({ behaviour: 'status-503', times: 1_000_000 });
      const { id, seen } = await begun('vision-down');
      await seen.reason(/^Vision does not answer: vision-unavailable/);
      await pause(DOWN_MS);
      await visionOf(stack).disarm();
      expect(await ended(stack, id, 150_000)).toMatchObject({ status: 'Completed', counts: { succeeded: IMAGES } });
      expect(seen.end()).toBeLessThan(MOST_SILENCE_MS);
    }),
  240_000,
);

test(
  'the scheduler is down',
  () =>
    withLogs(async () => {
      const { id, seen } = await begun('no-scheduler');
      await eventually(async () => (await runOf(stack, id)).counts.succeeded > 20, {
        what: 'it has begun',
        intervalMs: 20,
      });
      const down = stack.down('scheduler', SCHEDULER_DOWN_MS);
      await seen.reason(/has not been heard of for \d+ s: the workflow engine/);
      await down;
      expect(await ended(stack, id, 150_000)).toMatchObject({ status: 'Completed', counts: { succeeded: IMAGES } });
      expect(seen.end()).toBeLessThan(MOST_SILENCE_MS);
    }),
  300_000,
);

test('an approval is awaited', async () => {
  await seedContainer(stack.endpoints.blobConnectionString, 'to-approve', 3);
  const started = taken(
    await stack.client.startRun({ params: { container: 'to-approve' }, body: { approval: 'always' } }),
  );
  const seen = watch(started.id);
  await seen.reason(/^Its owner has to approve it before \d{4}-/);
  await stack.client.declineRun({ params: { id: started.id } });
  seen.end();
}, 90_000);

test('the database is down: the run cannot be read, and the answer says why', async () => {
  const { id, seen } = await begun('no-database');
  await eventually(async () => (await runOf(stack, id)).counts.succeeded > 20, {
    what: 'it has begun',
    intervalMs: 20,
  });
  const down = stack.down('cosmos', 10_000);
  const problem = await eventually(
    async () => {
      const answer = await stack.client.getRun({ params: { id } }).catch((error: unknown) => error);
      return answer instanceof Refusal && answer.status === 503 ? answer.problem : undefined;
    },
    { what: 'a problem is answered', timeoutMs: 60_000 },
  );
  expect(problem.detail).toMatch(/Cosmos/);
  await down;
  expect(await ended(stack, id, 120_000)).toMatchObject({ status: 'Completed', counts: { succeeded: IMAGES } });
  expect(seen.end()).toBeLessThan(MOST_SILENCE_MS);
}, 240_000);

// The last one: what Vision asked for holds for the runs after it, too.
test(
  'Vision asks to wait for longer than it may',
  () =>
    withLogs(async () => {
      const { id, seen } = await begun('long-wait');
      await eventually(async () => (await runOf(stack, id)).counts.succeeded > 20, { what: 'it has begun' });
      const vision = visionOf(stack);
      await vision.arm({ behaviour: '429-huge', times: 1 });
      await seen.reason(/^Vision asked to wait/);
      await stack.client.cancelRun({ params: { id } });
      expect(await ended(stack, id, 90_000)).toMatchObject({ status: 'Cancelled' });
      expect(seen.end()).toBeLessThan(MOST_SILENCE_MS);
      await vision.disarm();
    }),
  240_000,
);

interface Watch {
  /** Resolves when the run says this, within the minute it has. */
  reason(pattern: RegExp): Promise<void>;
  /** The longest time it neither moved nor said why. */
  end(): number;
}

/** Of a refusal; 0 where nobody answered. */
function statusIn(error: unknown): { readonly status: number } {
  return { status: error instanceof Refusal ? error.status : 0 };
}

/** Looks at a run five times a second, as its owner does. A problem that is answered says why, too. */
function watch(id: string): Watch {
  let [longest, since, before] = [0, Date.now(), ''];
  let last: RunView | undefined;
  let isOver = false;
  const look = async () => {
    while (!isOver) {
      const answer = await stack.client.getRun({ params: { id } }).catch(statusIn);
      const { status } = answer;
      last = answer.status === 200 && 'body' in answer ? (answer.body as RunView) : undefined;
      const now = JSON.stringify([last?.status, last?.counts, last?.calls]);
      const isSaid = (last?.waiting ?? '') !== '' || status >= 400 || (last !== undefined && isFinal(last.status));
      if (now !== before || isSaid) since = Date.now();
      before = now;
      longest = Math.max(longest, Date.now() - since);
      await pause(200);
    }
  };
  void look();
  return {
    reason: async (pattern) => {
      await eventually(() => pattern.test(last?.waiting ?? ''), { what: `the run says ${pattern}`, timeoutMs: 60_000 });
    },
    end: () => {
      isOver = true;
      process.stdout.write(`longest silence of ${last?.container}: ${longest} ms\n`);
      return longest;
    },
  };
}
