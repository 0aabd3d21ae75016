/** A database that cannot grow refuses writes and says so; what it acknowledged stays, and is there when there is room. */
import { CosmosClient } from '@azure/cosmos';
import { createServerProcesses, type ServerProcesses } from './server-process';
import { KEY } from './server-under-test';

const MAX_FILE_BYTES = 1024 * 1024;
const DOCUMENT_BYTES = 20_000;
/** Far more than fits. */
const DOCUMENTS = 200;

let servers: ServerProcesses;
beforeAll(async () => {
  servers = await createServerProcesses();
});
afterAll(() => servers?.stop());

const clientOf = (endpoint: string) =>
  new CosmosClient({
    endpoint,
    key: KEY,
    connectionPolicy: { retryOptions: { maxRetryAttemptCount: 0, maxWaitTimeInSeconds: 1 } },
  });

it('refuses what does not fit, serves what is there, and goes on when there is room', async () => {
  const tight = await servers.start({ maxFileBytes: MAX_FILE_BYTES });
  const client = clientOf(tight.endpoint);
  const { database } = await client.databases.createIfNotExists({ id: 'db' });
  const { container } = await database.containers.createIfNotExists({ id: 'full', partitionKey: '/pk' });
  const acknowledged: string[] = [];
  const refusals: { readonly code: unknown; readonly message: string }[] = [];
  for (let n = 0; n < DOCUMENTS && refusals.length < 3; n += 1) {
    const id = `document-${n}`;
    await container.items
      .create({ id, pk: 'p', text: 'x'.repeat(DOCUMENT_BYTES) })
      .then(() => acknowledged.push(id))
      .catch((error: { code: unknown; message: string }) => refusals.push(error));
  }
  expect(acknowledged.length).toBeGreaterThan(5);
  expect(refusals).toHaveLength(3);
  // 503, which every caller repeats, and with a word for the person who has to make room.
  for (const { code, message } of refusals) {
    expect(code).toBe(503);
    expect(message).toMatch(/cannot write its file/);
  }
  const query = () => container.items.query<{ id: string }>('SELECT c.id FROM c', { maxItemCount: 1_000 }).fetchAll();
  expect((await query()).resources.map(({ id }) => id).sort()).toEqual([...acknowledged].sort());
  expect((await fetch(`${tight.endpoint}/_dev/health`)).status).toBe(503);
  expect(tight.child.exitCode).toBeNull();
  client.dispose();
  tight.child.kill('SIGKILL');

  const roomy = await servers.start();
  const after = clientOf(roomy.endpoint);
  const same = after.database('db').container('full');
  expect((await fetch(`${roomy.endpoint}/_dev/health`)).status).toBe(200);
  const { resources } = await same.items
    .query<{ id: string }>('SELECT c.id FROM c', { maxItemCount: 1_000 })
    .fetchAll();
  expect(resources.map(({ id }) => id).sort()).toEqual([...acknowledged].sort());
  await same.items.create({ id: 'later', pk: 'p' });
  after.dispose();
}, 60_000);
