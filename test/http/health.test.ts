import { HealthSchema } from '../../src/contract/schemas/health';
import { aPublicApp, expectProblem, expectShape } from './listening';

describe('probes of the public listener', () => {
  test('all is well', async () => {
    const { api } = aPublicApp();
    for (const path of ['/livez', '/readyz', '/healthz']) {
      const response = await api.get(path);
      expect([path, response.status, expectShape(response.body, HealthSchema)]).toEqual([path, 200, { status: 'ok' }]);
    }
  });

  test('?verbose lists the checks', async () => {
    const { api, useCases } = aPublicApp();
    useCases.report = {
      ready: false,
      checks: { worker: { ok: false, detail: 'not connected' }, sidecar: { ok: true } },
    };
    const response = await api.get('/readyz?verbose');
    expect(response.status).toBe(503);
    expect(expectShape(response.body, HealthSchema)).toEqual({ status: 'not-ready', checks: useCases.report.checks });
    expect((await api.get('/readyz')).body).toEqual({ status: 'not-ready' });
    expect((await api.get('/livez')).status).toBe(200);
  });

  test('checks that fail themselves mean not ready', async () => {
    const { api, useCases } = aPublicApp();
    useCases.failNext(new Error('secret'));
    const response = await api.get('/readyz?verbose');
    expect(response.status).toBe(503);
    expect(response.text).not.toContain('secret');
  });

  test('while draining only the process is alive', async () => {
    const { api } = aPublicApp({ isDraining: () => true });
    const answers = await Promise.all(['/livez', '/readyz', '/healthz'].map((path) => api.get(path)));
    expect(answers.map(({ status, body }) => [status, body.status])).toEqual([
      [200, 'ok'],
      [503, 'draining'],
      [503, 'draining'],
    ]);
  });

  test('answer other verbs with 405', async () => {
    const { api } = aPublicApp();
    for (const path of ['/livez', '/readyz', '/healthz']) {
      const response = await api.post(path);
      expectProblem(response, 'method-not-allowed');
      expect(response.get('Allow')).toBe('GET, HEAD');
    }
  });

  test('their lines are for debugging only', async () => {
    const { api, lines } = aPublicApp();
    await api.get('/livez');
    expect(lines()).toEqual([expect.objectContaining({ level: 20, route: '/livez' })]);
  });
});
