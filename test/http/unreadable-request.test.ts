import { connect } from 'node:net';
import { type Listener, listen } from '../../src/http/listener';
import { ProblemSchema } from '../../src/contract/schemas/problem';

/** Guarantee: what no application gets to see is refused with a problem document too, and its connection ends. */

let listener: Listener;
beforeAll(async () => {
  listener = await listen(
    (req, res) => {
      if (req.url === '/begun') res.write('part');
      else res.end('here');
    },
    { host: '127.0.0.1', port: 0, name: 'public API' },
  );
});
afterAll(() => listener.close(0));

/** Everything that comes back until the other side closes. */
function send(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(listener.port, '127.0.0.1', () => socket.write(bytes));
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString()));
    socket.on('close', () => resolve(heard));
    socket.on('error', reject);
  });
}

test.each([
  [
    'an address of 17,000 characters',
    `GET /?continuation=${'x'.repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    431,
    'headers-too-large',
  ],
  [
    'a header of 17,000 characters',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`,
    431,
    'headers-too-large',
  ],
  ['no HTTP at all', 'HELLO\r\n\r\n', 400, 'invalid-request'],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
    400,
    'invalid-request',
  ],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'invalid-request'],
  ['no Host, and a body that never comes', 'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n', 400, 'invalid-request'],
  ['an expectation of its own', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n', 417, 'expectation-failed'],
])('%s', async (_, bytes, status, code) => {
  const [head = '', text = ''] = (await send(bytes)).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(head).toContain('Content-Type: application/problem+json');
  expect(head).toContain(`Content-Length: ${Buffer.byteLength(text)}`);
  expect(ProblemSchema.parse(JSON.parse(text))).toMatchObject({ status, code });
});

test('the answer to a HEAD request has no body', async () => {
  const heard = await send(`HEAD /?continuation=${'x'.repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect(heard).toMatch(/^HTTP\/1\.1 431 /);
  expect(heard).toMatch(/\r\n\r\n$/);
});

test.each(['HEAD / HTTP/1.1\r\n\r\n', 'HEAD / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n'])(
  'the refusal of %j has no body',
  async (bytes) => {
    const heard = await send(bytes);
    expect(heard).toMatch(/^HTTP\/1\.1 4/);
    expect(heard).toMatch(/\r\n\r\n$/);
  },
);

test.each([
  'GET / HTTP/1.0\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx',
])('%j is served', async (bytes) => {
  expect(await send(bytes)).toMatch(/HTTP\/1\.1 200 OK[\s\S]*here/);
});

test('what comes after a request is not answered into its answer, which is cut off', async () => {
  const heard = await send('GET /begun HTTP/1.1\r\nHost: a\r\n\r\nHELLO\r\n\r\n');
  expect(heard).not.toContain('HTTP/1.1 400');
  expect(heard).not.toMatch(/\r\n0\r\n\r\n$/);
});
