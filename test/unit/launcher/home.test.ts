import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { etcdHost, type HomeKeys, openHome } from '../../../packages/dev-stack/src/home';

describe('the keys of a home', () => {
  let path: string;
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'contactsheet-'));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  function keys(): HomeKeys {
    const home = openHome(path);
    home.release();
    return home.keys;
  }

  test('are made once, kept, and readable by their owner only', () => {
    const made = keys();
    expect(new Set(Object.values(made)).size).toBe(6);
    expect(made.linkKey).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(join(path, 'keys.json')).mode & 0o777).toBe(0o600);
    expect(keys()).toEqual(made);
  });

  test('of a home without a key for links: the others stay, it gets one and keeps it', () => {
    const { linkKey: _, ...older } = keys();
    writeFileSync(join(path, 'keys.json'), JSON.stringify(older));
    const now = keys();
    expect(now).toMatchObject(older);
    expect(now.linkKey).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(readFileSync(join(path, 'keys.json'), 'utf8'))).toEqual(now);
    expect(keys()).toEqual(now);
  });

  test.each(['', '{', 'null'])('a file that holds no keys (%j) is written anew', (text) => {
    writeFileSync(join(path, 'keys.json'), text);
    expect(keys()).toEqual(keys());
  });
});

test('the etcd of a home has an address of its own in the loopback network, the same at every start', () => {
  const hosts = ['a', 'b', 'c', 'd'].map((sidecarToken) => etcdHost({ sidecarToken }, 'linux'));
  expect(new Set(hosts).size).toBe(4);
  for (const host of hosts) expect(host).toMatch(/^127\.(?!0\.)\d{1,3}\.\d{1,3}\.(?!0$)\d{1,3}$/);
  expect(etcdHost({ sidecarToken: 'a' }, 'linux')).toBe(hosts[0]);
  expect(etcdHost({ sidecarToken: 'a' }, 'darwin')).toBe('127.0.0.1');
});
