/**
 * A watched container is analysed by itself, and only what is new in it.
 *
 * 1. A watch that looks once an hour analyses what is there when it begins.
 * 2. A blob, and a message of Event Grid about it on the queue: within seconds a run analyses this one alone.
 * 3. The same message again, garbage, and messages about other containers change nothing; the queue is emptied.
 * 4. A watch that is removed ends its workflow: a new blob and its message start nothing; watched again, it looks at once.
 * 5. A watch whose workflow is missing is reconciled: last, as that is looked for every half minute.
 */

import { CosmosClient } from '@azure/cosmos';
import { QueueClient } from '@azure/storage-queue';
import { taken } from '../../../src/contract';
import type { RunView } from '../../../src/domain/run/run';
import { createPictures } from '../../../packages/bench/src/pictures';
import { COMPONENTS, COSMOS } from '../../../src/names';
import { seeded } from '../control/control';
import { eventually, startTestStack, type TestStack } from '../framework';
import { blobs, ended, violations, visionOf } from '../main-job/client';

const PHOTOS = 'watched';
const IMAGES = 20;
const WATCH = { params: { container: PHOTOS } };

let stack: TestStack;
let queue: QueueClient;
let picture: (n: number) => Buffer;

beforeAll(async () => {
  stack = await startTestStack();
  await seeded(stack, PHOTOS, IMAGES);
  const pictureOf = await createPictures('watch');
  picture = (n) => Buffer.from(pictureOf(n));
  queue = new QueueClient(stack.endpoints.blobConnectionString, COMPONENTS.blobEvents);
}, 120_000);

afterAll(() => stack?.stop(), 60_000);

const runs = async (container = PHOTOS) => taken(await stack.client.listRuns({ query: { container } })).value;
const lastLook = async () => taken(await stack.client.getWatch(WATCH)).lastLook;
const emptied = () =>
  eventually(async () => ((await queue.getProperties()).approximateMessagesCount ?? 1) === 0, {
    what: 'the queue is empty',
    timeoutMs: 20_000,
  });

async function upload(name: string, n: number): Promise<void> {
  const bytes = picture(n);
  await blobs(stack, PHOTOS).getBlockBlobClient(name).upload(bytes, bytes.length);
}

/** As Event Grid writes it. */
async function announce(name: string, container = PHOTOS): Promise<void> {
  const event = {
    topic: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/devstoreaccount1',
    subject: `/blobServices/default/containers/${container}/blobs/${name}`,
    ...{ eventType: 'Microsoft.Storage.BlobCreated', id: `id-${name}`, eventTime: new Date().toISOString() },
    data: { api: 'PutBlob', contentType: 'image/jpeg', blobType: 'BlockBlob' },
    ...{ dataVersion: '', metadataVersion: '1' },
  };
  await queue.sendMessage(Buffer.from(JSON.stringify(event)).toString('base64'));
}

async function runNumber(count: number, timeoutMs = 30_000): Promise<RunView> {
  const all = await eventually(
    async () => {
      const now = await runs();
      return now.length >= count ? now : undefined;
    },
    { what: `run number ${count}`, timeoutMs },
  );
  expect(all).toHaveLength(count);
  return ended(stack, all[0]?.id ?? '');
}

test('1: what is there is analysed when the watch begins', async () => {
  const set = await stack.client.setWatch({ ...WATCH, body: { every: 3_600 } });
  expect(set).toMatchObject({ status: 200, body: { every: 3_600 } });
  const run = await runNumber(1);
  expect(run).toMatchObject({ status: 'Completed', counts: { succeeded: IMAGES } });
  expect(await lastLook()).toMatchObject({ outcome: 'started', run: run.id, found: { new: IMAGES } });
}, 60_000);

test('2: a new blob is analysed within seconds, and nothing else', async () => {
  const vision = visionOf(stack);
  await vision.forget();
  await upload('new-1.jpg', 1);
  const fromMs = Date.now();
  await announce('new-1.jpg');
  const run = await runNumber(2);
  expect(Date.parse(run.startedAt) - fromMs).toBeLessThan(10_000);
  process.stderr.write(`the run began ${Date.parse(run.startedAt) - fromMs} ms after the message\n`);
  expect(run).toMatchObject({ status: 'Completed', calls: 1, counts: { succeeded: 1, unchanged: IMAGES } });
  expect((await vision.stats()).calls).toBe(1);
  expect(await violations(stack, PHOTOS, run.id)).toEqual([]);
}, 60_000);

test('3: duplicates, garbage and other containers change nothing', async () => {
  for (let n = 0; n < 5; n++) await announce('new-1.jpg');
  for (const text of ['garbage!', '{"hello":', 'null', '[]', Buffer.from('garbage').toString('base64')]) {
    await queue.sendMessage(text);
  }
  await announce('x.jpg', 'elsewhere');
  const event = { specversion: '1.0', type: 'Microsoft.Storage.BlobDeleted', source: '/x', id: '1', subject: 'x' };
  await queue.sendMessage(JSON.stringify(event));
  await emptied();
  await eventually(async () => (await lastLook())?.outcome === 'unchanged', { what: 'a look that found nothing' });
  expect(stack.logs().app).toContain('blob-events.unreadable');
  expect(await runs()).toHaveLength(2);
}, 60_000);

test('4: removed, nothing starts by itself; watched again, it looks at once', async () => {
  expect((await stack.client.removeWatch(WATCH)).status).toBe(204);
  expect((await stack.client.getWatch(WATCH)).status).toBe(404);
  const workflows = stack.workflows();
  await eventually(async () => (await workflows.status(`watch-${PHOTOS}`)) === 'ended', { what: 'the workflow ends' });
  workflows.close();
  await upload('new-2.jpg', 2);
  await announce('new-2.jpg');
  await emptied();
  expect(await runs()).toHaveLength(2);
  expect((await stack.client.setWatch({ ...WATCH, body: { every: 'PT1H' } })).status).toBe(200);
  const run = await runNumber(3);
  expect(run).toMatchObject({ status: 'Completed', counts: { succeeded: 1, unchanged: IMAGES + 1 } });
  expect((await stack.client.removeWatch(WATCH)).status).toBe(204);
}, 60_000);

test('5: a watch without a workflow is reconciled', async () => {
  await seeded(stack, 'orphan', 2);
  const { endpoint, key } = stack.endpoints.cosmos;
  const client = new CosmosClient({ endpoint, key });
  const watch = { container: 'orphan', everySeconds: 3_600, since: new Date().toISOString() };
  await client
    .database(COSMOS.database)
    .container(COSMOS.runs.id)
    .items.create({ ...watch, id: 'orphan', kind: 'watch' });
  client.dispose();
  await eventually(async () => (await runs('orphan'))[0], {
    what: 'the watch is reconciled',
    timeoutMs: 60_000,
  });
  expect((await stack.client.removeWatch({ params: { container: 'orphan' } })).status).toBe(204);
}, 90_000);
