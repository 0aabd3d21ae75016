import { connect, type Socket } from 'node:net';
import { type Listener, listen } from '../../src/http/listener';

/** Guarantee: who asks and takes nothing of the answer holds no connection; who is slow, or waits, keeps it. */

const UNREAD_MS = 500;
/** More than a system keeps for a reader. */
const MUCH = Buffer.alloc(32 * 1024 * 1024, 'x');
const MADE_WITHIN_MS = 3 * UNREAD_MS;

let listener: Listener;
let socket: Socket;
/** The answer has been cut, or has gone out. */
let over: Promise<void>;
let heard: number;
beforeEach(async () => {
  let end: () => void;
  over = new Promise((resolve) => {
    end = resolve;
  });
  heard = 0;
  listener = await listen(
    (req, res) => {
      res.once('close', () => end());
      if (req.url === '/much') res.end(MUCH);
      else setTimeout(() => res.end('made'), MADE_WITHIN_MS);
    },
    { host: '127.0.0.1', port: 0, name: 'public API', unreadMs: UNREAD_MS },
  );
});
afterEach(async () => {
  socket.destroy();
  await listener.close(0);
});

function ask(path: string): void {
  socket = connect(listener.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
}

/** Reads to the end, with a rest after each piece. */
async function read(restMs: number): Promise<void> {
  socket.on('data', ({ length }) => {
    heard += length;
    socket.pause();
    setTimeout(() => socket.resume(), restMs);
  });
  await new Promise((resolve) => socket.once('close', resolve));
}

test('an answer of which nothing is read is cut off', async () => {
  ask('/much');
  await over;
  await read(0);
  expect(heard).toBeLessThan(MUCH.length);
}, 20_000);

test('one that is read slowly is not', async () => {
  ask('/much');
  await read(5);
  expect(heard).toBeGreaterThan(MUCH.length);
}, 60_000);

test('nor is one that takes long to make', async () => {
  ask('/slow');
  await read(0);
  expect(heard).toBeGreaterThan('made'.length);
}, 20_000);
