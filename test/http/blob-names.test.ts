import { get } from 'node:http';
import { type Listener, listen } from '../../src/http/listener';
import { ImageSchema } from '../../src/contract/schemas/image';
import { anImage } from './fake-use-cases';
import { aPublicApp, expectShape } from './listening';

/**
 * Any name that Blob Storage can list is found under `encodeURIComponent(name)`. Sent over a bare socket request: no
 * client library between that could normalise the path.
 */
const NAMES = [
  'a.jpg',
  'a/b.jpg',
  'a%2Fb.jpg',
  'a%252Fb.jpg',
  '100%.jpg',
  '%',
  '..',
  '.',
  '../../etc/passwd',
  'a/../b.jpg',
  'trailing.',
  'trailing/',
  '/leading',
  '//',
  'with space & ümlaut #1?.jpg',
  '+plus+.jpg',
  '写真/夏.png',
  '🙂👩‍👩‍👧.webp',
  'e\u0301 combining',
  'quote\'".jpg',
  '<script>alert(1)</script>.jpg',
  'line\r\nX-Injected: yes',
  'back\\slash;a=b,c|d~e',
  'null',
  '__proto__',
  'constructor',
  ':id*(x)',
  'runs',
  'é'.repeat(1_024),
];

function ask(listener: Listener, path: string): Promise<{ status: number; headers: object; body: unknown }> {
  return new Promise((resolve, reject) => {
    get({ port: listener.port, path, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body });
      });
    }).on('error', reject);
  });
}

describe('GET an image by its name', () => {
  const shell = aPublicApp();
  let listener: Listener;
  beforeAll(async () => {
    shell.useCases.images.push(...NAMES.map((name) => anImage(name)));
    listener = await listen(shell.app, { host: '127.0.0.1', port: 0, name: 'public API' });
  });
  afterAll(() => listener.close(0));

  test.each(NAMES)('%j', async (name) => {
    const answer = await ask(listener, `/api/v1/containers/photos/images/${encodeURIComponent(name)}`);
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('x-injected');
    const { blob, contribution, replaced } = expectShape(answer.body, ImageSchema);
    expect(blob).toBe(name);
    expect(contribution).toMatchObject({ 'i:succeeded': 1, 'b:': 1_234, 't:mountain': 1 });
    expect(replaced).toEqual({});
  });

  test.each(['%zz', '%', '%e0%a4', '%c0%ae'])('%s is not percent-encoding: 400', async (segment) => {
    const answer = await ask(listener, `/api/v1/containers/photos/images/${segment}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
  });

  test('a name that is not encoded whole is another route: 404', async () => {
    const answer = await ask(listener, '/api/v1/containers/photos/images/a/b.jpg');
    expect(answer).toMatchObject({ status: 404, body: { code: 'route-not-found' } });
  });

  test('a name no result has: 404; a name no blob can have: 400', async () => {
    expect(await ask(listener, '/api/v1/containers/photos/images/none.jpg')).toMatchObject({
      status: 404,
      body: { code: 'image-not-found' },
    });
    expect(await ask(listener, `/api/v1/containers/photos/images/${'x'.repeat(1_025)}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid-request', errors: [{ pointer: '/path/blob' }] },
    });
  });

  test('what the store adds to a document stays inside', async () => {
    shell.useCases.images.push({ ...anImage('stored.jpg'), _rid: 'r', _ts: 1, version: 'v' } as never);
    expectShape((await ask(listener, '/api/v1/containers/photos/images/stored.jpg')).body, ImageSchema);
  });
});
