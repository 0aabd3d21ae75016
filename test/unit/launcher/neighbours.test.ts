import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHome } from '../../../packages/dev-stack/src/home';
import { createPart, LostPort } from '../../../packages/dev-stack/src/part';
import { createPortClaims } from '../../../packages/dev-stack/src/port-claims';
import { createPortBook } from '../../../packages/dev-stack/src/ports';
import { privateFolder } from '../../../packages/dev-stack/src/private-folder';
import { isListenedOn, ownsPorts } from '../../../packages/dev-stack/src/socket-owner';
import { socketsFolder } from '../../../packages/dev-stack/src/sockets';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'contactsheet-unit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Listens in another process; answers with its port and a way to end it. */
async function listener(port = 0) {
  const script = `const s = require('node:http').createServer((q, r) => r.end('theirs'));
    s.listen(${port}, '127.0.0.1', () => console.log(s.address().port));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    pid: child.pid ?? 0,
    port: Number(text),
    async end() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('claims of ports', () => {
  test('a port is claimed once, and again when it was given back', () => {
    const [one, other] = [createPortClaims(folder), createPortClaims(folder)];
    expect([one.take(4_000), other.take(4_000), other.take(4_001)]).toEqual([true, false, true]);
    one.release(4_000);
    expect(other.take(4_000)).toBe(true);
    for (const port of [4_000, 4_001]) other.release(port);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('the claim of another process holds as long as it lives, and not longer', async () => {
    const other = await listener();
    writeFileSync(join(folder, `4000.${other.pid}`), '');
    const claims = createPortClaims(folder);
    expect(claims.take(4_000)).toBe(false);
    expect(readdirSync(folder)).toEqual([`4000.${other.pid}`]);
    await other.end();
    expect(claims.take(4_000)).toBe(true);
    expect(readdirSync(folder)).toEqual([`4000.${process.pid}`]);
    claims.release(4_000);
  });

  test('a process that has the number of a dead one holds nothing', async () => {
    const other = await listener();
    writeFileSync(join(folder, `4000.${other.pid}`), 'another command line');
    const claims = createPortClaims(folder);
    expect(claims.take(4_000)).toBe(true);
    claims.release(4_000);
    await other.end();
  });

  test('two books never choose the same port, also where nothing listens yet', async () => {
    const books = [createPortBook(), createPortBook()];
    const chosen = await Promise.all(books.flatMap((book) => [book.nearest(21_000), book.nearest(21_000)]));
    expect(new Set(chosen).size).toBe(chosen.length);
    for (const book of books) book.release();
  });
});

describe('the owner of a port', () => {
  test('is the process that listens there, and nobody else', async () => {
    const theirs = await listener();
    expect(isListenedOn(theirs.port)).toBe(true);
    expect(ownsPorts(theirs.pid, [theirs.port])).toBe(true);
    expect(ownsPorts(process.pid, [theirs.port])).toBe(false);
    const ours = createServer().listen(0, '127.0.0.1');
    await once(ours, 'listening');
    const { port } = ours.address() as { port: number };
    expect(ownsPorts(process.pid, [port])).toBe(true);
    expect(ownsPorts(process.pid, [port, theirs.port])).toBe(false);
    ours.close();
    await theirs.end();
    expect(isListenedOn(theirs.port)).toBe(false);
  });
});

describe('a part whose port somebody else has', () => {
  const partOn = (port: number, script: string) =>
    createPart(
      {
        name: 'vision',
        command: [process.execPath, '-e', script],
        cwd: folder,
        env: process.env,
        logFile: join(folder, 'vision.log'),
        ports: [port],
        isReady: async () => (await fetch(`http://127.0.0.1:${port}`)).ok,
        readyWithinMs: 20_000,
        graceMs: 500,
      },
      { restarts: true, report: () => undefined },
    );
  const SERVE = (port: number) =>
    `require('node:http').createServer((q, r) => r.end('ours')).listen(${port}, '127.0.0.1')`;

  test('is not ready because that one answers, and is given up', async () => {
    const theirs = await listener();
    const part = partOn(theirs.port, SERVE(theirs.port));
    await expect(part.start()).rejects.toBeInstanceOf(LostPort);
    await part.stop();
    await theirs.end();
  });

  test('is given up also when the port was taken while it was started again', async () => {
    const { port, end } = await listener();
    await end();
    const part = partOn(port, SERVE(port));
    await part.start();
    part.holdRestart(1_500);
    part.kill('SIGKILL');
    while (isListenedOn(port)) await new Promise((resolve) => setTimeout(resolve, 10));
    const theirs = await listener(port);
    await expect(part.ready()).rejects.toBeInstanceOf(LostPort);
    expect(part.pid()).toBeUndefined();
    await part.stop();
    await theirs.end();
  });
});

describe('folders of this user alone', () => {
  test('are made so, and tightened where they are not', () => {
    const path = join(folder, 'a');
    expect(statSync(privateFolder(path)).mode & 0o777).toBe(0o700);
    chmodSync(path, 0o777);
    expect(statSync(privateFolder(path)).mode & 0o777).toBe(0o700);
  });

  test('a link that leads elsewhere is refused', () => {
    mkdirSync(join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'link'));
    expect(() => privateFolder(join(folder, 'link'))).toThrow(/not a folder of this user/);
  });

  test('an existing home with loose modes is tightened', () => {
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'keys.json'), '{}', { mode: 0o644 });
    writeFileSync(join(folder, 'endpoints.json'), '{}', { mode: 0o644 });
    openHome(folder).release();
    expect(statSync(folder).mode & 0o077).toBe(0);
    for (const name of ['keys.json', 'endpoints.json']) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  });

  test('sockets lie in a new one at every start, in the home or, where that lies too deep, in that for temporary files', () => {
    const homeAt = (path: string) => ({ path, at: (...names: string[]) => join(path, ...names) });
    const [first, second] = [socketsFolder(homeAt(folder)), socketsFolder(homeAt(folder))];
    expect(first.path).not.toBe(second.path);
    const deep = socketsFolder(homeAt(join(folder, 'x'.repeat(100))));
    expect(deep.path.startsWith(folder)).toBe(false);
    for (const { path } of [second, deep]) expect(statSync(path).mode & 0o777).toBe(0o700);
    for (const each of [first, second, deep]) each.remove();
    expect(() => statSync(deep.path)).toThrow(/ENOENT/);
  });
});

test('tokens that somebody else may have seen are made anew, the other keys stay', () => {
  const home = openHome(folder);
  const before = home.keys;
  home.forgetTokens();
  home.release();
  const again = openHome(folder);
  again.release();
  expect(again.keys).toMatchObject({ cosmosKey: before.cosmosKey, linkKey: before.linkKey });
  expect(again.keys.sidecarToken).not.toBe(before.sidecarToken);
  expect(again.keys.appApiToken).not.toBe(before.appApiToken);
});
