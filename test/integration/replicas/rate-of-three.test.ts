/**
 * What Vision allows, used by three replicas and four runs at a time.
 *
 * 1. The rate is used and kept, and runs share it by weight. A slice of `npm run fidelity`, with bounds for a busy machine.
 * 2. A Retry-After holds all three back, and goes on holding them when the keeper of the quota dies inside it.
 */
import { type AskOf, type Endpoints, taken } from '../../../src/contract';
import { fidelityOf } from '../../../packages/bench/src/rate-fidelity';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import type { CallTime, CallTotals } from '../../../packages/dev-vision/src/call-book';
import { ACTORS } from '../../../src/names';
import { inStatus, asAnn, startRun } from '../control/control';
import { eventually } from '../framework';
import { ask, runOf, visionOf } from '../main-job/client';
import { type ReplicaSet, type Member, startReplicaSet } from './replica-set';

const CONTAINERS = ['heavy', 'light-a', 'light-b', 'light-c'];
/** Four runs with four chunks at a time each: all three replicas get some. */
const IMAGES = 400;
const RATE = 10;
const SLICE_MS = 20_000;
const HEAVY = 3;

let replicas: ReplicaSet;
const ids: string[] = [];

beforeAll(async () => {
  replicas = await startReplicaSet(3, { vision: { rate: `${RATE}/s`, latencyMs: 50 } });
  for (const container of CONTAINERS) {
    await seedContainer(replicas.stack.endpoints.blobConnectionString, container, IMAGES);
  }
}, 240_000);

afterAll(() => replicas?.stop(), 60_000);

test('1: the rate is used and kept, and shared by weight', async () => {
  await replicas.told(async () => {
    const { stack } = replicas;
    for (const container of CONTAINERS) ids.push(await startRun(stack, container));
    const [heavy = ''] = ids;
    await setQuota({ weights: { [heavy]: HEAVY } });
    await eventually(async () => (await callsByRun()).every((calls) => calls > 0), { what: 'all four runs call' });
    await visionOf(stack).forget();
    const before = await callsByRun();
    await eventually(async () => spanOf(await book()) >= SLICE_MS, {
      what: 'the slice is over',
      timeoutMs: 2 * SLICE_MS,
    });
    const [seen, after] = [await book(), await callsByRun()];
    const { calls, ratio, throttledShare, insideRetryAfter } = fidelityOf(seen, RATE);
    const shares = after.map((count, run) => count - (before[run] ?? 0));
    const share = (shares[0] ?? 0) / shares.reduce((sum, count) => sum + count, 0);
    say(
      `${calls} calls in ${spanOf(seen)} ms, ratio ${ratio.toFixed(3)}, ${seen.throttled} times 429; calls by run ` +
        `${shares.join(', ')}: the heavy one has ${share.toFixed(2)}`,
    );
    expect(insideRetryAfter).toBe(0);
    expect(throttledShare).toBeLessThanOrEqual(0.02);
    expect(ratio).toBeGreaterThanOrEqual(0.9);
    expect(calls).toBeLessThanOrEqual(RATE * (spanOf(seen) / 1_000) + RATE); // what Vision's own bucket holds
    const fair = HEAVY / (HEAVY + CONTAINERS.length - 1);
    expect(Math.abs(share - fair)).toBeLessThanOrEqual(0.1);
  });
}, 120_000);

test('2: a Retry-After holds everybody back, also when the keeper of the quota dies', async () => {
  await replicas.told(async () => {
    const { stack } = replicas;
    const vision = visionOf(stack);
    await vision.forget();
    await vision.pace({ rate: '50/s' });
    await setQuota({ ratePerSecond: 30 });
    await callsReach(10);

    const quiet = await silenceAfter(3);
    await callsReach((await book()).calls + 10); // they go on by themselves

    const long = await silenceAfter(10, async () => {
      const pausedUntil = async () => taken(await stack.client.getQuota()).pausedUntil;
      await eventually(pausedUntil, { what: 'the keeper has heard of it', intervalMs: 20 });
      const keeper = await keeperOfTheQuota();
      await keeper.end('daprd');
      return keeper.name;
    });
    await callsReach((await book()).calls + 10, 60_000);
    say(`after a Retry-After of 3 s: ${quiet}; of 10 s: ${long}`);
    expect((await book()).insideRetryAfter).toBe(0);

    for (const id of ids) await asAnn(stack).cancelRun({ params: { id } });
    for (const id of ids) await inStatus(stack, id, /^Cancelled$/, 90_000);
    const worked = await Promise.all(replicas.members().map((member) => member.chunks()));
    say(`chunks by replica: ${worked.join(', ')}`);
    expect(worked.filter((count) => count > 0).length).toBeGreaterThan(1); // it was not one alone that obeyed
  });
}, 180_000);

/** Vision answers one call with 429; says when the last call before the end of the wait and the first after it began. */
async function silenceAfter(seconds: number, meanwhile: () => Promise<string> = async () => 'nobody'): Promise<string> {
  const vision = visionOf(replicas.stack);
  const { throttled } = await book();
  await vision.arm({ behaviour: `429-${seconds}`, times: 1 });
  await eventually(async () => (await book()).throttled > throttled, { what: 'a 429', intervalMs: 20 });
  const killed = await meanwhile();
  const announcedAt = (await book()).times.findLast(([, , status]) => status === 429)?.[0] ?? 0;
  const starts = async () =>
    (await book()).times.filter(([, , status]) => status !== 429).map(([at]) => at - announcedAt);
  await eventually(async () => (await starts()).some((at) => at >= seconds * 1_000), {
    what: 'the first call after it',
    timeoutMs: 60_000,
  });
  const inside = (await starts()).filter((at) => at > 0 && at < seconds * 1_000);
  const after = (await starts()).filter((at) => at >= seconds * 1_000);
  return `last call inside at ${Math.max(0, ...inside)} ms, first after it at ${Math.min(...after)} ms, ${killed} was killed`;
}

/** Whose sidecar hosts the quota's actor now. */
async function keeperOfTheQuota(): Promise<Member> {
  const headers = { 'dapr-api-token': replicas.stack.endpoints.sidecarToken };
  for (const member of replicas.members()) {
    const metadata = (await ask(`${member.sidecar}/v1.0/metadata`, { headers })).body as {
      readonly actorRuntime?: { readonly activeActors?: readonly { readonly type: string; readonly count?: number }[] };
    };
    const active = metadata.actorRuntime?.activeActors ?? [];
    if (active.some(({ type, count = 0 }) => type === ACTORS.visionQuota && count > 0)) return member;
  }
  throw new Error('Nobody keeps the quota.');
}

interface Book extends CallTotals {
  readonly times: readonly CallTime[];
}

async function book(): Promise<Book> {
  const { body } = await ask(`${replicas.stack.endpoints.vision.endpoint}/stats?detail=times`);
  return body as unknown as Book;
}

function spanOf({ firstCallAt, lastCallAt }: CallTotals): number {
  return (lastCallAt ?? 0) - (firstCallAt ?? 0);
}

async function callsByRun(): Promise<number[]> {
  return Promise.all(ids.map(async (id) => (await runOf(replicas.stack, id)).calls));
}

async function callsReach(calls: number, timeoutMs = 30_000): Promise<void> {
  await eventually(async () => (await book()).calls >= calls, { what: `${calls} calls`, timeoutMs, intervalMs: 20 });
}

async function setQuota(change: NonNullable<AskOf<Endpoints['setQuota']>['body']>): Promise<void> {
  const { status } = await replicas.stack.client.setQuota({ body: change });
  expect(status).toBe(200);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
