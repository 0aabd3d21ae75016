/**
 * Dapr's actors and workflows on the Cosmos development server, through a real daprd and the product's own component.
 *
 * 1. Actor state is written as one transaction, all or nothing, and survives the sidecar.
 * 2. A workflow goes on as new and carries an early event along; no history outgrows its bound, and a purge leaves no row.
 * 3. A turn that schedules 120 activities is refused as Cosmos DB refuses it, for ever: why pages have 20 chunks.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, startTestStack, type TestStack } from '../framework';
import { ask } from '../main-job/client';
import { type EngineState, engineBatches, historyIn, MOST_ROWS, openEngineState } from './engine-state';
import { PROBE_ID, type Probe, startProbe } from './probe';

let stack: TestStack;
let probe: Probe;
let state: EngineState;

beforeAll(async () => {
  stack = await startTestStack({ withApp: false });
  state = openEngineState(stack.endpoints.cosmos);
  probe = await startProbe(stack);
}, 120_000);

afterAll(async () => {
  state?.close();
  await probe?.stop();
  await stack?.stop();
}, 60_000);

const rowsOf = (instance: string) => state.rows(PROBE_ID, instance);
const workflow = async (instance: string) => (await ask(`${probe.sidecar}/v1.0/workflows/dapr/${instance}`)).body;

test('1: actor state', async () => {
  const keeper = `${probe.sidecar}/v1.0/actors/Keeper/one`;
  const write = (operations: readonly object[]) =>
    ask(`${keeper}/state`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(operations),
    });
  const upsert = (key: string, value: unknown) => ({ operation: 'upsert', request: { key, value } });
  const read = (key: string) => ask(`${keeper}/state/${key}`);
  const wake = () => ask(`${keeper}/method/wake`, { method: 'PUT', body: '{}' });

  await eventually(async () => (await wake()).status === 200, { what: 'the actor is placed' });
  expect((await read('a')).status).toBe(204);
  expect((await write([upsert('a', { n: 1, text: 'größer' }), upsert('b', [1, 2]), upsert('c', 3)])).status).toBe(204);
  expect(await read('a')).toMatchObject({ status: 200, body: { n: 1, text: 'größer' } });
  expect((await write([upsert('a', { n: 2 }), { operation: 'delete', request: { key: 'c' } }])).status).toBe(204);
  expect((await read('a')).body).toEqual({ n: 2 });
  expect((await read('c')).status).toBe(204);

  const tooMany = await write(Array.from({ length: 101 }, (_, n) => upsert(`k${n}`, n)));
  expect(tooMany.status).toBeGreaterThanOrEqual(400);
  expect((await read('k0')).status).toBe(204);
  expect((await write(Array.from({ length: 100 }, (_, n) => upsert(`k${n}`, { n })))).status).toBe(204);
  await probe.restart();
  await eventually(async () => (await wake()).status === 200, { what: 'the actor is placed again' });
  expect((await read('k99')).body).toEqual({ n: 99 });
  expect((await read('a')).body).toEqual({ n: 2 });
}, 60_000);

test('2: a workflow that goes on as new, and its purge', async () => {
  const [rounds, width] = [4, 20];
  const before = await engineBatches(stack.endpoints.cosmos.endpoint);
  expect(await probe.workflows.schedule('rounds', 'rounds-1', { round: 1, rounds, width })).toBe('scheduled');
  expect(await probe.workflows.schedule('rounds', 'rounds-1', { round: 1, rounds, width })).toBe('exists');
  await probe.workflows.raiseEvent('rounds-1', 'early', { word: 'carried along' });
  let most = 0;
  await eventually(
    async () => {
      most = Math.max(most, historyIn(await rowsOf('rounds-1')));
      return (await workflow('rounds-1')).runtimeStatus === 'COMPLETED';
    },
    { what: 'the last round is done', intervalMs: 50, timeoutMs: 60_000 },
  );
  const { properties } = (await workflow('rounds-1')) as { properties: Record<string, string> };
  expect(JSON.parse(properties['dapr.workflow.output'] ?? '')).toEqual({
    round: rounds,
    heard: { word: 'carried along' },
  });
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(MOST_ROWS);
  expect((await rowsOf('rounds-1')).length).toBeGreaterThan(0);
  expect((await ask(`${probe.sidecar}/v1.0/workflows/dapr/rounds-1/purge`, { method: 'POST' })).status).toBe(202);
  expect(await rowsOf('rounds-1')).toEqual([]);
  expect(await probe.workflows.status('rounds-1')).toBe('unknown');
  const after = await engineBatches(stack.endpoints.cosmos.endpoint);
  process.stdout.write(
    `${rounds} rounds of ${width} activities: at most ${most} history rows seen, ${after.batches - before.batches} batches\n`,
  );
}, 90_000);

test('3: a turn of 120 activities is refused, again and again', async () => {
  const REFUSAL = 'the transaction contains more operations than supported by the state store';
  const refusals = () => probe.log().split(REFUSAL).length - 1;
  const before = refusals(); // what step 1 provoked
  // Not more: a turn that takes in K results needs 2 K operations, and all may come at once.
  await probe.workflows.schedule('wide', 'wide-40', { width: 40 });
  const done = async () => (await workflow('wide-40')).runtimeStatus === 'COMPLETED';
  await eventually(done, { what: '40 at once are done' });
  expect(refusals()).toBe(before);

  await probe.workflows.schedule('wide', 'wide-120', { width: 120 });
  await eventually(() => refusals() >= before + 2, { what: 'the sidecar says that the turn is refused, and again' });
  await pause(2_000);
  expect((await workflow('wide-120')).runtimeStatus).not.toBe('COMPLETED');
  expect(historyIn(await rowsOf('wide-120'))).toBe(0);
}, 90_000);
