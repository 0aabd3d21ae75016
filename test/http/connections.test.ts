import { once } from 'node:events';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import express from 'express';
import { type Listener, listen } from '../../src/http/listener';

const LIMITS = { total: 40, perAddress: 30 };

let listener: Listener;
let release: () => void;
const sockets: Socket[] = [];

beforeEach(async () => {
  const app = express();
  app.get('/livez', (_req, res) => void res.send('alive'));
  app.get('/slow', (_req, res) => {
    release = () => res.send('done');
  });
  const at = { host: '127.0.0.1', port: 0, name: 'public API' };
  listener = await listen(app, { ...at, connections: LIMITS });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listener.close(0);
});

async function open(first = ''): Promise<Socket> {
  const socket = connect(listener.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (first !== '') {
    socket.write(first);
    await once(socket, 'data');
  }
  return socket;
}

function ask(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port: listener.port, path, agent: false }, (res) => {
      res.setEncoding('utf8').once('data', resolve);
    }).once('error', reject);
  });
}

describe('a caller who opens connections and keeps them', () => {
  const KEEP_ALIVE = 'GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n';

  test.each([
    ['after a request', KEEP_ALIVE],
    ['without a word', ''],
  ])('%s keeps no probe out', async (_when, first) => {
    for (let i = 0; i < 100; i += 1) await open(first);
    expect(await ask('/livez')).toBe('alive');
  });

  test('loses the one that has been silent for longest', async () => {
    const oldest = await open(KEEP_ALIVE);
    const closed = once(oldest, 'close');
    for (let i = 0; i < LIMITS.perAddress; i += 1) await open(KEEP_ALIVE);
    await closed;
    expect(sockets.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(LIMITS.perAddress);
  });

  test('and cuts no answer that is under way', async () => {
    const slow = ask('/slow');
    while (release === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    for (let i = 0; i < 100; i += 1) await open();
    release();
    expect(await slow).toBe('done');
  });
});
