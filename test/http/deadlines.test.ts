import { connect } from 'node:net';
import express from 'express';
import { readBody } from '../../src/http/json-body';
import { type Listener, listen } from '../../src/http/listener';

/** Guarantee: who sends byte by byte is given up after 15 s for the headers and after 30 s for all of a request. */

let listener: Listener;
beforeAll(async () => {
  const app = express();
  app.use(readBody, (_req, res) => void res.send('here'));
  listener = await listen(app, { host: '127.0.0.1', port: 0, name: 'public API' });
});
afterAll(() => listener.close(0));

/** Says the beginning, then a byte every half a second, and answers what was heard and after how many seconds. */
function drip(beginning: string): Promise<{ readonly heard: string; readonly seconds: number }> {
  return new Promise((resolve) => {
    const socket = connect(listener.port, '127.0.0.1', () => socket.write(beginning));
    const since = performance.now();
    const drops = setInterval(() => socket.write('a'), 500);
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString()));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(drops);
      resolve({ heard, seconds: (performance.now() - since) / 1_000 });
    });
  });
}

test('headers and bodies that come byte by byte are given up in time', async () => {
  const [headers, body, nothing] = await Promise.all([
    drip('GET / HTTP/1.1\r\nHost: localhost\r\nX-A: '),
    drip('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n'),
    drip(''),
  ]);
  for (const { heard } of [headers, body]) expect(heard).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request-timeout"/);
  // Node looks once a second; the rest is for a machine under load.
  expect(headers.seconds).toBeGreaterThan(14.5);
  expect(headers.seconds).toBeLessThan(20);
  expect(nothing.seconds).toBeLessThan(20);
  expect(body.seconds).toBeGreaterThan(29.5);
  expect(body.seconds).toBeLessThan(35);
}, 60_000);
