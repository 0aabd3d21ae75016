import { request } from 'node:http';
import { connect } from 'node:net';
import { type LocalVision, type LocalVisionOptions, startLocalVision } from '../../../packages/dev-vision/src/server';

/**
 * Guarantee: a web page elsewhere, be it on another port of this machine or behind a name that was rebound to it, reads
 * and changes nothing of the local Vision; programs on this machine go on as before. Who sends slowly is let go.
 */

const started: LocalVision[] = [];

async function start(options: Partial<LocalVisionOptions> = {}): Promise<LocalVision> {
  const service = await startLocalVision({ port: 0, key: 'k', ...options });
  started.push(service);
  return service;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((service) => service.close()));
});

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function ask({ port }: LocalVision, { method = 'GET', path = '/_dev/about', headers = {}, body }: Ask) {
  return new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Sends text as it is; resolves to all that came until the other side closed. */
function raw({ port }: LocalVision, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

const CONTROLS: readonly Ask[] = [
  { path: '/_dev/about' },
  { path: '/stats?detail=hashes' },
  { path: '/stats', method: 'DELETE' },
  { path: '/_dev/faults' },
  { path: '/_dev/faults', method: 'DELETE' },
  { path: '/_dev/faults', method: 'POST', body: '[{"behaviour":"429"}]' },
  { path: '/_dev/pace', method: 'POST', body: '{"latencyMs":5}' },
];

const json = { 'Content-Type': 'application/json' };

it('a name that was rebound to this machine: 421, whatever is asked', async () => {
  const service = await start();
  for (const control of CONTROLS) {
    for (const host of ['rebound.example', `rebound.example:${service.port}`, '127.0.0.1.rebound.example', '0.0.0.0']) {
      const { status, text } = await ask(service, { ...control, headers: { ...json, Host: host } });
      expect({ status, text }).toEqual({ status: 421, text: expect.stringContaining('does not name this machine') });
    }
  }
});

it('a page of another origin, on this machine too: 403, and nothing changed', async () => {
  const service = await start();
  const foreign = [
    { Origin: 'https://elsewhere.example' },
    { Origin: `http://127.0.0.1:${service.port + 1}` },
    { Origin: `http://localhost:${service.port}` }, // our port, and not the name we were asked by
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ];
  for (const control of CONTROLS) {
    for (const headers of foreign) {
      expect((await ask(service, { ...control, headers: { ...json, ...headers } })).status).toBe(403);
    }
  }
  expect(JSON.parse((await ask(service, { path: '/_dev/faults' })).text)).toEqual({ faults: [] });
  expect(JSON.parse((await ask(service, { path: '/_dev/about' })).text)).toMatchObject({ latencyMs: 0 });
});

it('a request that needs no permission from a browser changes nothing', async () => {
  const service = await start();
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const headers = { 'Content-Type': type };
    expect((await ask(service, { ...(CONTROLS[6] as Ask), headers })).status).toBe(400);
  }
  expect((await ask(service, { path: '/_dev/pace' })).status).toBe(404);
  expect(JSON.parse((await ask(service, {})).text)).toMatchObject({ latencyMs: 0 });
});

it('two Host headers: 400', async () => {
  const service = await start();
  const lines = ['GET /_dev/about HTTP/1.1', 'Host: localhost', 'Host: rebound.example', 'Connection: close', '', ''];
  expect(await raw(service, lines.join('\r\n'))).toMatch(/^HTTP\/1\.1 400 /);
});

it('programs on this machine, and its own pages, may', async () => {
  const service = await start();
  for (const host of ['localhost', '127.0.0.1', '[::1]', 'vision.localhost', 'LOCALHOST']) {
    const Host = `${host}:${service.port}`;
    for (const headers of [
      { Host },
      { Host, Origin: `http://${Host}`, 'Sec-Fetch-Site': 'same-origin' },
      { Host, 'Sec-Fetch-Site': 'none' },
    ]) {
      expect((await ask(service, { headers })).status).toBe(200);
      expect((await ask(service, { ...(CONTROLS[6] as Ask), headers: { ...json, ...headers } })).status).toBe(200);
    }
  }
});

it('a head or a body that does not come is answered 408 when its time is over', async () => {
  const service = await start({ headersTimeoutMs: 600, requestTimeoutMs: 1200 });
  const startedMs = performance.now();
  const head = raw(service, 'GET /_dev/about HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  const body = raw(service, 'POST /vision/v3.2/analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf');
  expect(await head).toMatch(/^HTTP\/1\.1 408 /);
  await body;
  expect(performance.now() - startedMs).toBeLessThan(20_000);
  expect(JSON.parse((await ask(service, { path: '/stats' })).text)).toMatchObject({ inFlight: 0 });
});
