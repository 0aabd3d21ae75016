import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../../packages/cli/src/run-cli';
import { createIdentities } from '../../../src/gateways/identity/identities';
import { createKeyIdentity } from '../../../src/gateways/identity/key-identity';
import { createKeysFileReader } from '../../../src/gateways/identity/keys-file';
import { TrustedProxies } from '../../../src/gateways/identity/trusted-proxies';
import { aContext } from './screen';

const folder = mkdtempSync(join(tmpdir(), 'cli-keys-'));
const FILE = join(folder, 'keys.json');
afterEach(() => rmSync(FILE, { force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

async function keys(...words: string[]) {
  const context = aContext({ env: { KEYS_FILE: FILE } });
  const code = await runCli(['keys', ...words], context);
  return { code, out: context.stdout.text(), err: context.stderr.text() };
}

const listed = async () => JSON.parse((await keys('list', '-o', 'json')).out).value as Record<string, unknown>[];

/** As a server reads the file. */
function recognize(bearer: string) {
  const nowMs = () => Date.parse('2026-01-03T00:00:00Z');
  const source = createKeyIdentity({ file: createKeysFileReader(FILE), nowMs });
  const identities = createIdentities({ sources: [source], proxies: new TrustedProxies([]), nowMs });
  return identities({ bearer, header: () => [], origin: 'test' });
}

test('a key is printed once, opens as it says, and opens nothing when it is revoked', async () => {
  const made = await keys(
    'create',
    'night job',
    '--role',
    'operator',
    '--containers',
    'team-a-*,photos',
    '--expires',
    '2d',
  );
  expect(made.code).toBe(0);
  const bearer = made.out.trim();
  expect(bearer).toMatch(/^cs_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
  const [, id = '', secret = ''] = /^cs_(.{12})_(.+)$/.exec(bearer) ?? [];
  expect(made.err).toContain(id);
  expect(made.err + readFileSync(FILE, 'utf8') + (await keys('list', '-o', 'json')).out).not.toContain(secret);
  expect(await listed()).toEqual([
    {
      ...{ id, name: 'night job', roles: ['operator'], containers: ['team-a-*', 'photos'] },
      ...{ createdAt: '2026-01-02T03:05:00.000Z', expiresAt: '2026-01-04T03:05:00.000Z' },
    },
  ]);
  expect(await recognize(bearer)).toMatchObject({ kind: 'known', principal: { name: 'night job', how: 'key' } });
  expect((await keys('revoke', id)).code).toBe(0);
  expect(await listed()).toEqual([]);
  expect(await recognize(bearer)).toMatchObject({ kind: 'refused' });
});

test('only its owner can read the file, and others that are there stay', async () => {
  await keys('create', 'one', '--role', 'reader');
  chmodSync(FILE, 0o644);
  await keys('create', 'two', '--role', 'admin');
  expect(statSync(FILE).mode & 0o777).toBe(0o600);
  expect((await listed()).map(({ name }) => name)).toEqual(['one', 'two']);
  expect((await keys('list')).out).toMatch(/one +reader +all +never\n.*two +admin/);
});

test('a link stays a link: what it leads to is edited, as a server may have been given either', async () => {
  const made = await keys('create', 'one', '--role', 'reader');
  const link = join(folder, 'link.json');
  symlinkSync(FILE, link);
  const context = aContext({ env: { KEYS_FILE: link } });
  const [, id = ''] = /^cs_(.{12})_/.exec(made.out) ?? [];
  expect(await runCli(['keys', 'revoke', id], context)).toBe(0);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(await recognize(made.out.trim())).toMatchObject({ kind: 'refused' });
  rmSync(link);
});

test.each([
  [['create', 'x'], 2],
  [['create', 'x', '--role', 'public'], 2],
  [['create', 'x', '--role', 'king'], 2],
  [['create', 'a\nb', '--role', 'reader'], 2],
  [['create', 'x', '--role', 'reader', '--containers', 'Photos'], 2],
  [['create', 'x', '--role', 'reader', '--expires', 'soon'], 2],
  [['revoke', 'nobody'], 5],
])('%j ends with %i and writes nothing', async (words, code) => {
  const said = await keys(...words);
  expect([said.code, said.out, existsSync(FILE), existsSync(`${FILE}.new`)]).toEqual([code, '', false, false]);
  expect(said.err).not.toBe('');
});

test('a file that is not understood is left as it is, and an edit that goes on is waited out', async () => {
  writeFileSync(FILE, '{"version":2}');
  expect(await keys('create', 'x', '--role', 'reader')).toMatchObject({
    code: 1,
    err: expect.stringContaining('version'),
  });
  expect(readFileSync(FILE, 'utf8')).toBe('{"version":2}');
  writeFileSync(`${FILE}.new`, '');
  expect(await keys('create', 'x', '--role', 'reader')).toMatchObject({ code: 8 });
  rmSync(`${FILE}.new`);
});

test('without a file it asks for one', async () => {
  const context = aContext();
  expect(await runCli(['keys', 'list'], context)).toBe(2);
  expect(context.stderr.text()).toContain('KEYS_FILE');
});

test('a key that no header can carry is refused, and not repeated', async () => {
  const context = aContext({ env: { CONTACTSHEET_KEY: 'secret\nx: y' } });
  expect(await runCli(['run', 'list'], context)).toBe(2);
  expect(context.stderr.text()).not.toContain('secret');
});
