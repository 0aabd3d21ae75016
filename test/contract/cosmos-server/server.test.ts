/** Keys, throttling, time to live, restart: what surrounds the documents. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CosmosClient } from '@azure/cosmos';
import { startCosmosServer } from '../../../packages/dev-cosmos/src/server';
import { KEY, refusalOf, type ServerUnderTest, startServerUnderTest } from './server-under-test';
import { send } from './wire';

let server: ServerUnderTest;
beforeAll(async () => {
  server = await startServerUnderTest();
});
afterAll(() => server.stop());

const health = () => fetch(`${server.endpoint}/_dev/health`);

describe('keys', () => {
  it('answers 401 to another key, to no key and to a signature for something else', async () => {
    const key = Buffer.from('another key').toString('base64');
    const stranger = new CosmosClient({ endpoint: server.endpoint, key });
    expect((await refusalOf(stranger.databases.readAll().fetchAll())).code).toBe(401);
    stranger.dispose();
    expect((await fetch(`${server.endpoint}/dbs`)).status).toBe(401);
    const replayed = { authorization: 'type%3Dmaster%26ver%3D1.0%26sig%3Dabc' };
    expect((await send(server.endpoint, { method: 'GET', path: '/dbs', headers: replayed })).status).toBe(401);
  });

  it('accepts a link signed escaped as well as plain', async () => {
    await server.container('Signed', '/pk');
    const headers = { 'x-ms-documentdb-partitionkey': '["a"]' };
    const answer = await send(server.endpoint, { method: 'GET', path: '/dbs/db/colls/Signed/docs/a%7Cb', headers });
    expect(answer.status).toBe(404);
  });

  it('is healthy without a key, and refuses to start with one that is no base64', async () => {
    expect((await health()).status).toBe(200);
    await expect(startCosmosServer({ port: 0, file: server.file, key: 'not base64!' })).rejects.toThrow(/base64/);
  });
});

describe('throttling', () => {
  it('refuses the armed number of requests with 429, which the SDK retries by itself', async () => {
    const container = await server.container('Throttled', '/pk');
    const arm = { method: 'POST', body: JSON.stringify({ count: 2, retryAfterMs: 40 }) };
    await fetch(`${server.endpoint}/_dev/faults`, arm);
    const started = performance.now();
    expect((await container.items.upsert({ id: 'a', pk: 'a' })).statusCode).toBe(201);
    expect(performance.now() - started).toBeGreaterThanOrEqual(75);
    expect(await (await fetch(`${server.endpoint}/_dev/faults`)).json()).toEqual({ remaining: 0, refused: 2 });
    await fetch(`${server.endpoint}/_dev/faults`, {
      method: 'POST',
      body: JSON.stringify({ count: 1, retryAfterMs: 70 }),
    });
    const refused = await send(server.endpoint, { method: 'GET', path: '/dbs' });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-ms-retry-after-ms')).toBe('70');
    expect((await fetch(`${server.endpoint}/_dev/faults`, { method: 'POST', body: '{}' })).status).toBe(400);
  });
});

it('can start throttled', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cosmos-throttled-'));
  const throttle = { count: 1, retryAfterMs: 5 };
  const throttled = await startCosmosServer({ port: 0, file: join(folder, 'c.sqlite'), key: KEY, throttle });
  const ask = () => send(throttled.endpoint, { method: 'GET', path: '/dbs' });
  expect([(await ask()).status, (await ask()).status]).toEqual([429, 200]);
  await throttled.close();
  await rm(folder, { recursive: true, force: true });
});

describe('time to live', () => {
  it('hides expired documents from reads, queries and counts, and lets them be created again', async () => {
    const container = await server.container('Fading', '/pk', -1);
    await container.items.create({ id: 'soon', pk: 'a', ttl: 1 });
    await container.items.create({ id: 'never', pk: 'a' });
    expect((await container.item('soon', 'a').read()).statusCode).toBe(200);
    await sleep(2050);
    expect((await container.item('soon', 'a').read()).statusCode).toBe(404);
    expect((await container.items.query('SELECT VALUE c.id FROM c').fetchAll()).resources).toEqual(['never']);
    expect((await container.items.query('SELECT VALUE COUNT(1) FROM c').fetchAll()).resources).toEqual([1]);
    expect((await refusalOf(container.item('soon', 'a').delete())).code).toBe(404);
    expect((await container.items.create({ id: 'soon', pk: 'a' })).statusCode).toBe(201);
  });

  it('follows a changed default of the container, and ignores ttl where none is set', async () => {
    const container = await server.container('Changing', '/pk');
    await container.items.create({ id: 'own', pk: 'a', ttl: 1 });
    await sleep(2050);
    expect((await container.item('own', 'a').read()).statusCode).toBe(200);
    await container.replace({ id: 'Changing', partitionKey: { paths: ['/pk'] }, defaultTtl: 1000 });
    expect((await container.item('own', 'a').read()).statusCode).toBe(404);
    expect((await refusalOf(container.items.create({ id: 'bad', pk: 'a', ttl: 0 }))).code).toBe(400);
  });
});

it('keeps databases, containers and documents over a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cosmos-restart-'));
  const options = { port: 0, file: join(folder, 'cosmos.sqlite'), key: KEY };
  const first = await startCosmosServer(options);
  const before = new CosmosClient({ endpoint: first.endpoint, key: KEY });
  const { database } = await before.databases.create({ id: 'kept' });
  const { container } = await database.containers.create({ id: 'things', partitionKey: '/pk', defaultTtl: -1 });
  const { etag } = await container.items.create({ id: 'a', pk: 'p', n: 1 });
  await container.items.query('SELECT * FROM c WHERE c.n = 1').fetchAll();
  before.dispose();
  await first.close();

  const second = await startCosmosServer(options);
  const after = new CosmosClient({ endpoint: second.endpoint, key: KEY });
  const things = after.database('kept').container('things');
  expect((await things.item('a', 'p').read()).etag).toBe(etag);
  expect((await things.read()).resource).toMatchObject({ defaultTtl: -1 });
  expect((await things.items.query('SELECT VALUE c.id FROM c WHERE c.n = 1').fetchAll()).resources).toEqual(['a']);
  after.dispose();
  await second.close();
  await rm(folder, { recursive: true, force: true });
});
