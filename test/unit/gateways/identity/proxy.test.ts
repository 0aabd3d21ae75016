import type { Shown } from '../../../../src/domain/access/recognition';
import { createProxyIdentity } from '../../../../src/gateways/identity/proxy-identity';
import { TrustedProxies } from '../../../../src/gateways/identity/trusted-proxies';

const proxies = new TrustedProxies(['10.0.0.4', '10.1.0.0/16', 'fd00::/8']);

function shown(peer: string | undefined, headers: Record<string, string | string[]>): Shown {
  const header = (name: string) => [headers[name] ?? []].flat();
  return { header, origin: peer ?? 'mesh', ...(peer !== undefined && { peer }) };
}

describe('a proxy', () => {
  const source = createProxyIdentity({ proxies, userHeader: 'x-forwarded-user', rolesHeader: 'x-forwarded-groups' });
  const ADA = { 'x-forwarded-user': 'ada@example.com', 'x-forwarded-groups': 'staff, operator,reader' };

  test.each(['10.0.0.4', '10.1.255.255', '::ffff:10.1.2.3', 'fd12::1'])('%s is believed', async (peer) => {
    expect(await source.recognize(shown(peer, ADA))).toEqual({
      kind: 'known',
      principal: { name: 'ada@example.com', how: 'proxy', roles: ['operator', 'reader'] },
    });
  });

  test.each(['10.0.0.5', '10.2.0.1', '127.0.0.1', '::1', 'fe80::1', 'nobody', undefined])('%s is not', async (peer) => {
    expect(await source.recognize(shown(peer, ADA))).toEqual({ kind: 'absent' });
  });

  test('without a user nobody is there; without groups there is no role', async () => {
    expect(await source.recognize(shown('10.0.0.4', { 'x-forwarded-groups': 'admin' }))).toEqual({ kind: 'absent' });
    expect(await source.recognize(shown('10.0.0.4', { 'x-forwarded-user': 'ada' }))).toMatchObject({
      principal: { roles: [] },
    });
  });

  test.each(['Admin', 'аdmin', 'ａｄｍｉｎ', 'admin\u200b', '"admin"', 'admin;reader', 'public'])(
    '%j is no role: only the very word is one',
    async (role) => {
      const headers = { ...ADA, 'x-forwarded-groups': role };
      expect(await source.recognize(shown('10.0.0.4', headers))).toMatchObject({ principal: { roles: [] } });
    },
  );

  test('X-Forwarded-For makes nobody a proxy', async () => {
    const headers = { ...ADA, 'x-forwarded-for': '10.0.0.4', forwarded: 'for=10.0.0.4', 'x-real-ip': '10.0.0.4' };
    expect(await source.recognize(shown('203.0.113.9', headers))).toEqual({ kind: 'absent' });
  });

  test.each(Object.keys(ADA))('%s twice is refused', async (name) => {
    const twice = { ...ADA, [name]: ['admin', 'ada'] };
    expect(await source.recognize(shown('10.0.0.4', twice))).toMatchObject({ kind: 'refused' });
  });
});

describe('App Service', () => {
  const source = createProxyIdentity({
    ...{ proxies, userHeader: 'x-ms-client-principal-name', rolesHeader: 'x-ms-client-principal' },
  });
  const principal = (claims: unknown) => Buffer.from(JSON.stringify({ role_typ: 'groups', claims })).toString('base64');

  test.each<[string, string, string[]]>([
    ['app roles', principal([{ typ: 'roles', val: 'approver' }]), ['approver']],
    ['the claim that it names', principal([{ typ: 'groups', val: 'reader' }]), ['reader']],
    [
      'other claims',
      principal([
        { typ: 'name', val: 'admin' },
        { typ: 'roles', val: 'chief' },
      ]),
      [],
    ],
    ['no claims', principal('admin'), []],
    ['null', Buffer.from('null').toString('base64'), []],
    ['a claim that is none', principal([null]), []],
    ['noise', '%%%', []],
  ])('%s', async (_what, value, roles) => {
    const headers = { 'x-ms-client-principal-name': 'ada', 'x-ms-client-principal': value };
    expect(await source.recognize(shown('10.0.0.4', headers))).toMatchObject({ principal: { name: 'ada', roles } });
  });
});

test.each<[string, string[], string]>([
  ['10.0.0.4', ['203.0.113.7'], '203.0.113.7'],
  ['10.0.0.4', ['198.51.100.1, 203.0.113.7, 10.1.0.1'], '203.0.113.7'],
  ['10.0.0.4', ['198.51.100.1', '203.0.113.7'], '203.0.113.7'],
  ['10.0.0.4', ['203.0.113.7:50123'], '203.0.113.7'],
  ['10.0.0.4', ['[2001:db8::7]:50123, 10.1.0.1:443'], '2001:db8::7'],
  ['10.0.0.4', ['203.0.113.7:'], '10.0.0.4'],
  ['10.0.0.4', ['nonsense'], '10.0.0.4'],
  ['10.0.0.4', [], '10.0.0.4'],
  ['203.0.113.9', ['198.51.100.1'], '203.0.113.9'],
])('behind %s with X-Forwarded-For %j it was %s who sent it', (peer, path, sender) => {
  expect(proxies.senderOf(peer, () => path)).toBe(sender);
});
