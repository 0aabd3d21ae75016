import { Router } from 'express';
import request from 'supertest';
import { AppError } from '../../src/domain/errors';
import { runId } from './fake-use-cases';
import { anOpenApp, aPublicApp, expectProblem } from './listening';

describe('headers of the public listener', () => {
  test.each(['/api/v1/runs', '/livez', '/openapi.json', '/nothing', '/docs/errors'])(
    '%s is locked down',
    async (path) => {
      const { headers } = await aPublicApp().api.get(path);
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      for (const absent of ['x-powered-by', 'etag', 'access-control-allow-origin', 'set-cookie']) {
        expect(headers).not.toHaveProperty(absent);
      }
    },
  );

  test('a request id is echoed, or made where none or a strange one came', async () => {
    const { api } = aPublicApp();
    const ask = async (id: string) => (await api.get('/livez').set('x-request-id', id)).get('x-request-id');
    expect(await ask('trace-1.2:3_4')).toBe('trace-1.2:3_4');
    for (const strange of ['', 'a b', 'ü', '<script>', 'x'.repeat(129), '{"a":1}']) {
      expect(await ask(strange)).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('the id of an Azure client is echoed when it is printable and short', async () => {
    const { api } = aPublicApp();
    const ask = async (id: string) =>
      (await api.get('/livez').set('x-ms-client-request-id', id)).get('x-ms-client-request-id');
    expect(await ask('0b7c3c1e-7c1f')).toBe('0b7c3c1e-7c1f');
    expect(await ask('é')).toBeUndefined();
    expect(await ask('x'.repeat(129))).toBeUndefined();
  });

  test('other routers come after the API and before the 404', async () => {
    const router = Router();
    router.get(['/', '/api/v1/runs'], (_req, res) => {
      res.type('html').send('a page');
    });
    const { app, finish } = anOpenApp();
    app.use(router);
    finish();
    const api = request(app);
    expect((await api.get('/')).text).toBe('a page');
    expect((await api.get('/api/v1/runs')).body).toEqual({ value: [] });
    expectProblem(await api.get('/nothing'), 'route-not-found');
  });
});

describe('the log of the public listener', () => {
  test('one line a request, with the pattern of its route', async () => {
    const { api, lines } = aPublicApp();
    await api.get(`/api/v1/runs/${runId(7)}?x=1`).set({ 'x-request-id': 'r1', 'x-ms-client-request-id': 'c1' });
    expect(lines()).toEqual([
      expect.objectContaining({
        level: 30,
        event: 'http.request',
        listener: 'public',
        requestId: 'r1',
        clientRequestId: 'c1',
        method: 'GET',
        route: '/api/v1/runs/:id',
        status: 400,
        ms: expect.any(Number),
      }),
    ]);
  });

  test('what comes from outside cannot forge a line', async () => {
    const { api, useCases, lines } = aPublicApp();
    const forged = 'x\n{"level":30,"event":"http.request","status":200,"forged":true}';
    await api.get(`/api/v1/containers/photos/images/${encodeURIComponent(forged)}`);
    await api.get(`/api/v1/runs?${encodeURIComponent(forged)}=${encodeURIComponent(forged)}`);
    useCases.failNext(new AppError('internal', forged));
    await api.get('/api/v1/runs');
    expect(lines().map(({ event }) => event)).toEqual(['http.request', 'http.request', 'http.failed', 'http.request']);
    expect(lines().some((line) => 'forged' in line)).toBe(false);
  });

  test('tokens in links and names of images are not written down', async () => {
    const { api, lines } = aPublicApp();
    await api.get(`/runtime/webhooks/durabletask/instances/${runId(1)}?code=top-secret`);
    await api.get('/api/v1/containers/photos/images/private-name.jpg');
    expect(JSON.stringify(lines())).not.toMatch(/top-secret|private-name/);
  });
});
