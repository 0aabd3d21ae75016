import { createServer, type Server } from 'node:net';
import { answers, createPortBook, isFree } from '../../../packages/dev-stack/src/ports';

function listen(port = 0): Promise<{ readonly server: Server; readonly port: number }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address ? address.port : 0 });
    });
  });
}

describe('a port book', () => {
  let taken: { readonly server: Server; readonly port: number };
  beforeAll(async () => {
    taken = await listen();
  });
  afterAll(() => taken.server.close());

  test('moves to the next free port where the preferred one is taken', async () => {
    expect(await isFree(taken.port)).toBe(false);
    expect(await answers(taken.port)).toBe(true);
    expect(await createPortBook().nearest(taken.port)).toBeGreaterThan(taken.port);
  });

  test('never gives a port twice', async () => {
    const book = createPortBook();
    const first = await book.any();
    expect(await book.nearest(first)).not.toBe(first);
  });

  test('does not move onto the preferred port of another part', async () => {
    const book = createPortBook({ preferredByOthers: [taken.port, taken.port + 1] });
    expect(await book.nearest(taken.port)).toBeGreaterThan(taken.port + 1);
  });

  test('refuses, and does not move, a port that was asked for', async () => {
    await expect(createPortBook().exactly(taken.port, 'API_PORT')).rejects.toMatchObject({
      sentence: `Port ${taken.port} of API_PORT is taken by another program.`,
      exitCode: 2,
    });
  });

  test('takes free ports below those of outgoing connections', async () => {
    const book = createPortBook({ everywhereFree: true });
    const port = await book.nearest(8080);
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_768);
  });
});
