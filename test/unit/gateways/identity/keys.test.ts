import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AccessKey, formatAccessKey } from '../../../../src/domain/access/access-key';
import type { Shown } from '../../../../src/domain/access/recognition';
import { createIdentities } from '../../../../src/gateways/identity/identities';
import { createKeyIdentity } from '../../../../src/gateways/identity/key-identity';
import { createKeysFileReader } from '../../../../src/gateways/identity/keys-file';
import { TrustedProxies } from '../../../../src/gateways/identity/trusted-proxies';

const NOW = Date.parse('2026-05-01T00:00:00.000Z');
const folder = mkdtempSync(join(tmpdir(), 'keys-'));
const path = join(folder, 'keys.json');
afterAll(() => rmSync(folder, { recursive: true }));

function aKey(id: string, more: Partial<AccessKey> = {}) {
  const secret = randomBytes(32).toString('base64url');
  const key: AccessKey = {
    id: id.padEnd(12, '0'),
    name: `of ${id}`,
    sha256: createHash('sha256').update(secret).digest('hex'),
    roles: ['operator'],
    createdAt: '2026-01-01T00:00:00.000Z',
    ...more,
  };
  return { key, secret, bearer: formatAccessKey({ id: key.id, secret }) };
}

function write(...keys: AccessKey[]): void {
  writeFileSync(`${path}.new`, JSON.stringify({ version: 1, keys }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

const shown = (bearer?: string, peer = '10.0.0.9'): Shown => ({
  ...(bearer !== undefined && { bearer }),
  header: () => [],
  peer,
  origin: peer,
});

function recognizer(nowMs = () => NOW) {
  const source = createKeyIdentity({ file: createKeysFileReader(path), nowMs });
  return createIdentities({ sources: [source], proxies: new TrustedProxies([]), nowMs });
}

describe('a key', () => {
  test('is who its file says, and nobody once it is revoked', async () => {
    const [ada, bob] = [aKey('ada', { containers: ['team-a-*'] }), aKey('bob')];
    write(ada.key, bob.key);
    const recognize = recognizer();
    expect(await recognize(shown(ada.bearer))).toEqual({
      kind: 'known',
      principal: { name: 'of ada', how: 'key', roles: ['operator'], containers: ['team-a-*'] },
    });
    write(bob.key);
    expect(await recognize(shown(ada.bearer))).toMatchObject({ kind: 'refused' });
    expect(await recognize(shown(bob.bearer))).toMatchObject({ kind: 'known' });
  });

  test('an unknown id, a wrong secret and the secret of another sound the same; nothing shown is no failure', async () => {
    const [ada, bob] = [aKey('ada'), aKey('bob')];
    write(ada.key);
    const recognize = recognizer();
    const wrong = [bob.bearer, formatAccessKey({ id: ada.key.id, secret: bob.secret }), 'cs_', `${ada.bearer}A`];
    for (const bearer of wrong) {
      expect(await recognize(shown(bearer))).toEqual({ kind: 'refused', reason: 'The key is not known.' });
    }
    expect(await recognize(shown(ada.key.sha256))).toMatchObject({ kind: 'refused' });
    expect(await recognize(shown())).toEqual({ kind: 'absent' });
  });

  test('expires', async () => {
    const ada = aKey('ada', { expiresAt: '2026-05-01T00:00:00.001Z' });
    write(ada.key);
    expect(await recognizer()(shown(ada.bearer))).toMatchObject({ kind: 'known' });
    expect(await recognizer(() => NOW + 1)(shown(ada.bearer))).toEqual({
      kind: 'refused',
      reason: `The key ${ada.key.id} has expired.`,
    });
  });

  test('after ten wrong ones an address is not looked at for a minute, with a right one neither; others are', async () => {
    const ada = aKey('ada');
    write(ada.key);
    let now = NOW;
    const recognize = recognizer(() => now);
    for (let n = 0; n < 10; n++) expect(await recognize(shown(aKey('x').bearer))).toMatchObject({ kind: 'refused' });
    expect(await recognize(shown(ada.bearer))).toEqual({ kind: 'limited', waitMs: 60_000 });
    expect(await recognize(shown())).toEqual({ kind: 'absent' });
    expect(await recognize(shown(ada.bearer, '10.0.0.10'))).toMatchObject({ kind: 'known' });
    now += 60_000;
    expect(await recognize(shown(ada.bearer))).toMatchObject({ kind: 'known' });
  });
});

describe('the file of the keys', () => {
  const ada = aKey('ada');
  const unavailable = { code: 'identity-unavailable', retryable: true };

  test.each<[string, () => void, RegExp]>([
    ['is missing', () => rmSync(path), /ENOENT/],
    ['is no JSON', () => writeFileSync(path, `{"${ada.secret}`), /not JSON/],
    ['is half understood', () => writeFileSync(path, '{"version":1,"keys":[{}]}'), /Key 1/],
    ['can be written by others', () => chmodSync(path, 0o602), /chmod 600/],
    ['can be written by its group', () => chmodSync(path, 0o660), /chmod 600/],
  ])('lets nobody in while it %s, and everybody again when it is well', async (_how, spoil, message) => {
    write(ada.key);
    const recognize = recognizer();
    expect(await recognize(shown(ada.bearer))).toMatchObject({ kind: 'known' });
    spoil();
    const failure = await recognize(shown(ada.bearer)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ ...unavailable, message: expect.stringMatching(message) });
    expect(String(failure)).not.toContain(ada.secret);
    write(ada.key);
    expect(await recognize(shown(ada.bearer))).toMatchObject({ kind: 'known' });
  });

  test('is no folder', async () => {
    const inside = join(folder, 'inside');
    mkdirSync(inside, { mode: 0o700 });
    await expect(createKeysFileReader(inside).read()).rejects.toMatchObject({ name: 'KeysFileError' });
  });

  test('may be readable, as a mounted secret is', async () => {
    write(ada.key);
    chmodSync(path, 0o644);
    expect(await recognizer()(shown(ada.bearer))).toMatchObject({ kind: 'known' });
  });
});
