/**
 * Stop means stop, whatever the phase and whatever does not answer. A proxy between the app and the storage emulator makes
 * looks slow, and listings fail or hang.
 *
 * 1. After a pause or a cancel no result is removed later than a second; the next run removes what is left.
 * 2. A listing that always fails, or never answers, gives way to a cancel in seconds, and the container is free.
 * 3. What a run does is bounded by no message: thousands of results with the longest names leave, and the report tells each.
 */
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Fault, type FaultProxy, startFaultProxy } from '../../../packages/bench/src/fault-proxy';
import { AZURITE_ACCOUNT, azuriteConnectionString } from '../../../packages/dev-stack/src/settings';
import { taken } from '../../../src/contract';
import { imageId } from '../../../src/domain/ids';
import { createCosmosClient } from '../../../src/gateways/cosmos/client';
import { createCosmosResults } from '../../../src/gateways/results/cosmos-results';
import { imageDocument } from '../../contract/gateways/documents';
import { eventually, type TestStack } from '../framework';
import { blobs, documents, ended, runToEnd, startRun, violations } from '../main-job/client';
import { asAnn, inStatus, runOf, seeded, slowStack } from './control';

const IMAGES = 200;
const CONTAINER = 'emptied';
/** 20 looks at a time: the removals take four seconds. */
const LOOK_MS = 400;
/** Their report is stored in two pieces. */
const GONE = 1_500;

let stack: TestStack;
let proxy: FaultProxy;

beforeAll(async () => {
  proxy = await startFaultProxy();
  const port = Number(new URL(proxy.url).port);
  const connectionString = azuriteConnectionString({ blob: port, queue: port });
  const appEnv = { AZURE_STORAGE_CONNECTION_STRING: connectionString, LOG_LEVEL: 'info' };
  stack = await slowStack({ vision: { latencyMs: 1 }, appEnv });
  proxy.forwardTo(BlobServiceClient.fromConnectionString(stack.endpoints.blobConnectionString).url);
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  await proxy?.stop();
}, 60_000);

/** Milliseconds after `sinceMs` at which each result was removed, in order. */
async function removedAfter(sinceMs: number): Promise<number[]> {
  const removed = [...(await documents(stack, CONTAINER)).values()].filter(({ status }) => status === 'removed');
  return removed.map(({ analyzedAt }) => Date.parse(analyzedAt) - sinceMs).sort((a, b) => a - b);
}

/** Says it while results are being removed; answers how many are gone once that has ended. */
async function amidRemovals(id: string, verb: 'pauseRun' | 'cancelRun', before: number): Promise<number> {
  await eventually(async () => (await removedAfter(0)).length > before, { what: 'removals', intervalMs: 50 });
  expect((await asAnn(stack)[verb]({ params: { id } })).status).toBe(202);
  const answeredAtMs = Date.now();
  await inStatus(stack, id, verb === 'pauseRun' ? /^Paused$/ : /^Cancelled$/, 10_000);
  await pause(1_000);
  const removed = await removedAfter(answeredAtMs);
  process.stdout.write(`${verb}: ${removed.length} removed, the last ${removed.at(-1)} ms after the answer\n`);
  expect(removed.at(-1) ?? 0).toBeLessThan(1_000);
  expect(removed.length).toBeLessThan(IMAGES);
  return removed.length;
}

test('1: removals stop within a second, and the next run goes on with them', async () => {
  await seeded(stack, CONTAINER, IMAGES);
  expect(await runToEnd(stack, CONTAINER)).toMatchObject({ status: 'Completed' });
  const names = [...(await documents(stack, CONTAINER)).keys()];
  for (const name of names) await blobs(stack, CONTAINER).getBlobClient(name).delete();
  proxy.obey((line): Fault => (line.startsWith('HEAD ') ? { holdMs: LOOK_MS } : 'pass'));
  const id = await startRun(stack, CONTAINER, { confirmShrink: true });
  const paused = await amidRemovals(id, 'pauseRun', 0);
  await asAnn(stack).resumeRun({ params: { id } });
  const cancelled = await amidRemovals(id, 'cancelRun', paused);
  expect((await runOf(stack, id)).removed).toBe(cancelled);
  proxy.obey(() => 'pass');
  const last = await runToEnd(stack, CONTAINER, { confirmShrink: true });
  expect(last).toMatchObject({ status: 'Completed', removed: IMAGES - cancelled });
  expect(await violations(stack, CONTAINER, last.id, 0, { confirmShrink: true })).toEqual([]);
}, 120_000);

test('3: thousands of removals with long names are reported whole, in pieces', async () => {
  const container = 'long-names';
  await seeded(stack, container, 1);
  await runToEnd(stack, container);
  const client = createCosmosClient(stack.endpoints.cosmos);
  const results = createCosmosResults({ client, account: AZURITE_ACCOUNT.name });
  const gone = Array.from({ length: GONE }, (_, n) => `${n}/`.padEnd(1_024, 'x'));
  const documents = gone.map((blob) =>
    imageDocument(container, blob, { id: imageId(AZURITE_ACCOUNT.name, container, blob) }),
  );
  await Promise.all(documents.map((document) => results.save(document, 'new')));
  await results.close();
  client.dispose();
  const beganMs = Date.now();
  const run = await ended(stack, await startRun(stack, container, { confirmShrink: true }), 240_000);
  process.stdout.write(`removed ${run.removed} in ${Date.now() - beganMs} ms\n`);
  expect(run).toMatchObject({ status: 'Completed', removed: GONE });
  const report = taken(await stack.client.getRunReport({ params: { id: run.id }, accept: 'application/x-ndjson' }));
  const lines = (await text(report)).trimEnd().split('\n');
  expect(lines).toHaveLength(GONE + 1);
}, 120_000);

const FAILING: Fault = { status: 500, headers: { 'x-ms-error-code': 'InternalError' }, body: '' };

test.each([
  ['fails', FAILING],
  ['hangs', { holdMs: 12_000 }],
] as const)(
  '2: a listing that always %s gives way to a cancel',
  async (how, fault) => {
    const container = `listing-${how}`;
    await seeded(stack, container, 3);
    proxy.obey((line): Fault => (line.includes(`/${container}?`) && line.includes('comp=list') ? fault : 'pass'));
    const id = await startRun(stack, container);
    const isStuck = async () => (how === 'hangs' ? pause(3_000, true) : (await runOf(stack, id)).waiting !== undefined);
    await eventually(isStuck, { what: 'the listing fails' });
    await pause(3_000); // between two attempts that are far apart
    await asAnn(stack).cancelRun({ params: { id } });
    const saidAtMs = Date.now();
    const run = await inStatus(stack, id, /^(Cancelled|Failed|Completed)/, 20_000);
    process.stdout.write(`a listing that ${how}: ${run.status} after ${Date.now() - saidAtMs} ms\n`);
    expect(run.status).toBe('Cancelled');
    expect(Date.now() - saidAtMs).toBeLessThan(8_000);
    proxy.obey(() => 'pass');
    expect(await runToEnd(stack, container)).toMatchObject({ status: 'Completed', calls: 3 });
  },
  60_000,
);
