/** What Azure does and this server does not is a 400 with its name, never taken and forgotten; what only repeats a default is taken. */
import type { Container, ContainerDefinition, IndexingPolicy } from '@azure/cosmos';
import { refusalOf, type ServerUnderTest, startServerUnderTest } from './server-under-test';
import { send } from './wire';

let server: ServerUnderTest;
beforeAll(async () => {
  server = await startServerUnderTest();
});
afterAll(() => server.stop());

let count = 0;
const create = (more: object) => {
  count += 1;
  const body = { id: `c${count}`, partitionKey: { paths: ['/pk'], kind: 'Hash' }, ...more };
  return send(server.endpoint, { method: 'POST', path: '/dbs/db/colls', body });
};

it.each<[string, object]>([
  ['computedProperties', { computedProperties: [{ name: 'lower', query: 'SELECT VALUE LOWER(c.name) FROM c' }] }],
  ['vectorEmbeddingPolicy', { vectorEmbeddingPolicy: { vectorEmbeddings: [{ path: '/v', dimensions: 3 }] } }],
  ['fullTextPolicy', { fullTextPolicy: { defaultLanguage: 'en-US', fullTextPaths: [] } }],
  ['conflictResolutionPolicy', { conflictResolutionPolicy: { mode: 'Custom' } }],
  ['conflictResolutionPolicy', { conflictResolutionPolicy: { mode: 'LastWriterWins', conflictResolutionPath: '/n' } }],
  ['analyticalStorageTtl', { analyticalStorageTtl: -1 }],
  ['clientEncryptionPolicy', { clientEncryptionPolicy: { includedPaths: [], policyFormatVersion: 1 } }],
  ['geospatialConfig', { geospatialConfig: { type: 'Geometry' } }],
  ['changeFeedPolicy', { changeFeedPolicy: { retentionDuration: 10 } }],
  ['kind', { partitionKey: { paths: ['/pk'], kind: 'MultiHash' } }],
  ['vectorIndexes', { indexingPolicy: { vectorIndexes: [{ path: '/v', type: 'flat' }] } }],
  ['fullTextIndexes', { indexingPolicy: { fullTextIndexes: [{ path: '/t' }] } }],
  ['indexing mode', { indexingPolicy: { indexingMode: 'lazy' } }],
  ['mandatory indexing path', { indexingPolicy: { includedPaths: [{ path: '/a/?' }] } }],
  ['indexing path', { indexingPolicy: { includedPaths: [{ path: '/*' }, { path: `/x'); DROP TABLE docs_1; --` }] } }],
])('a container with %s', async (named, more) => {
  expect(await create(more)).toMatchObject({ status: 400, body: { message: expect.stringContaining(named) } });
  const existing = { id: 'existing', partitionKey: { paths: ['/pk'], kind: 'Hash' } };
  await send(server.endpoint, { method: 'POST', path: '/dbs/db/colls', body: existing });
  const replace = { method: 'PUT', path: '/dbs/db/colls/existing', body: { ...existing, ...more } };
  expect((await send(server.endpoint, replace)).status).toBe(400);
});

it('takes what only repeats a default', async () => {
  const more = {
    computedProperties: [],
    vectorEmbeddingPolicy: { vectorEmbeddings: [] },
    conflictResolutionPolicy: {
      mode: 'LastWriterWins',
      conflictResolutionPath: '/_ts',
      conflictResolutionProcedure: '',
    },
    geospatialConfig: { type: 'Geography' },
    analyticalStorageTtl: 0,
    changeFeedPolicy: { retentionDuration: 0 },
  };
  expect((await create(more)).status).toBe(201);
  const bare = await create({ indexingPolicy: { indexingMode: 'consistent', automatic: true } });
  expect(bare).toMatchObject({ status: 201, body: { indexingPolicy: { includedPaths: [{ path: '/*' }] } } });
});

it('refuses triggers and unindexed documents by name, and stores nothing', async () => {
  const container = await server.container('Triggered', '/pk');
  const item = { id: 'a', pk: 'p' };
  const named = (part: string) => ({ code: 400, message: expect.stringContaining(part) });
  expect(await refusalOf(container.items.create(item, { preTriggerInclude: 'stamp' }))).toMatchObject(named('stamp'));
  expect(await refusalOf(container.items.upsert(item, { postTriggerInclude: ['log'] }))).toMatchObject(named('log'));
  expect(await refusalOf(container.items.create(item, { indexingDirective: 'Exclude' }))).toMatchObject(
    named('Exclude'),
  );
  expect((await container.item('a', 'p').read()).statusCode).toBe(404);
  expect((await container.items.create(item, { indexingDirective: 'Include' })).statusCode).toBe(201);
});

it('deletes all items of a partition key', async () => {
  const container = await server.container('Emptied', '/pk');
  for (const id of ['a', 'b']) for (const pk of ['gone', 'kept']) await container.items.create({ id, pk });
  expect((await container.deleteAllItemsForPartitionKey('gone')).statusCode).toBe(200);
  const { resources } = await container.items.query('SELECT VALUE c.pk FROM c').fetchAll();
  expect(resources).toEqual(['kept', 'kept']);
});

describe('ORDER BY', () => {
  const ordered = async (indexingPolicy: IndexingPolicy | undefined, path: string): Promise<unknown> => {
    count += 1;
    const definition: ContainerDefinition = { id: `o${count}`, partitionKey: { paths: ['/pk'] } };
    const withPolicy = indexingPolicy === undefined ? definition : { ...definition, indexingPolicy };
    const { container }: { container: Container } = await server.database.containers.create(withPolicy);
    const query = container.items.query(`SELECT * FROM c ORDER BY ${path}`).fetchAll();
    return query.then(
      () => 'taken',
      (error: { code: number; body?: { message: string }; message: string }) => `${error.code} ${error.message}`,
    );
  };
  const only = (...paths: string[]): IndexingPolicy => ({
    includedPaths: paths.map((path) => ({ path })),
    excludedPaths: [{ path: '/*' }],
  });
  const excluded = expect.stringMatching(/^400 [\s\S]*order-by item is excluded/);

  it.each<[string, IndexingPolicy | undefined, unknown]>([
    ['c.a', undefined, 'taken'],
    ['c._etag', undefined, excluded],
    ['c.a', only('/a/?'), 'taken'],
    ['c.b', only('/a/?'), excluded],
    ['c.a.b', only('/a/?'), excluded],
    ['c.a.b', only('/a/*'), 'taken'],
    ['c["a b"]', only('/"a b"/?'), 'taken'],
    ['c.id', only('/a/?'), 'taken'],
    ['c._ts', only('/a/?'), 'taken'],
    ['c.a', { includedPaths: [{ path: '/*' }], excludedPaths: [{ path: '/a/?' }] }, excluded],
    ['c.a.b', { includedPaths: [{ path: '/*' }, { path: '/a/b/?' }], excludedPaths: [{ path: '/a/*' }] }, 'taken'],
    ['c.id', { indexingMode: 'none', automatic: false }, excluded],
  ])('%s under %j', async (path, policy, expected) => {
    expect(await ordered(policy, path)).toEqual(expected);
  });
});
