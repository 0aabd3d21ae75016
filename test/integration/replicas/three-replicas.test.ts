/**
 * Three replicas of the app, each with a sidecar of its own, on one machine.
 *
 * 1. The work spreads over all three; one is killed in the middle, one leaves in order, one joins: nothing is lost, the
 *    totals are exact, and no more is called again than was in flight in the one that was killed.
 * 2. The same bytes under many names in two containers, worked on at the same moment by different replicas, are called
 *    once.
 */
import { isFinal, type RunView } from '../../../src/domain/run/run';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { judge } from '../../chaos/oracle';
import { eventually } from '../framework';
import { ended, runOf, startRun, violations, visionOf } from '../main-job/client';
import { type ReplicaSet, type Member, startReplicaSet } from './replica-set';

const IMAGES = 3_000;
const IN_FLIGHT = 20;
const NAMES = 400;
const PICTURES = 40;

let replicas: ReplicaSet;

beforeAll(async () => {
  const appEnv = { MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT) };
  replicas = await startReplicaSet(3, { vision: { latencyMs: 200 }, appEnv });
  const { blobConnectionString } = replicas.stack.endpoints;
  await seedContainer(blobConnectionString, 'shared', IMAGES);
  for (const container of ['twin-a', 'twin-b']) {
    await seedContainer(blobConnectionString, container, NAMES, 'twins', PICTURES);
  }
}, 240_000);

afterAll(() => replicas?.stop(), 60_000);

test('1: all three work; one is killed, one leaves, one joins', async () => {
  await replicas.told(async () => {
    const { stack } = replicas;
    const vision = visionOf(stack);
    const [, second, third] = replicas.members() as [Member, Member, Member];
    const id = await startRun(stack, 'shared');
    await eventually(async () => (await chunks()).every((count) => count > 0), {
      what: 'all three have worked on a chunk',
      timeoutMs: 90_000,
      intervalMs: 50,
    });
    const [spread, before] = [await chunks(), (await vision.stats()).calls ?? 0];
    await second.kill();
    const killedAt = Date.now();
    const [fourth] = await Promise.all([replicas.join(), replicas.leave(third)]);
    await eventually(async () => (await fourth.chunks()) > 0, { what: 'the new one works', timeoutMs: 60_000 });
    const joined = (await vision.stats()).calls ?? 0;
    await eventually(async () => isFinal((await runOf(stack, id)).status), { what: 'the end', timeoutMs: 120_000 });
    const endMs = Date.now() - killedAt;
    const run = await ended(stack, id);
    const verdict = await judge({
      endpoints: stack.endpoints,
      container: 'shared',
      runId: id,
      repeatable: IN_FLIGHT,
    });
    say(
      `chunks by replica ${spread.join(', ')}; one killed at ${before} calls of ${IMAGES}, one left, one joined and had ` +
        `worked by ${joined}: end ${endMs} ms after the kill, ${verdict.repeated} repeated`,
    );
    expect(verdict.violations).toEqual([]);
    expect(run.counts).toMatchObject({ total: IMAGES, succeeded: IMAGES });
    expect(before).toBeLessThan(IMAGES); // it died in the middle
    expect(await verified('shared')).toMatchObject({ clean: true });
  });
}, 300_000);

test('2: the same bytes are called once, whoever meets them', async () => {
  await replicas.told(async () => {
    const { stack } = replicas;
    await replicas.complete();
    const vision = visionOf(stack);
    await vision.forget();
    const before = await chunks();
    const ids = await Promise.all(['twin-a', 'twin-b'].map((container) => startRun(stack, container)));
    const runs: RunView[] = [];
    for (const id of ids) runs.push(await ended(stack, id));
    const worked = (await chunks()).map((count, i) => count - (before[i] ?? 0));
    const { calls, unique, repeated } = await vision.stats();
    say(`${PICTURES} pictures under ${2 * NAMES} names: ${calls} calls; chunks by replica ${worked.join(', ')}`);
    expect({ calls, unique, repeated }).toEqual({ calls: PICTURES, unique: PICTURES, repeated: 0 });
    expect(worked.filter((count) => count > 0).length).toBeGreaterThan(1); // more than one replica met them
    for (const { id, container, counts, status } of runs) {
      expect({ status, counts }).toMatchObject({ status: 'Completed', counts: { total: NAMES, succeeded: NAMES } });
      expect(await violations(stack, container, id)).toEqual([]);
    }
    const [paid, spared] = [sum(runs, 'calls'), sum(runs, 'cacheHits')];
    expect(paid).toBe(PICTURES);
    expect(paid + spared).toBe(2 * NAMES);
  });
}, 180_000);

function chunks(): Promise<number[]> {
  return Promise.all(replicas.members().map((member) => member.chunks()));
}

async function verified(container: string): Promise<unknown> {
  const { status, body } = await replicas.stack.client.verifyContainer({ params: { container } });
  expect(status).toBe(200);
  return body;
}

function sum(runs: readonly RunView[], field: 'calls' | 'cacheHits'): number {
  return runs.reduce((all, run) => all + run[field], 0);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
