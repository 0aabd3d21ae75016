/** Queries as the product sends them, through the real SDK. */
import { type Container, type FeedOptions, type JSONValue, TriggerOperation, TriggerType } from '@azure/cosmos';
import { refusalOf, type ServerUnderTest, startServerUnderTest } from './server-under-test';

let server: ServerUnderTest;
let images: Container;
let runs: Container;

beforeAll(async () => {
  server = await startServerUnderTest();
  images = await server.container('ImageAnalysis', '/container');
  runs = await server.container('Runs', '/id');
  for (const container of ['one', 'two']) {
    const operations = Array.from({ length: 60 }, (_, index) => ({
      operationType: 'Upsert' as const,
      resourceBody: {
        id: `${container}-${index}`,
        container,
        blob: `img-${String(index).padStart(3, '0')}.jpg`,
        chunkId: `chunk-${index % 6}`,
        sizeBytes: index * 10,
        analysis: { tags: [{ name: index % 2 ? 'odd' : 'even', confidence: index / 60 }] },
      },
    }));
    await images.items.batch(operations, container);
  }
  for (let index = 0; index < 25; index += 1) {
    const status = ['Running', 'Completed', 'Failed'][index % 3] ?? '';
    const startedAt = new Date(1.7e12 + index * 60_000).toISOString();
    await runs.items.create({ id: `run-${index}`, container: index % 2 ? 'one' : 'two', status, startedAt });
  }
});
afterAll(() => server.stop());

async function all(
  container: Container,
  query: string,
  parameters: Record<string, JSONValue> = {},
  options: FeedOptions = {},
) {
  const named = Object.entries(parameters).map(([name, value]) => ({ name, value }));
  const iterator = container.items.query({ query, parameters: named }, options);
  const pages: unknown[][] = [];
  while (iterator.hasMoreResults()) pages.push((await iterator.fetchNext()).resources ?? []);
  return { pages, items: pages.flat() };
}

it('stays inside the partition of the request', async () => {
  const { items } = await all(images, 'SELECT VALUE COUNT(1) FROM c', {}, { partitionKey: 'one' });
  expect(items).toEqual([60]);
  expect((await all(images, 'SELECT VALUE COUNT(1) FROM c')).items).toEqual([120]);
});

it('reads a range of names in order, page by page', async () => {
  const query = 'SELECT VALUE c.blob FROM c WHERE c.blob > @from AND c.blob <= @to ORDER BY c.blob';
  const { pages, items } = await all(
    images,
    query,
    { '@from': 'img-009.jpg', '@to': 'img-020.jpg' },
    { partitionKey: 'two', maxItemCount: 4 },
  );
  expect(items).toEqual(Array.from({ length: 11 }, (_, index) => `img-${String(index + 10).padStart(3, '0')}.jpg`));
  expect(pages.map((page) => page.length)).toEqual([4, 4, 3]);
});

it('finds the documents of a chunk', async () => {
  const { items } = await all(
    images,
    'SELECT c.id, c.sizeBytes FROM c WHERE c.chunkId = @k',
    { '@k': 'chunk-3' },
    { partitionKey: 'one' },
  );
  expect(items).toHaveLength(10);
  expect(items).toContainEqual({ id: 'one-3', sizeBytes: 30 });
});

it('pages over runs of all partitions, newest first, in one gateway call a page', async () => {
  const query =
    'SELECT * FROM c WHERE c.container = @c AND c.status IN ("Running", "Failed") ORDER BY c.startedAt DESC';
  const { pages, items } = await all(runs, query, { '@c': 'one' }, { maxItemCount: 3 });
  const ids = items.map((run) => (run as { id: string }).id);
  expect(ids).toEqual(['run-23', 'run-21', 'run-17', 'run-15', 'run-11', 'run-9', 'run-5', 'run-3']);
  expect(pages.map((page) => page.length)).toEqual([3, 3, 2]);
});

it('continues from a token in another client call, and refuses it for another query', async () => {
  const first = await runs.items.query('SELECT * FROM c ORDER BY c.startedAt', { maxItemCount: 10 }).fetchNext();
  expect(first.continuationToken).toBeDefined();
  const continuationToken = first.continuationToken ?? '';
  const rest = await runs.items
    .query('SELECT * FROM c ORDER BY c.startedAt', { maxItemCount: 100, continuationToken })
    .fetchNext();
  expect(rest.resources).toHaveLength(15);
  const other = runs.items.query('SELECT * FROM c ORDER BY c.id', { continuationToken }).fetchNext();
  expect(await refusalOf(other)).toMatchObject({ code: 400, message: expect.stringContaining('continuation') });
});

it('adds up', async () => {
  const one = { partitionKey: 'one' };
  expect((await all(images, 'SELECT VALUE SUM(c.sizeBytes) FROM c', {}, one)).items).toEqual([17_700]);
  expect((await all(images, 'SELECT VALUE MAX(c.blob) FROM c', {}, one)).items).toEqual(['img-059.jpg']);
  expect((await all(images, 'SELECT VALUE AVG(c.sizeBytes) FROM c WHERE c.sizeBytes < 30', {}, one)).items).toEqual([
    10,
  ]);
  expect((await all(images, 'SELECT VALUE MIN(c.missing) FROM c', {}, one)).items).toEqual([]);
});

it('bounds an answer by TOP, OFFSET and LIMIT over pages', async () => {
  const top = await all(runs, 'SELECT TOP 7 VALUE c.id FROM c ORDER BY c.startedAt', {}, { maxItemCount: 3 });
  expect(top.items).toHaveLength(7);
  const window = await all(
    runs,
    'SELECT VALUE c.id FROM c ORDER BY c.startedAt OFFSET 20 LIMIT 100',
    {},
    { maxItemCount: 2 },
  );
  expect(window.items).toEqual(['run-20', 'run-21', 'run-22', 'run-23', 'run-24']);
});

it('says by name that an order by very long texts has no next page, and gives it in one', async () => {
  const container = await server.container('LongTexts', '/pk');
  for (const id of ['b', 'a']) await container.items.create({ id, pk: 'p', text: id.repeat(20_000) });
  const query = 'SELECT VALUE c.id FROM c ORDER BY c.text';
  expect((await all(container, query)).items).toEqual(['a', 'b']);
  expect(await refusalOf(all(container, query, {}, { maxItemCount: 1 }))).toMatchObject({
    code: 400,
    message: expect.stringContaining('kilobytes'),
  });
});

it('lists everything without a query', async () => {
  expect((await runs.items.readAll({ maxItemCount: 10 }).fetchAll()).resources).toHaveLength(25);
});

it.each([
  ['SELECT DISTINCT VALUE c.status FROM c', 'DISTINCT'],
  ['SELECT c.status, COUNT(1) AS n FROM c GROUP BY c.status', 'GROUP BY'],
  ['SELECT t FROM c JOIN t IN c.tags', 'JOIN'],
  ['SELECT * FROM c ORDER BY c.a, c.b', 'more than one property'],
  ['SELECT * FROM c WHERE c.id LIKE "r%"', 'LIKE'],
])('refuses %s with 400 and its name', async (query, named) => {
  expect(await refusalOf(all(runs, query))).toMatchObject({ code: 400, message: expect.stringContaining(named) });
});

it('refuses stored procedures and triggers by name', async () => {
  const procedure = runs.scripts.storedProcedures.create({ id: 'p', body: 'function () {}' });
  expect(await refusalOf(procedure)).toMatchObject({ code: 400, message: expect.stringContaining('sprocs') });
  const trigger = runs.scripts.triggers.create({
    id: 't',
    body: 'function () {}',
    triggerType: TriggerType.Pre,
    triggerOperation: TriggerOperation.All,
  });
  expect(await refusalOf(trigger)).toMatchObject({ code: 400, message: expect.stringContaining('triggers') });
});
