/** Throughput as accounts give and refuse it, seen through the SDK. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Container, CosmosClient, type Database } from '@azure/cosmos';
import { type CosmosServer, startCosmosServer } from '../../../packages/dev-cosmos/src/server';
import { KEY, refusalOf } from './server-under-test';

const PARTITION = { partitionKey: { paths: ['/pk'] } };

let folder: string;
let server: CosmosServer;
let client: CosmosClient;

async function start(throughputLimit?: number): Promise<void> {
  server = await startCosmosServer({ port: 0, file: join(folder, 'cosmos.sqlite'), key: KEY, throughputLimit });
  client = new CosmosClient({ endpoint: server.endpoint, key: KEY });
}
async function stop(): Promise<void> {
  client.dispose();
  await server.close();
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cosmos-offers-'));
});
afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

test('containers share the throughput of their database, which outlives a restart; others have their own', async () => {
  await start();
  const { database: shared } = await client.databases.create({ id: 'shared', throughput: 1_000 });
  const { database: plain } = await client.databases.create({ id: 'plain' });
  const { container: sharing } = await shared.containers.create({ id: 'a', ...PARTITION });
  const { container: own } = await shared.containers.create({ id: 'b', ...PARTITION, throughput: 500 });
  const { container: first } = await plain.containers.create({ id: 'c', ...PARTITION });
  await own.replace({ id: 'b', ...PARTITION, defaultTtl: 60 });
  await stop();
  await start();
  const offered = async (owner: Pick<Database | Container, 'readOffer'>) => (await owner.readOffer()).resource?.content;
  const { offers } = client;
  expect(await offered(client.database('shared'))).toMatchObject({ offerThroughput: 1_000 });
  expect(await offered(client.database('plain'))).toBeUndefined();
  expect(await offered(client.database('shared').container(sharing.id))).toBeUndefined();
  expect(await offered(client.database('shared').container(own.id))).toMatchObject({ offerThroughput: 500 });
  expect(await offered(client.database('plain').container(first.id))).toMatchObject({ offerThroughput: 400 });
  expect((await offers.readAll().fetchAll()).resources).toHaveLength(3);
});

test('autoscale is told as its most and a tenth of it', async () => {
  await start();
  const { database } = await client.databases.create({ id: 'db', maxThroughput: 4_000 });
  expect((await database.readOffer()).resource?.content).toMatchObject({
    offerThroughput: 400,
    offerAutopilotSettings: { maxThroughput: 4_000 },
  });
});

test.each([
  [{ throughput: 300 }, /between 400 and 1000000 inclusive in increments of 100/],
  [{ throughput: 450 }, /increments of 100/],
  [{ maxThroughput: 1_500 }, /between 1000 and 1000000 inclusive in increments of 1000/],
])('%j is refused', async (offer, message) => {
  await start();
  const refusal = await refusalOf(client.databases.create({ id: 'db', ...offer }));
  expect([refusal.code, refusal.message]).toEqual([400, expect.stringMatching(message)]);
});

test('an account with a limit refuses what would exceed it, with its substatus', async () => {
  await start(1_000);
  const { database } = await client.databases.create({ id: 'db' });
  await database.containers.create({ id: 'a', ...PARTITION });
  await database.containers.create({ id: 'b', ...PARTITION });
  expect(await refusalOf(database.containers.create({ id: 'c', ...PARTITION }))).toMatchObject({
    code: 400,
    substatus: 1028,
    message: expect.stringMatching(/total throughput limit of 1000 RU\/s.*to 1200 RU\/s/),
  });
  await database.container('a').delete();
  await database.containers.create({ id: 'c', ...PARTITION });
});

test('what lies in a database or a container that is not there has no owner', async () => {
  await start();
  const inNothing = client.database('none').container('none');
  expect(await inNothing.item('a', 'a').read()).toMatchObject({ statusCode: 404, substatus: 1003 });
  const refusal = await refusalOf(client.database('none').containers.create({ id: 'c', ...PARTITION }));
  expect(refusal).toMatchObject({ code: 404, substatus: 1003 });
});
