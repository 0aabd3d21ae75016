/** The change feed of latest versions and feed ranges, through the real SDK and as other clients ask for them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChangeFeedStartFrom, type Container, CosmosClient, StatusCodes } from '@azure/cosmos';
import Database from 'libsql';
import { effectivePartitionKey } from '../../../packages/dev-cosmos/src/effective-partition-key';
import { startCosmosServer } from '../../../packages/dev-cosmos/src/server';
import { KEY, type ServerUnderTest, startServerUnderTest } from './server-under-test';
import { send } from './wire';

let server: ServerUnderTest;
beforeAll(async () => {
  server = await startServerUnderTest();
});
afterAll(() => server.stop());

interface Item {
  readonly id: string;
  readonly pk: string;
  readonly n: number;
  readonly _lsn: number;
}

/** What is new, and where the feed stands after it. */
async function drain(container: Container, changeFeedStartFrom: ChangeFeedStartFrom, maxItemCount = 4) {
  const iterator = container.items.getChangeFeedIterator<Item>({ changeFeedStartFrom, maxItemCount });
  const items: Item[] = [];
  let continuation = '';
  for await (const page of iterator.getAsyncIterator()) {
    continuation = page.continuationToken;
    if (page.statusCode === StatusCodes.NotModified) break;
    expect(page.result.length).toBeLessThanOrEqual(maxItemCount);
    items.push(...page.result);
  }
  return { items, ids: items.map(({ id }) => id), continuation };
}

const numbered = (n: number) => ({ id: `i${n}`, pk: `p${n % 3}`, n });

it('gives each document once, in the order of its last write, and then only what is new', async () => {
  const container = await server.container('Fed', '/pk');
  for (let n = 0; n < 10; n += 1) await container.items.create(numbered(n));
  await container.items.upsert({ ...numbered(2), n: 200 });
  await container.item('i3', 'p0').delete();
  const first = await drain(container, ChangeFeedStartFrom.Beginning());
  expect(first.ids).toEqual(['i0', 'i1', 'i4', 'i5', 'i6', 'i7', 'i8', 'i9', 'i2']);
  expect(first.items.at(-1)).toMatchObject({ n: 200, _lsn: expect.any(Number) });
  const again = ChangeFeedStartFrom.Continuation(first.continuation);
  expect((await drain(container, again)).ids).toEqual([]);
  await container.items.batch(
    ['a', 'b', 'c', 'd', 'e'].map((id) => ({ operationType: 'Upsert', resourceBody: { id, pk: 'p0' } })),
    'p0',
  );
  expect((await drain(container, again)).ids).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('stays in the partition that it is asked for', async () => {
  const container = await server.container('FedByPartition', '/pk');
  for (let n = 0; n < 9; n += 1) await container.items.create(numbered(n));
  const first = await drain(container, ChangeFeedStartFrom.Beginning('p1'), 2);
  expect(first.ids).toEqual(['i1', 'i4', 'i7']);
  await container.items.create(numbered(9));
  await container.items.create(numbered(10));
  expect((await drain(container, ChangeFeedStartFrom.Continuation(first.continuation))).ids).toEqual(['i10']);
});

it('starts now, or at a time', async () => {
  const container = await server.container('FedFrom', '/pk');
  await container.items.create(numbered(1));
  const now = await drain(container, ChangeFeedStartFrom.Now());
  expect(now.ids).toEqual([]);
  await container.items.create(numbered(2));
  expect((await drain(container, ChangeFeedStartFrom.Continuation(now.continuation))).ids).toEqual(['i2']);
  const hour = 3_600_000;
  expect((await drain(container, ChangeFeedStartFrom.Time(new Date(Date.now() - hour)))).ids).toEqual(['i1', 'i2']);
  expect((await drain(container, ChangeFeedStartFrom.Time(new Date(Date.now() + hour)))).ids).toEqual([]);
});

it('gives a place to everything of an older file, and never one twice over a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cosmos-feed-'));
  const options = { port: 0, file: join(folder, 'cosmos.sqlite'), key: KEY };
  const open = async () => {
    const running = await startCosmosServer(options);
    const client = new CosmosClient({ endpoint: running.endpoint, key: KEY });
    const { database } = await client.databases.createIfNotExists({ id: 'db' });
    const { container } = await database.containers.createIfNotExists({ id: 'old', partitionKey: '/pk' });
    const close = async () => {
      client.dispose();
      await running.close();
    };
    return { container, close };
  };
  const first = await open();
  for (let n = 0; n < 3; n += 1) await first.container.items.create(numbered(n));
  await first.close();
  const older = new Database(options.file);
  older.exec('ALTER TABLE docs_1 DROP COLUMN lsn');
  older.close();

  const second = await open();
  const { ids, continuation } = await drain(second.container, ChangeFeedStartFrom.Beginning());
  expect(ids).toEqual(['i0', 'i1', 'i2']);
  await second.container.items.create(numbered(3));
  const later = await drain(second.container, ChangeFeedStartFrom.Continuation(continuation));
  expect(later.ids).toEqual(['i3']);
  await second.container.item('i3', 'p0').delete();
  await second.close();

  const third = await open();
  await third.container.items.create(numbered(4));
  expect((await drain(third.container, ChangeFeedStartFrom.Continuation(later.continuation))).ids).toEqual(['i4']);
  await third.close();
  await rm(folder, { recursive: true, force: true });
});

describe('on the wire', () => {
  const docs = '/dbs/db/colls/Wire/docs';
  const feed = (headers: Record<string, string> = {}) =>
    send(server.endpoint, { method: 'GET', path: docs, headers: { 'a-im': 'Incremental feed', ...headers } });
  beforeAll(async () => {
    const definition = { id: 'Wire', partitionKey: { paths: ['/pk'], kind: 'Hash', version: 2 } };
    await send(server.endpoint, { method: 'POST', path: '/dbs/db/colls', body: definition });
    const container = server.database.container('Wire');
    for (let n = 0; n < 9; n += 1) await container.items.create(numbered(n));
  });

  it('says 304 with its place when nothing is new', async () => {
    const all = await feed();
    expect(all).toMatchObject({ status: 200, body: { _count: 9 } });
    const etag = all.headers.get('etag') ?? '';
    const rest = await feed({ 'if-none-match': etag });
    expect(rest).toMatchObject({ status: 304, body: undefined });
    expect(rest.headers.get('etag')).toBe(etag);
  });

  it.each([
    ['the mode of all versions', { 'a-im': 'Full-Fidelity Feed' }, 400, 'change feed mode'],
    ['a place of something else', { 'if-none-match': '"abc"' }, 400, 'no place'],
    ['a time that is none', { 'if-modified-since': 'yesterday' }, 400, 'no date'],
    ['half a range', { 'x-ms-start-epk': 'xyz' }, 400, 'hexadecimal'],
    ['a range that is not there', { 'x-ms-documentdb-partitionkeyrangeid': '7' }, 410, 'range 7'],
  ])('refuses %s', async (_, headers, status, named) => {
    expect(await feed(headers)).toMatchObject({ status, body: { message: expect.stringContaining(named) } });
  });

  it('gives a part of the keys by their hashes', async () => {
    const hash = effectivePartitionKey('"p1"');
    const ids = (body: unknown) => (body as { Documents: Item[] }).Documents.map(({ pk }) => pk);
    const point = { 'x-ms-start-epk': hash, 'x-ms-end-epk': `${hash}00`, 'x-ms-max-item-count': '2' };
    expect(ids((await feed(point)).body)).toEqual(['p1', 'p1']);
    const below = await feed({ 'x-ms-start-epk': '', 'x-ms-end-epk': hash });
    const above = await feed({ 'x-ms-start-epk': hash, 'x-ms-end-epk': 'FF' });
    const counts = [below, above].map(({ body }) => (body === undefined ? 0 : ids(body).length));
    expect(counts.reduce((sum, count) => sum + count)).toBe(9);
    expect(ids(above.body)).toContain('p1');
  });

  it('says of ranges what is new since an ETag: 304 for the one that never changes', async () => {
    const path = '/dbs/db/colls/Wire/pkranges';
    const ask = (headers: Record<string, string>) => send(server.endpoint, { method: 'GET', path, headers });
    const first = await ask({ 'a-im': 'Incremental feed' });
    expect(first).toMatchObject({ status: 200, body: { PartitionKeyRanges: [{ id: '0' }] } });
    const etag = first.headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    expect((await ask({ 'a-im': 'Incremental feed', 'if-none-match': etag })).status).toBe(304);
    expect((await ask({ 'a-im': 'Incremental feed', 'if-none-match': '"other"' })).status).toBe(200);
    expect((await ask({ 'if-none-match': etag })).status).toBe(200);
  });
});

// As @azure/cosmos 4.9.3 (hashV2PartitionKey) and azure-cosmos 4.17.0 for Python compute them.
it.each([
  ['"p3"', '271119C968E6C80FA31EC9F0033A0CBB'],
  ['""', '32E9366E637A71B4E710384B2F4970A0'],
  ['"a string of more than sixteen bytes, äö😀"', '3FFF8D0C5F436AF91CB3278065623792'],
  ['0', '155B95BEDAC4B1E9EC1CDC9BB0DDDE58'],
  ['-1.5', '151793206780805FF6E1DCAE6C787B6A'],
  ['1e21', '00F95F627D6884BCDB7D661839BEB420'],
  ['true', '0E711127C5B5A8E4726AC6DD306A3E59'],
  ['false', '2FE1BE91E90A3439635E0E9E37361EF2'],
  ['null', '378867E4430E67857ACE5C908374FE16'],
  ['{}', '11622DAA78F835834610ABE56EFF5CB5'],
])('hashes the key %s as the clients do', (key, hash) => {
  expect(effectivePartitionKey(key)).toBe(hash);
});
