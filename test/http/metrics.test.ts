import { get } from 'node:http';
import { type Listener, listen } from '../../src/http/listener';
import { answerScrapes } from '../../src/wiring/metrics';

/** Guarantee: figures go to whoever asks by address or by our names, not to a page whose name was rebound to us. */

let renders: number;
let listener: Listener;
beforeEach(async () => {
  renders = 0;
  const metrics = {
    async render() {
      renders += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { contentType: 'text/plain; version=0.0.4', text: `contactsheet_renders ${renders}\n` };
    },
  };
  const app = answerScrapes(metrics, ['pictures.example', '*.monitoring.svc']);
  listener = await listen(app, { host: '127.0.0.1', port: 0, name: 'metrics' });
});
afterEach(() => listener.close(0));

function ask(
  host: string,
  path = '/metrics',
  method = 'GET',
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    get({ port: listener.port, path, method, headers: { host }, agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
    }).once('error', reject);
  });
}

test.each([
  '127.0.0.1:9464',
  'localhost',
  '[::1]:9464',
  '10.4.0.17:9464',
  '[fd00::7]',
  'pictures.example',
  'a.monitoring.svc:9464',
])('are there under %s', async (host) =>
  expect(await ask(host)).toEqual({ status: 200, text: 'contactsheet_renders 1\n' }),
);

test.each(['evil.example:9464', '127.0.0.1.evil.example', 'monitoring.svc', 'pictures.example.evil.example', 'a b'])(
  'are not there under %s, and nothing was asked for them',
  async (host) => {
    const { status, text } = await ask(host);
    expect([400, 421]).toContain(status);
    expect(text).not.toContain('contactsheet_');
    expect(renders).toBe(0);
  },
);

test('are made once for all who ask at the same time', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => ask('localhost')));
  expect(new Set(all.map(({ text }) => text)).size).toBeLessThanOrEqual(2);
  expect(renders).toBeLessThanOrEqual(2);
  await ask('localhost');
  expect(renders).toBeGreaterThanOrEqual(2);
});

test.each([
  ['POST', '/metrics', 405],
  ['GET', '/', 404],
  ['GET', '/api/v1/runs', 404],
  ['GET', '/metricsx', 404],
])('%s %s: %d', async (method, path, status) => {
  expect((await ask('localhost', path, method)).status).toBe(status);
  expect(renders).toBe(0);
});
