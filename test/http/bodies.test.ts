import { gzipSync } from 'node:zlib';
import { aPublicApp, expectProblem } from './listening';

const START = '/api/v1/containers/photos/runs';

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

describe('bodies', () => {
  test.each([START, '/api/AnalysisFunctionStarter?container=photos', '/api/v1/nothing'])(
    'POST %s with more than 64 KB is refused unread, whatever its type',
    async (path) => {
      const { api, useCases } = aPublicApp();
      for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
        const response = await api.post(path).set('Content-Type', type).send(' '.repeat(70_000));
        expectProblem(response, 'body-too-large');
      }
      expect(useCases.commands).toEqual([]);
    },
  );

  test('what comes with a GET is let go unread, however much it is', async () => {
    const { api } = aPublicApp();
    for (let n = 0; n < 2; n++) {
      const response = await api.get('/api/v1/runs').set('Content-Type', 'text/plain').send(' '.repeat(70_000));
      expect(response.status).toBe(200);
    }
  });

  test('exactly 64 KB are read', async () => {
    const body = JSON.stringify({ prefix: 'a' });
    const response = await aPublicApp().api.post(START).type('json').send(body.padEnd(65_536));
    expect(response.status).toBe(202);
  });

  test.each([
    ['post', START],
    ['post', '/api/v1/containers/photos/quotes'],
    ['put', '/api/v1/containers/photos/watch'],
    ['put', '/api/v1/quota'],
    ...['pause', 'resume', 'cancel', 'decline', 'approve', 'retry'].map((verb) => [
      'post',
      `/api/v1/runs/${'0'.repeat(32)}:${verb}`,
    ]),
  ] as ['post' | 'put', string][])('%s %s takes no null for an object', async (verb, path) => {
    const { api, useCases } = aPublicApp();
    const response = await api[verb](path).type('json').send('null');
    expect(expectProblem(response, 'invalid-request').errors?.[0]?.pointer).toBe('/body');
    expect(useCases.commands).toEqual([]);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/json', 'x'])(
    '%s is not JSON',
    async (type) => {
      expectProblem(await aPublicApp().api.post(START).set('Content-Type', type).send('{}'), 'unsupported-media-type');
    },
  );

  test('compressed bodies are refused: small ones can be very large', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, ' '));
    const request = aPublicApp()
      .api.post(START)
      .set({ 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' });
    request.serialize((body: unknown) => body as string);
    expectProblem(await request.send(bomb), 'unsupported-media-type');
  });

  test.each(['{', '', '{"prefix":"a"} {}', 'prefix=a', '\u0000', "{'prefix':'a'}"].filter(Boolean))(
    '%j is not JSON',
    async (body) => {
      const problem = expectProblem(await aPublicApp().api.post(START).type('json').send(body), 'invalid-request');
      expect(problem.errors?.[0]?.pointer).toBe('/body');
    },
  );

  test('bytes that are not UTF-8 are refused', async () => {
    const request = aPublicApp().api.post(START).type('json');
    request.serialize((body: unknown) => body as string);
    const bytes = Buffer.concat([Buffer.from('{"prefix":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    expectProblem(await request.send(bytes), 'invalid-request');
  });

  test('nesting ends at 20 levels, however deep the body is', async () => {
    const { api } = aPublicApp();
    const atLimit = expectProblem(await api.post(START).type('json').send(nested(20)), 'invalid-request');
    expect(atLimit.detail).not.toContain('nested');
    for (const depth of [21, 30_000]) {
      const problem = expectProblem(await api.post(START).type('json').send(nested(depth)), 'invalid-request');
      expect(problem.detail).toContain('nested deeper than 20 levels');
    }
  });

  test('__proto__ and its like change nothing', async () => {
    const { api, useCases } = aPublicApp();
    for (const body of ['{"__proto__":{"prefix":"a"}}', '{"prefix":"a","constructor":{"prototype":{"x":1}}}']) {
      expectProblem(await api.post(START).type('json').send(body), 'invalid-request');
    }
    expect(({} as Record<string, unknown>).prefix).toBeUndefined();
    expect(useCases.commands).toEqual([]);
  });

  test('a thousand unknown fields are not all repeated back', async () => {
    const body = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`field-${n}-${'x'.repeat(30)}`, n]));
    const problem = expectProblem(await aPublicApp().api.post(START).send(body), 'invalid-request');
    expect(problem.errors).toHaveLength(20);
  });
});
