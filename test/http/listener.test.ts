import { Agent, get, type IncomingMessage } from 'node:http';
import express from 'express';
import { ListenError, type Listener, listen } from '../../src/http/listener';

const LOOPBACK = { host: '127.0.0.1', port: 0, name: 'public API', setting: 'PORT' };
const GRACE_MS = 200;

/** Answers `/slow` when told to, everything else at once. */
function anApp() {
  let release: () => void = () => {};
  let reached: () => void = () => {};
  const isReached = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const app = express();
  app.get('/slow', (_req, res) => {
    release = () => res.send('done');
    reached();
  });
  app.get('/', (_req, res) => {
    res.send('here');
  });
  return { app, isReached, release: () => release() };
}

function ask(listener: Listener, path: string, agent: Agent | false = false): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port: listener.port, path, agent }, (res: IncomingMessage) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve(Buffer.concat(chunks).toString()));
    }).on('error', reject);
  });
}

describe('listen', () => {
  test('says where it listens', async () => {
    const listener = await listen(anApp().app, LOOPBACK);
    expect(listener.url).toBe(`http://127.0.0.1:${listener.port}`);
    expect(await ask(listener, '/')).toBe('here');
    await listener.close(0);
  });

  test('shows an address that can be opened where it binds every interface', async () => {
    const listener = await listen(anApp().app, { ...LOOPBACK, host: '0.0.0.0' });
    expect(listener.url).toBe(`http://127.0.0.1:${listener.port}`);
    await listener.close(0);
  });

  test('a taken port is named, with the setting to change', async () => {
    const first = await listen(anApp().app, LOOPBACK);
    const second = listen(anApp().app, { ...LOOPBACK, port: first.port });
    await expect(second).rejects.toThrow(ListenError);
    await expect(second).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: `Port ${first.port} (public API) is taken: stop what uses it, or set PORT to another port.`,
    });
    await first.close(0);
  });

  test('an address of another machine is named', async () => {
    await expect(listen(anApp().app, { ...LOOPBACK, host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
      message: expect.stringContaining('192.0.2.1'),
    });
  });
});

describe('close', () => {
  test('answers what is in flight and takes nothing new', async () => {
    const { app, isReached, release } = anApp();
    const listener = await listen(app, LOOPBACK);
    const slow = ask(listener, '/slow');
    await isReached;
    const closed = listener.close(5_000);
    await expect(ask(listener, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    release();
    expect(await slow).toBe('done');
    await closed;
  });

  test('does not wait for idle connections', async () => {
    const listener = await listen(anApp().app, LOOPBACK);
    const agent = new Agent({ keepAlive: true });
    await ask(listener, '/', agent);
    const startedAt = Date.now();
    await listener.close(5_000);
    expect(Date.now() - startedAt).toBeLessThan(1_000);
    agent.destroy();
  });

  test('a kept connection that was busy when it began is closed with its answer', async () => {
    const { app, isReached, release } = anApp();
    const listener = await listen(app, LOOPBACK);
    const agent = new Agent({ keepAlive: true });
    const slow = ask(listener, '/slow', agent);
    await isReached;
    const startedAt = Date.now();
    const closed = listener.close(5_000);
    release();
    expect(await slow).toBe('done');
    await closed;
    expect(Date.now() - startedAt).toBeLessThan(1_000);
    agent.destroy();
  });

  test('cuts what is still busy after the grace, and may be called twice', async () => {
    const { app, isReached } = anApp();
    const listener = await listen(app, LOOPBACK);
    const cut = expect(ask(listener, '/slow')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await isReached;
    await Promise.all([listener.close(GRACE_MS), listener.close(GRACE_MS), cut]);
  });
});
