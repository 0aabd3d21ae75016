/** The seven request shapes of Dapr's state.azure.cosmosdb (azcosmos 1.0.3), header for header. */
import { type ServerUnderTest, startServerUnderTest } from './server-under-test';
import { send, type WireRequest } from './wire';

const DOCS = '/dbs/db/colls/EngineState/docs';
const PARTITION = 'contactsheet||dapr.internal.workflow||run-1';
const key = (row: string) => `${PARTITION}||${row}`;
const item = (row: string, value: unknown = { n: 1 }) => ({
  id: key(row),
  value,
  isBinary: false,
  partitionKey: PARTITION,
  _etag: '',
  _ts: 0,
});
const partition = { 'x-ms-documentdb-partitionkey': JSON.stringify([PARTITION]) };
const minimal = { prefer: 'return=minimal' };

let server: ServerUnderTest;
const ask = (request: WireRequest) => send(server.endpoint, request);
const read = (row: string) =>
  ask({ method: 'GET', path: `${DOCS}/${encodeURIComponent(key(row))}`, headers: partition });
const upsert = (row: string, headers: Record<string, string> = {}, body: unknown = item(row)) =>
  ask({
    method: 'POST',
    path: DOCS,
    headers: { ...partition, ...minimal, 'x-ms-documentdb-is-upsert': 'true', ...headers },
    body,
  });
const batch = (operations: unknown[]) =>
  ask({
    method: 'POST',
    path: DOCS,
    headers: {
      ...partition,
      ...minimal,
      'x-ms-cosmos-is-batch-request': 'True',
      'x-ms-cosmos-batch-atomic': 'True',
      'x-ms-cosmos-batch-ordered': 'True',
    },
    body: operations,
  });
const set = (row: string, more: object = {}) => ({ operationType: 'Upsert', resourceBody: item(row), ...more });
const codes = (body: unknown) => (body as { statusCode: number }[]).map((result) => result.statusCode);

beforeAll(async () => {
  server = await startServerUnderTest();
  await server.container('EngineState', '/partitionKey', -1);
});
afterAll(() => server.stop());

it('1: the account names locations at the address it was asked at, over plain http', async () => {
  const { status, body } = await ask({ method: 'GET', path: '/' });
  const location = { databaseAccountEndpoint: `${server.endpoint}/` };
  expect(status).toBe(200);
  expect(body).toMatchObject({
    writableLocations: [location],
    readableLocations: [location],
    enableMultipleWriteLocations: false,
    userConsistencyPolicy: { defaultConsistencyLevel: 'Session' },
  });
});

it('2: reads the container, 404 when it is missing', async () => {
  const found = await ask({ method: 'GET', path: '/dbs/db/colls/EngineState' });
  expect(found).toMatchObject({ status: 200, body: { id: 'EngineState', partitionKey: { paths: ['/partitionKey'] } } });
  expect((await ask({ method: 'GET', path: '/dbs/db/colls/none' })).status).toBe(404);
  expect((await ask({ method: 'GET', path: '/dbs/none/colls/none' })).status).toBe(404);
});

it('3: a missing document is 404; a found one carries its etag in header and body', async () => {
  expect(await read('missing')).toMatchObject({ status: 404, body: { code: 'NotFound' } });
  await upsert('metadata');
  const found = await read('metadata');
  expect(found).toMatchObject({
    status: 200,
    body: { id: key('metadata'), value: { n: 1 }, _etag: found.headers.get('etag') },
  });
});

it('4: upsert with return=minimal has no body; If-Match decides 412; a random one inserts when the row is absent', async () => {
  const created = await upsert('a');
  expect(created).toMatchObject({ status: 201, body: undefined });
  expect((await upsert('a', { 'if-match': created.headers.get('etag') ?? '' })).status).toBe(200);
  expect((await upsert('a', { 'if-match': created.headers.get('etag') ?? '' })).status).toBe(412);
  expect((await upsert('first-write', { 'if-match': '7d5c2f0e-0000-4000-8000-000000000000' })).status).toBe(201);
  expect((await upsert('first-write', { 'if-match': '7d5c2f0e-0000-4000-8000-000000000001' })).status).toBe(412);
  const plain = () => ask({ method: 'POST', path: DOCS, headers: { ...partition, ...minimal }, body: item('created') });
  expect([(await plain()).status, (await plain()).status]).toEqual([201, 409]);
});

it('5: DELETE answers 204, 404 when absent, 412 with another etag', async () => {
  await upsert('gone');
  const path = `${DOCS}/${encodeURIComponent(key('gone'))}`;
  expect((await ask({ method: 'DELETE', path, headers: { ...partition, 'if-match': '"x"' } })).status).toBe(412);
  expect((await ask({ method: 'DELETE', path, headers: partition })).status).toBe(204);
  expect((await ask({ method: 'DELETE', path, headers: partition })).status).toBe(404);
});

it('6: a batch with the partition key in the header only: 200, or 207 with 424 and nothing kept', async () => {
  const stored = await batch([set('history-1'), set('history-2'), { operationType: 'Delete', id: key('history-1') }]);
  expect(stored.status).toBe(200);
  expect(stored.body).toMatchObject([
    { statusCode: 201, eTag: expect.any(String) },
    { statusCode: 201 },
    { statusCode: 204 },
  ]);
  const stale = await batch([set('history-3'), set('history-2', { ifMatch: '"stale"' }), set('history-4')]);
  expect(stale.status).toBe(207);
  expect(codes(stale.body)).toEqual([424, 412, 424]);
  const absent = await batch([set('history-3'), { operationType: 'Delete', id: key('no-such') }]);
  expect(codes(absent.body)).toEqual([424, 404]);
  expect((await read('history-3')).status).toBe(404);
});

it('6: 100 operations pass, 101 are refused with 400, more than 2 MB with 413', async () => {
  const rows = (count: number) => Array.from({ length: count }, (_, index) => set(`limit-${index}`));
  expect((await batch(rows(100))).status).toBe(200);
  expect(await batch(rows(101))).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('more operations') },
  });
  const heavy = { operationType: 'Upsert', resourceBody: item('heavy', 'x'.repeat(2 * 1024 * 1024)) };
  expect((await batch([heavy])).status).toBe(413);
});

it('6: names a batch operation it does not know', async () => {
  const answer = await batch([{ operationType: 'Patch', id: key('a'), resourceBody: { operations: [] } }]);
  expect(codes(answer.body)).toEqual([400]);
});

it('7: the multi-get query across partitions, paged', async () => {
  const path = DOCS;
  const headers = {
    'x-ms-documentdb-query': 'True',
    'content-type': 'application/query+json',
    'x-ms-documentdb-query-enablecrosspartition': 'true',
  };
  const keys = ['limit-1', 'limit-2', 'limit-3', 'no-such'].map(key);
  const body = {
    query: 'SELECT * FROM r WHERE ARRAY_CONTAINS(@keys, r.id)',
    parameters: [{ name: '@keys', value: keys }],
  };
  const whole = await ask({ method: 'POST', path, headers, body });
  expect(whole).toMatchObject({
    status: 200,
    body: { _count: 3, Documents: [{ id: keys[0] }, { id: keys[1] }, { id: keys[2] }] },
  });
  const first = await ask({ method: 'POST', path, headers: { ...headers, 'x-ms-max-item-count': '2' }, body });
  const continuation = first.headers.get('x-ms-continuation') ?? '';
  expect(first.body).toMatchObject({ _count: 2 });
  const second = await ask({ method: 'POST', path, headers: { ...headers, 'x-ms-continuation': continuation }, body });
  expect(second.body).toMatchObject({ _count: 1 });
  expect(second.headers.get('x-ms-continuation')).toBeNull();
});

it('7: without a partition key and without the cross-partition header a query is refused', async () => {
  const headers = { 'x-ms-documentdb-query': 'True', 'content-type': 'application/query+json' };
  const answer = await ask({ method: 'POST', path: DOCS, headers, body: { query: 'SELECT * FROM c' } });
  expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('Cross partition') } });
});

it('refuses a document whose key is not the one of the header', async () => {
  const body = { ...item('other'), partitionKey: 'elsewhere' };
  const answer = await upsert('other', {}, body);
  expect(answer.status).toBe(400);
  expect(answer.headers.get('x-ms-substatus')).toBe('1001');
});
