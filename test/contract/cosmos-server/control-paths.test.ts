/** Who may use the control paths: programs of this machine and no page of another site; what a client may take of the server. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { startCosmosServer } from '../../../packages/dev-cosmos/src/server';
import { KEY, type ServerUnderTest, startServerUnderTest } from './server-under-test';
import { send } from './wire';

let server: ServerUnderTest;
beforeAll(async () => {
  server = await startServerUnderTest();
});
afterAll(() => server.stop());

const own = () => `127.0.0.1:${new URL(server.endpoint).port}`;

/** One request with exactly these headers, in the order of a list of names and values. */
function ask(path: string, headers: readonly string[], method = 'GET', body = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.endpoint);
    const length = ['content-length', String(Buffer.byteLength(body))];
    const asked = httpRequest({ hostname, port, path, method, headers: [...headers, ...length] }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

const refused = async () => (await (await fetch(`${server.endpoint}/_dev/faults`)).json()) as { remaining: number };

describe('control paths', () => {
  const arm = JSON.stringify({ count: 3, retryAfterMs: 1 });

  it.each([
    ['a name that was rebound', ['host', 'evil.example'], 421],
    ['a name that begins like ours', ['host', 'localhost.evil.example'], 421],
    ['no host', ['host', ''], 421],
    ['two hosts', ['host', 'localhost', 'host', 'evil.example'], 400],
    ['a page of another site', ['origin', 'http://evil.example'], 403],
    ['a page on another port', ['origin', 'http://127.0.0.1:1'], 403],
    ['a page without an origin to show', ['origin', 'null'], 403],
    ['a cross-site fetch', ['sec-fetch-site', 'cross-site'], 403],
    ['a fetch from the same site', ['sec-fetch-site', 'same-site'], 403],
  ])('refuse %s', async (_, headers, status) => {
    const asked = headers.includes('host') ? headers : ['host', own(), ...headers];
    for (const path of ['/_dev/health', '/_dev/stats', '/_dev/faults']) expect(await ask(path, asked)).toBe(status);
    expect(await ask('/_dev/faults', [...asked, 'content-type', 'text/plain'], 'POST', arm)).toBe(status);
    expect((await refused()).remaining).toBe(0);
  });

  it('serve programs, and pages of their own address', async () => {
    expect(await ask('/_dev/health', ['host', own()])).toBe(200);
    expect(await ask('/_dev/health', ['host', 'localhost'])).toBe(200);
    expect(await ask('/_dev/health', ['host', '[::1]:8081'])).toBe(200);
    expect(await ask('/_dev/health?verbose', ['host', own(), 'sec-fetch-site', 'none'])).toBe(200);
    const page = ['host', own(), 'origin', `http://${own()}`, 'sec-fetch-site', 'same-origin'];
    expect(await ask('/_dev/stats', page)).toBe(200);
  });

  it.each(['{', 'null', '[]', '{"count":-1,"retryAfterMs":1}', '{"count":1e999,"retryAfterMs":1}'])(
    'refuse the fault %s with 400',
    async (body) => {
      expect(await ask('/_dev/faults', ['host', own()], 'POST', body)).toBe(400);
      expect((await refused()).remaining).toBe(0);
    },
  );
});

describe('nesting', () => {
  const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
  const headers = { 'x-ms-documentdb-partitionkey': '["p"]' };
  const path = '/dbs/db/colls/Deep/docs';
  const create = (id: string, levels: number) =>
    send(server.endpoint, { method: 'POST', path, headers, body: { id, pk: 'p', deep: nested(levels) } });

  it('keeps an item of 128 levels and refuses a deeper one with 400', async () => {
    const container = await server.container('Deep', '/pk');
    expect((await create('deepest', 127)).status).toBe(201);
    expect((await create('deeper', 128)).status).toBe(400);
    const { resources } = await container.items.query('SELECT VALUE c.id FROM c WHERE c.deep != 1').fetchAll();
    expect(resources).toEqual(['deepest']);
  });

  it.each([
    ['a document', {}],
    ['a query', { 'x-ms-documentdb-isquery': 'true', 'content-type': 'application/query+json' }],
    ['a batch', { 'x-ms-cosmos-is-batch-request': 'true', 'x-ms-cosmos-batch-atomic': 'true' }],
  ])('refuses %s of 100,000 levels with 400', async (_, more) => {
    await server.container('Deep', '/pk');
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const body = `{"id":"x","pk":"p","query":"SELECT * FROM c","parameters":[{"name":"@p","value":${deep}}],"deep":${deep}}`;
    const answer = await send(server.endpoint, { method: 'POST', path, headers: { ...headers, ...more }, text: body });
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('nested') } });
  });

  it('takes brackets inside of strings for what they are', async () => {
    await server.container('Deep', '/pk');
    const body = { id: 'brackets', pk: 'p', text: `\\"${'['.repeat(500)}"` };
    expect((await send(server.endpoint, { method: 'POST', path, headers, body })).status).toBe(201);
  });
});

it('orders by a name made of SQL without running it', async () => {
  const container = await server.container('Ordered', '/pk');
  await container.items.create({ id: 'a', pk: 'p' });
  const key = `x'), 1); ATTACH DATABASE '${server.file}.stolen' AS stolen; --`;
  const { resources } = await container.items.query(`SELECT * FROM c ORDER BY c["${key}"]`).fetchAll();
  expect(resources).toEqual([]);
  const file = new Database(server.file);
  expect(file.prepare('PRAGMA database_list').raw(true).all()).toHaveLength(1);
  file.close();
  expect((await container.items.create({ id: 'b', pk: 'p' })).statusCode).toBe(201);
});

describe('readiness', () => {
  it('fails while the file takes no writes, and comes back', async () => {
    const health = () => fetch(`${server.endpoint}/_dev/health`);
    expect((await health()).status).toBe(200);
    const other = new Database(server.file);
    other.exec('BEGIN IMMEDIATE');
    const held = await health();
    expect(held.status).toBe(503);
    expect(await held.json()).toMatchObject({ message: expect.stringMatching(/SQLITE_BUSY.*another process/) });
    expect((await send(server.endpoint, { method: 'POST', path: '/dbs', body: { id: 'held' } })).status).toBe(503);
    other.exec('ROLLBACK');
    other.close();
    expect((await health()).status).toBe(200);
    expect((await send(server.endpoint, { method: 'POST', path: '/dbs', body: { id: 'held' } })).status).toBe(201);
  });
});

describe('deadlines and bodies', () => {
  /** Sends a text and waits for the other side to close; returns what it said. */
  const speak = (endpoint: string, text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(endpoint).port), '127.0.0.1', () => socket.write(text));
      let said = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
      });
      socket.once('error', reject).once('close', () => resolve(said));
    });

  it('answers 408 to headers and to a body that never end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cosmos-deadlines-'));
    const deadlines = { headersMs: 200, requestMs: 400 };
    const quick = await startCosmosServer({ port: 0, file: join(folder, 'c.sqlite'), key: KEY, deadlines });
    expect(await speak(quick.endpoint, 'GET / HTTP/1.1\r\nHost: localhost\r\n')).toMatch(/^HTTP\/1.1 408/);
    const unfinished = 'POST /_dev/faults HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{';
    expect(await speak(quick.endpoint, unfinished)).toMatch(/^HTTP\/1.1 408/);
    await quick.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('answers 413 to a body without end and closes the connection', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const { hostname, port } = new URL(server.endpoint);
      const asked = httpRequest({ hostname, port, path: '/dbs', method: 'POST' }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
        asked.destroy();
      });
      asked.on('error', reject);
      const chunk = Buffer.alloc(256 * 1024, 0x20);
      const pump = () => {
        while (!asked.destroyed && asked.write(chunk));
      };
      asked.on('drain', pump);
      pump();
    });
    expect(status).toBe(413);
  });
});
