import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireChromium, findChromium } from '../../../packages/dev-stack/src/chromium';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'contactsheet-chromium-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, '');
  chmodSync(path, 0o755);
  return path;
}

/** One that has nothing but what is put there. */
const machine = (said: string[]) => ({
  ...{ env: { PATH: folder }, elsewhere: [], say: (line: string) => void said.push(line) },
});

test('CHROMIUM_PATH comes first, then PATH in the order of the names', () => {
  const chrome = put('google-chrome');
  expect(findChromium({ PATH: folder })).toBe(chrome);
  const chromium = put('chromium');
  expect(findChromium({ PATH: `/nowhere:${folder}` })).toBe(chromium);
  const own = put('own');
  expect(findChromium({ PATH: folder, CHROMIUM_PATH: own })).toBe(own);
  expect(findChromium({ PATH: folder, CHROMIUM_PATH: join(folder, 'missing') })).toBe(chromium);
});

test('who is not root is told what to install, and nothing is run', async () => {
  const said: string[] = [];
  const aptGet = jest.fn(async () => 0);
  const found = await acquireChromium({ ...machine(said), mayInstall: false, aptGet });
  expect(aptGet).not.toHaveBeenCalled();
  expect(found).toBeUndefined();
  expect(said).toEqual([expect.stringContaining('apt-get install chromium')]);
});

test('root on Debian gets it; where apt-get fails, how to install it is said', async () => {
  const said: string[] = [];
  const asked: string[] = [];
  const install = (code: number) => async (words: readonly string[]) => {
    asked.push(words[0] ?? '');
    if (words[0] === 'install' && code === 0) put('chromium');
    return words[0] === 'install' ? code : 0;
  };
  const root = { ...machine(said), mayInstall: true };
  expect(await acquireChromium({ ...root, aptGet: install(100) })).toBeUndefined();
  expect(said.at(-1)).toContain('CHROMIUM_PATH');
  expect(await acquireChromium({ ...root, aptGet: install(0) })).toBe(join(folder, 'chromium'));
  expect(asked).toEqual(['update', 'install', 'update', 'install']);
});
