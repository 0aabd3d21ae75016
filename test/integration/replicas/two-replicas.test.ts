/**
 * Two replicas of the app, each with a sidecar of its own.
 *
 * 1. The work spreads, and when one of them is killed in the middle the other ends the run: nothing is lost, and no more
 *    is called again than was in flight in the one that died.
 * 2. One that joins in the middle gets its share, and one that leaves in order gives its back: no call is repeated.
 */
import { isFinal, type RunView } from '../../../src/domain/run/run';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { type Replica, startReplica } from '../../../packages/dev-stack/src/replica';
import { judge } from '../../chaos/oracle';
import { eventually, startTestStack, type TestStack, withLogs } from '../framework';
import { activityIds, runOf, startRun, visionOf } from '../main-job/client';

const IMAGES = 1_200;
const IN_FLIGHT = 20;
const APP_ENV = { MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT) };
const ENDS_WITHIN_MS = 150_000;

let stack: TestStack;
const replicas: Replica[] = [];

beforeAll(async () => {
  stack = await startTestStack({ vision: { latencyMs: 100 }, appEnv: APP_ENV });
  for (const container of ['killed', 'joined']) {
    await seedContainer(stack.endpoints.blobConnectionString, container, IMAGES);
  }
}, 240_000);

afterAll(async () => {
  for (const replica of replicas) await replica.stop();
  await stack?.stop();
}, 60_000);

test('1: one of two is killed in the middle', async () => {
  await told(async () => {
    const second = await join('second');
    const id = await startRun(stack, 'killed');
    await calls(0.4);
    await eventually(async () => (await second.chunks()) > 0, { what: 'both replicas work', intervalMs: 50 });
    const [chunks, before] = [await second.chunks(), (await visionOf(stack).stats()).calls];
    await second.kill();
    const killedAt = Date.now();
    const run = await end(id, 'killed');
    const endedAfterMs = Date.now() - killedAt;
    const { violations, repeated } = await verdict('killed', id, IN_FLIGHT);
    say(
      `the second was killed after ${chunks} chunks, at ${before} calls of ${IMAGES}: end after ${endedAfterMs} ms, ` +
        `${repeated} repeated`,
    );
    expect(violations).toEqual([]);
    expect(run.counts).toMatchObject({ total: IMAGES, succeeded: IMAGES });
    expect(before).toBeLessThan(IMAGES); // it died in the middle
  });
}, 300_000);

test('2: one joins in the middle and leaves again', async () => {
  await told(async () => {
    await visionOf(stack).forget();
    const id = await startRun(stack, 'joined');
    await calls(0.1);
    const second = await join('third');
    await eventually(async () => (await second.chunks()) > 0, { what: 'the new replica works', timeoutMs: 60_000 });
    const before = (await visionOf(stack).stats()).calls;
    await second.stop();
    const run = await end(id, 'joined');
    const { violations, repeated } = await verdict('joined', id, 0);
    say(`a replica joined, and left at ${before} calls of ${IMAGES}: ${repeated} repeated`);
    expect(violations).toEqual([]);
    expect(run.counts).toMatchObject({ total: IMAGES, succeeded: IMAGES });
  });
}, 300_000);

async function join(name: string): Promise<Replica> {
  const replica = await startReplica({ home: stack.home, name, appEnv: APP_ENV });
  replicas.push(replica);
  return replica;
}

async function calls(share: number): Promise<void> {
  await eventually(async () => ((await visionOf(stack).stats()).calls ?? 0) >= IMAGES * share, {
    what: `${share * 100} % of the images are called`,
    timeoutMs: 90_000,
    intervalMs: 20,
  });
}

async function end(id: string, container: string): Promise<RunView> {
  const run = await eventually(
    async () => {
      const view = await runOf(stack, id);
      return isFinal(view.status) && view;
    },
    { what: 'the run ends', timeoutMs: ENDS_WITHIN_MS, intervalMs: 250 },
  );
  await eventually(async () => (await activityIds(stack, container)).includes(`${id}/run-completed`), {
    what: 'run-completed arrives',
    timeoutMs: 60_000,
  });
  return run as RunView;
}

function verdict(container: string, runId: string, repeatable: number) {
  return judge({ endpoints: stack.endpoints, container, runId, repeatable });
}

/** What the replicas said belongs to a failure. */
async function told(scenario: () => Promise<void>): Promise<void> {
  try {
    await withLogs(scenario);
  } catch (error) {
    if (error instanceof Error) error.message += `\n${replicas.map((replica) => replica.logs()).join('\n')}`;
    throw error;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
