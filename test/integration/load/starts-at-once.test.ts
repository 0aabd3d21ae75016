import { ENDPOINTS, type Endpoints, type HeardOf, pathOf, taken } from '../../../src/contract';
import { isFinal } from '../../../src/domain/run/run';
import { createPictures } from '../../../packages/bench/src/pictures';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { judge } from '../../chaos/oracle';
import { startTestStack, type TestStack, withLogs } from '../framework';
import { blobs, ended } from '../main-job/client';

const CONTAINERS = Array.from({ length: 20 }, (_, n) => `crowded-${n}`);
const STARTS = 200;
const IMAGES = 6;
const LATER_IMAGES = 4;
/** Calls a second while starts come in: no run of the wave can end before the last start has been answered. */
const HELD = 0.05;
const RELEASED = 1_000;

// One active run a container (the container actor decides): whoever comes second is told which run it is.
test('200 starts at once on 20 containers: one run each, 409 for the rest, and again when they have ended', async () => {
  const stack = await startTestStack();
  try {
    await withLogs(async () => {
      await Promise.all(CONTAINERS.map((name) => seedContainer(stack.endpoints.blobConnectionString, name, IMAGES)));
      const first = await wave(stack);
      await settle(stack, first, IMAGES);

      await Promise.all(CONTAINERS.map((name) => addImages(stack, name)));
      const second = await wave(stack);
      for (const [name, id] of second) expect(id).not.toBe(first.get(name));
      await settle(stack, second, LATER_IMAGES);
    });
  } finally {
    await stack.stop();
  }
}, 300_000);

/** Sends all starts at once, checks every answer, and returns the run of each container. */
async function wave(stack: TestStack): Promise<ReadonlyMap<string, string>> {
  await setRate(stack, HELD);
  const began = Date.now();
  const starts = Array.from({ length: STARTS }, async (_, n) => {
    const container = CONTAINERS[n % CONTAINERS.length] as string;
    const answer = await stack.client.startRun({ params: { container } });
    return { container, answer, tookMs: Date.now() - began };
  });
  const answers = await Promise.all(starts);
  const lastMs = Math.max(...answers.map(({ tookMs }) => tookMs));
  process.stdout.write(`${STARTS} starts answered within ${lastMs} ms\n`);
  const begun = answers.filter(({ answer }) => answer.status === 202);
  const runs = new Map(begun.map(({ container, answer }) => [container, taken(answer).id]));
  expect([begun.length, runs.size]).toEqual([CONTAINERS.length, CONTAINERS.length]);
  for (const { container, answer } of answers.filter(({ answer }) => answer.status !== 202)) {
    expectRefusal(answer, stack.endpoints.api, runs.get(container));
  }
  expect((await activeRuns(stack)).sort()).toEqual([...runs.values()].sort());
  return runs;
}

function expectRefusal(
  { status, headers, body }: HeardOf<Endpoints['startRun']>,
  api: string,
  run: string | undefined,
): void {
  expect({ status, code: headers.get('x-ms-error-code'), body }).toEqual({
    status: 409,
    code: 'run-active',
    body: expect.objectContaining({
      code: 'run-active',
      existingRun: run,
      links: { existingRun: `${api}${pathOf(ENDPOINTS.getRun, { id: run })}` },
    }),
  });
}

/** Lets them go, and asks the oracle once each has ended. */
async function settle(stack: TestStack, runs: ReadonlyMap<string, string>, calls: number): Promise<void> {
  await setRate(stack, RELEASED);
  for (const [container, runId] of runs) {
    const { status, calls: made } = await ended(stack, runId, 120_000);
    expect({ container, status, made }).toEqual({ container, status: 'Completed', made: calls });
    const { violations } = await judge({ endpoints: stack.endpoints, container, runId });
    expect({ container, violations }).toEqual({ container, violations: [] });
  }
  expect(await activeRuns(stack)).toEqual([]);
}

async function activeRuns(stack: TestStack): Promise<string[]> {
  const { value } = taken(await stack.client.listRuns({ query: { maxpagesize: 100 } }));
  return value.filter(({ status }) => !isFinal(status)).map(({ id }) => id);
}

async function addImages(stack: TestStack, container: string): Promise<void> {
  const pictureOf = await createPictures(`later ${container}`);
  const client = blobs(stack, container);
  const uploads = Array.from({ length: LATER_IMAGES }, (_, n) =>
    client.getBlockBlobClient(`later-${n}.jpg`).uploadData(pictureOf(n)),
  );
  await Promise.all(uploads);
}

async function setRate(stack: TestStack, ratePerSecond: number): Promise<void> {
  const { status } = await stack.client.setQuota({ body: { ratePerSecond } });
  expect(status).toBe(200);
}
