/** Point operations, conditions, batches, bulk and their limits, through the real SDK. */
import type { Container, JSONObject, OperationInput } from '@azure/cosmos';
import { refusalOf, type ServerUnderTest, startServerUnderTest } from './server-under-test';

let server: ServerUnderTest;
let images: Container;

beforeAll(async () => {
  server = await startServerUnderTest();
  images = await server.container('images', '/container');
});
afterAll(() => server.stop());

const upsert = (id: string, container: string, more: JSONObject = {}, ifMatch?: string): OperationInput => ({
  operationType: 'Upsert',
  resourceBody: { id, container, ...more },
  ...(ifMatch === undefined ? {} : { ifMatch }),
});

describe('containers', () => {
  it('reads back what was created, and answers 404 and 409', async () => {
    const { resource } = await images.read();
    expect(resource).toMatchObject({ id: 'images', partitionKey: { paths: ['/container'] } });
    expect((await refusalOf(server.database.container('nothing').read())).code).toBe(404);
    expect(
      (await refusalOf(server.database.containers.create({ id: 'images', partitionKey: '/container' }))).code,
    ).toBe(409);
    const { resources } = await server.database.containers.readAll().fetchAll();
    expect(resources.map((container) => container.id)).toContain('images');
  });

  it('refuses what it cannot keep', async () => {
    const keys = { id: 'unique', partitionKey: '/a', uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/b'] }] } };
    const refused = await refusalOf(server.database.containers.create(keys));
    expect(refused).toMatchObject({ code: 400, message: expect.stringContaining('unique keys') });
  });

  it('forgets the documents of a deleted container', async () => {
    const first = await server.container('short', '/pk');
    await first.items.create({ id: 'a', pk: 'a' });
    await first.delete();
    const second = await server.container('short', '/pk');
    expect((await second.item('a', 'a').read()).statusCode).toBe(404);
  });
});

describe('point operations', () => {
  it('creates, reads, replaces and deletes with the right codes', async () => {
    const created = await images.items.create({ id: 'one', container: 'p', n: 1 });
    expect(created.statusCode).toBe(201);
    expect(created.resource).toMatchObject({ id: 'one', n: 1, _etag: created.etag, _ts: expect.any(Number) });
    expect((await refusalOf(images.items.create({ id: 'one', container: 'p' }))).code).toBe(409);
    const replaced = await images.item('one', 'p').replace({ id: 'one', container: 'p', n: 2 });
    expect(replaced.statusCode).toBe(200);
    expect((await images.item('one', 'p').read()).resource).toMatchObject({ n: 2 });
    expect((await images.item('one', 'p').delete()).statusCode).toBe(204);
    expect((await images.item('one', 'p').read()).statusCode).toBe(404);
    expect((await refusalOf(images.item('one', 'p').delete())).code).toBe(404);
    expect((await refusalOf(images.item('one', 'p').replace({ id: 'one', container: 'p' }))).code).toBe(404);
  });

  it('upserts: 201 when new, 200 when there', async () => {
    expect((await images.items.upsert({ id: 'u', container: 'p' })).statusCode).toBe(201);
    expect((await images.items.upsert({ id: 'u', container: 'p', n: 1 })).statusCode).toBe(200);
  });

  it('keeps one id in two partitions apart, whatever the type of the key', async () => {
    const any = await server.container('any-key', '/pk');
    for (const pk of ['1', 1, true, null]) await any.items.create({ id: 'same', pk });
    await any.items.create({ id: 'same' });
    expect((await any.item('same', 1).read()).resource?.pk).toBe(1);
    expect((await any.item('same', '1').read()).resource?.pk).toBe('1');
    expect((await any.item('same', null).read()).resource?.pk).toBeNull();
    expect((await any.item('same', undefined).read()).resource).not.toHaveProperty('pk');
    expect((await any.items.query('SELECT * FROM c').fetchAll()).resources).toHaveLength(5);
  });

  it('takes ids with spaces, umlauts, bars and percent signs', async () => {
    for (const id of ['a b', 'bäh', 'app||Type||id||row-000001', '50%', 'it\'s "quoted"', '日本 😀']) {
      await images.items.upsert({ id, container: 'odd' });
      expect((await images.item(id, 'odd').read()).resource).toMatchObject({ id });
      await images.item(id, 'odd').delete();
    }
  });

  it('honours If-Match and If-None-Match', async () => {
    const { etag } = await images.items.upsert({ id: 'e', container: 'p', n: 1 });
    const ifMatch = (condition: string) => ({ accessCondition: { type: 'IfMatch', condition } });
    const ifNoneMatch = (condition: string) => ({ accessCondition: { type: 'IfNoneMatch', condition } });
    expect((await images.item('e', 'p').read(ifNoneMatch(etag))).statusCode).toBe(304);
    expect((await refusalOf(images.items.upsert({ id: 'e', container: 'p' }, ifMatch('"old"')))).code).toBe(412);
    expect((await refusalOf(images.item('e', 'p').delete(ifMatch('"old"')))).code).toBe(412);
    const second = await images.item('e', 'p').replace({ id: 'e', container: 'p', n: 2 }, ifMatch(etag));
    expect(second.etag).not.toBe(etag);
    expect((await refusalOf(images.items.upsert({ id: 'e', container: 'p' }, ifNoneMatch('*')))).code).toBe(412);
    expect((await images.items.upsert({ id: 'absent', container: 'p' }, ifNoneMatch('*'))).statusCode).toBe(201);
    expect((await refusalOf(images.items.create({ id: 'absent', container: 'p' }, ifNoneMatch('*')))).code).toBe(409);
    expect((await images.items.upsert({ id: 'fresh', container: 'p' }, ifMatch('"no such"'))).statusCode).toBe(201);
  });

  it('refuses an item of more than 2 MB with 413, and keeps one just below', async () => {
    const below = 'x'.repeat(2 * 1024 * 1024 - 400);
    expect((await images.items.create({ id: 'large', container: 'p', below })).statusCode).toBe(201);
    const refused = await refusalOf(
      images.items.create({ id: 'too-large', container: 'p', above: 'x'.repeat(2 * 1024 * 1024) }),
    );
    expect(refused.code).toBe(413);
    await images.item('large', 'p').delete();
  });

  it('says that PATCH is not supported', async () => {
    await images.items.upsert({ id: 'patched', container: 'p' });
    const refused = await refusalOf(images.item('patched', 'p').patch([{ op: 'add', path: '/n', value: 1 }]));
    expect(refused).toMatchObject({ code: 400, message: expect.stringContaining('PATCH') });
  });
});

describe('transactional batches', () => {
  it('applies all operations and returns their documents', async () => {
    const answer = await images.items.batch(
      [
        { operationType: 'Create', resourceBody: { id: 'b1', container: 'b' } },
        upsert('b2', 'b', { n: 1 }),
        { operationType: 'Replace', id: 'b2', resourceBody: { id: 'b2', container: 'b', n: 2 } },
        { operationType: 'Read', id: 'b2' },
        { operationType: 'Delete', id: 'b1' },
      ],
      'b',
    );
    expect(answer.code).toBe(200);
    expect(answer.result?.map((result) => result.statusCode)).toEqual([201, 201, 200, 200, 204]);
    expect(answer.result?.[3]?.resourceBody).toMatchObject({ id: 'b2', n: 2 });
    expect(answer.result?.[3]?.eTag).toBe(answer.result?.[2]?.eTag);
  });

  it('rolls back when one operation fails: 207, its code, 424 for the others', async () => {
    await images.items.upsert({ id: 'kept', container: 'r', n: 0 });
    const answer = await images.items.batch(
      [
        upsert('new', 'r'),
        upsert('kept', 'r', { n: 9 }),
        { operationType: 'Create', resourceBody: { id: 'kept', container: 'r' } },
        upsert('last', 'r'),
      ],
      'r',
    );
    expect(answer.code).toBe(207);
    expect(answer.result?.map((result) => result.statusCode)).toEqual([424, 424, 409, 424]);
    expect((await images.item('new', 'r').read()).statusCode).toBe(404);
    expect((await images.item('kept', 'r').read()).resource).toMatchObject({ n: 0 });
  });

  it('checks If-Match of each operation', async () => {
    const { etag } = await images.items.upsert({ id: 'm', container: 'r' });
    const stale = await images.items.batch([upsert('m', 'r', {}, '"stale"')], 'r');
    expect(stale.result?.[0]?.statusCode).toBe(412);
    const fresh = await images.items.batch([upsert('m', 'r', {}, etag)], 'r');
    expect(fresh).toMatchObject({ code: 200, result: [{ statusCode: 200 }] });
  });

  it('takes 100 operations, and refuses 2 MB with 413', async () => {
    const operations = Array.from({ length: 100 }, (_, index) => upsert(`n${index}`, 'hundred'));
    expect((await images.items.batch(operations, 'hundred')).code).toBe(200);
    const heavy = Array.from({ length: 25 }, (_, index) => upsert(`h${index}`, 'heavy', { text: 'x'.repeat(100_000) }));
    expect((await refusalOf(images.items.batch(heavy, 'heavy'))).message).toContain('too large');
    expect((await images.item('h0', 'heavy').read()).statusCode).toBe(404);
  });
});

describe('bulk', () => {
  it('runs each operation for itself', async () => {
    const operations: OperationInput[] = Array.from({ length: 120 }, (_, index) => ({
      operationType: 'Create',
      partitionKey: `bulk-${index % 3}`,
      resourceBody: { id: `k${index === 7 ? 6 : index}`, container: `bulk-${index === 7 ? 0 : index % 3}` },
    }));
    const seventh = operations[7];
    if (seventh) seventh.partitionKey = 'bulk-0';
    const results = await images.items.executeBulkOperations(operations);
    const codes = results.map((result) => result.response?.statusCode ?? result.error?.code);
    expect(codes.filter((code) => code === 201)).toHaveLength(119);
    expect(codes.filter((code) => code === 409)).toHaveLength(1);
  });
});
