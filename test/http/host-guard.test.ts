import { connect } from 'node:net';
import { type Listener, listen } from '../../src/http/listener';
import { aPublicApp, expectDurableError, expectProblem } from './listening';

/**
 * Guarantee: who asks under a name that is none of the service reads and changes nothing. Such a name is what a browser
 * sends for a page whose own name was rebound to our address.
 */

const LOOPBACK = { loopback: true, addresses: false, names: [] };
const NAMELESS = { loopback: true, addresses: true, names: [] };
const PUBLISHED = {
  loopback: false,
  addresses: false,
  names: ['pictures.example', '*.inner.example', '10.0.0.5', 'fd00::5'],
};
const START = '/api/v1/containers/photos/runs';
const STARTER = '/api/AnalysisFunctionStarter?container=photos';

describe('a listener on loopback', () => {
  test.each([
    ...['localhost', 'localhost:8080', 'LOCALHOST', 'localhost.', 'app.localhost:1', '127.0.0.1', '127.9.8.7:80'],
    ...['[::1]', '[::1]:8080'],
  ])('answers as %s', async (host) => {
    const { api } = aPublicApp({ hosts: LOOPBACK });
    expect((await api.get('/api/v1/runs').set('Host', host)).status).toBe(200);
    expect((await api.post(START).set('Host', host)).status).toBe(202);
  });

  test.each([
    ...['evil.example', 'evil.example:8080', 'localhost.evil.example', 'evil-localhost', '127.0.0.1.evil.example'],
    ...['10.0.0.5', '0.0.0.0', '[::2]', '1127.0.0.1', 'pictures.example'],
  ])('does nothing as %s', async (host) => {
    const { api, useCases } = aPublicApp({ hosts: LOOPBACK });
    for (const path of ['/api/v1/runs', STARTER, '/openapi.json', '/docs/errors', '/', '/readyz?verbose']) {
      expectProblem(await api.get(path).set('Host', host), 'unknown-host');
    }
    expectProblem(await api.post(START).set('Host', host), 'unknown-host');
    expectDurableError(await api.get('/runtime/webhooks/durabletask/instances').set('Host', host), 'unknown-host');
    expect(useCases.commands).toEqual([]);
  });
});

describe('a listener for others', () => {
  test.each([
    ...['pictures.example', 'PICTURES.example:443', 'pictures.example.', 'a.inner.example', 'b.a.inner.example:8080'],
    ...['10.0.0.5:8080', '[fd00::5]:8080', '[FD00::5]'],
  ])('answers as %s', async (host) => {
    const { api } = aPublicApp({ hosts: PUBLISHED });
    expect((await api.get('/api/v1/runs').set('Host', host)).status).toBe(200);
  });

  test.each(['localhost', '127.0.0.1', 'inner.example', 'xinner.example', 'a.pictures.example', '10.0.0.50'])(
    'does not answer as %s',
    async (host) => {
      const { api } = aPublicApp({ hosts: PUBLISHED });
      expectProblem(await api.get('/api/v1/runs').set('Host', host), 'unknown-host');
    },
  );

  test.each([
    ['10.0.0.5:8080', 200],
    ['[fd00::5]', 200],
    ['localhost', 200],
    ['evil.example', 421],
    ['10.0.0.5.evil.example', 421],
    ['10.5', 421],
  ])('that nobody has named answers as %s: %d', async (host, status) => {
    const { api } = aPublicApp({ hosts: NAMELESS });
    expect((await api.get('/api/v1/runs').set('Host', host)).status).toBe(status);
  });

  test('answers plain probes under every name, as an orchestrator asks by address', async () => {
    const { api } = aPublicApp({ hosts: PUBLISHED });
    for (const path of ['/livez', '/readyz', '/healthz']) {
      expect((await api.get(path).set('Host', '172.17.0.3:8080')).status).toBe(200);
    }
    expectProblem(await api.get('/readyz?verbose').set('Host', '172.17.0.3:8080'), 'unknown-host');
    expect((await api.get('/readyz?verbose').set('Host', 'pictures.example')).status).toBe(200);
  });
});

describe('bytes on the wire', () => {
  let listener: Listener;
  const shell = aPublicApp({ hosts: LOOPBACK });
  beforeAll(async () => {
    listener = await listen(shell.app, { host: '127.0.0.1', port: 0, name: 'public API' });
  });
  afterAll(() => listener.close(0));

  /** The status of the answer to these lines. */
  const statusOf = (...lines: string[]): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = connect(listener.port, '127.0.0.1', () =>
        socket.write([...lines, 'Connection: close', '', ''].join('\r\n')),
      );
      let heard = '';
      socket.on('data', (chunk) => {
        heard += String(chunk);
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1])));
    });

  test.each([
    ['one name of ours', 202, ['Host: localhost']],
    ['two names of ours', 400, ['Host: localhost', 'Host: localhost']],
    ['ours, then another', 400, ['Host: localhost', 'hOST: evil.example']],
    ['another, then ours', 400, ['Host: evil.example', 'Host: localhost']],
    ['no Host', 400, []],
    ['an empty Host', 400, ['Host:']],
    ['a Host that is none', 400, ['Host: localhost@evil.example']],
  ])('%s: %d', async (_, status, hosts) => {
    const before = shell.useCases.commands.length;
    expect(await statusOf(`POST ${START} HTTP/1.1`, ...hosts)).toBe(status);
    expect(shell.useCases.commands.length - before).toBe(status === 202 ? 1 : 0);
    shell.useCases.runs.clear();
  });

  test('the name in an absolute target counts as well', async () => {
    expect(await statusOf('GET http://evil.example/api/v1/runs HTTP/1.1', 'Host: localhost')).toBe(421);
    expect(await statusOf('GET http://x@y:z/api/v1/runs HTTP/1.1', 'Host: localhost')).toBe(421);
    expect(await statusOf('GET http://localhost:1/api/v1/runs HTTP/1.1', 'Host: localhost')).toBe(200);
  });

  test('HTTP/1.0 without a Host is served nothing but probes', async () => {
    expect(await statusOf('GET /api/v1/runs HTTP/1.0')).toBe(421);
    expect(await statusOf('GET /livez HTTP/1.0')).toBe(200);
  });
});
