import fc from 'fast-check';
import {
  type AccessKey,
  formatAccessKey,
  isExpired,
  KeysFileError,
  parseAccessKey,
  readKeysFile,
} from '../../../../src/domain/access/access-key';
import { isContainerGlob, matchesGlob } from '../../../../src/domain/access/container-glob';
import { decide, mayConsent } from '../../../../src/domain/access/decision';
import { FailureLimit } from '../../../../src/domain/access/failure-limit';
import { type Principal, principalName } from '../../../../src/domain/access/principal';
import { covers, ROLES, type Role } from '../../../../src/domain/access/role';

const principal = (roles: readonly Role[], containers?: readonly string[]): Principal => ({
  name: 'ada',
  how: 'key',
  roles,
  ...(containers && { containers }),
});

describe('roles', () => {
  // Rows: what somebody has; columns: what is needed, in the order of ROLES.
  test.each<[Role, boolean[]]>([
    ['public', [true, false, false, false, false]],
    ['reader', [true, true, false, false, false]],
    ['operator', [true, true, true, false, false]],
    ['approver', [true, true, true, true, false]],
    ['admin', [true, true, true, true, true]],
  ])('%s', (role, may) => {
    expect(ROLES.map((needed) => covers([role], needed))).toEqual(may);
    expect(ROLES.map((needed) => decide(principal([role]), { role: needed }).kind === 'allowed')).toEqual(may);
  });

  test('of several the highest counts; of none nothing is allowed but the public', () => {
    expect(covers(['reader', 'approver'], 'operator')).toBe(true);
    expect(ROLES.filter((needed) => covers([], needed))).toEqual(['public']);
  });
});

describe('a decision', () => {
  test('asks who it is before it says no', () => {
    expect(decide(undefined, { role: 'public' })).toEqual({ kind: 'allowed' });
    expect(decide(undefined, { role: 'reader' }).kind).toBe('unauthorized');
    expect(decide(principal([]), { role: 'reader' }).kind).toBe('forbidden');
  });

  test('names the role that is missing', () => {
    expect(decide(principal(['reader']), { role: 'approver' })).toEqual({
      kind: 'forbidden',
      reason: 'This needs the role approver; ada has the role reader.',
    });
  });

  test('only who is an approver, and proved to be, consents by asking', () => {
    expect(ROLES.filter((role) => mayConsent(principal([role])))).toEqual(['approver', 'admin']);
    expect(mayConsent({ ...principal(['admin']), how: 'claimed' })).toBe(false);
  });

  test.each<[readonly string[], string | undefined, boolean]>([
    [['photos'], 'photos', true],
    [['photos'], 'photos-2', false],
    [['team-a-*'], 'team-a-1', true],
    [['team-a-*'], 'team-b-1', false],
    [['x', '*'], 'anything', true],
    [['photos'], undefined, false],
    [['*'], undefined, false],
    [[], 'photos', false],
  ])('limited to %j, over %j: %j', (containers, container, allowed) => {
    const need = { role: 'reader' as const, ...(container !== undefined && { container }) };
    expect(decide(principal(['admin'], containers), need).kind).toBe(allowed ? 'allowed' : 'forbidden');
  });
});

describe('globs', () => {
  test.each([
    ['*', '', true],
    ['**', 'a', true],
    ['a*b', 'ab', true],
    ['a*b', 'axbxb', true],
    ['a*b', 'axbx', false],
    ['?', '', false],
    ['?', 'a', true],
    ['$web', '$web', true],
    ['a.c', 'abc', false],
  ])('%s of %j: %j', (glob, name, matches) => {
    expect(matchesGlob(glob, name)).toBe(matches);
  });

  test('say the same as a regular expression', () => {
    const letters = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 8 });
    fc.assert(
      fc.property(letters('ab*?'), letters('ab'), (glob, name) => {
        const pattern = new RegExp(`^${glob.replaceAll('?', '.').replaceAll('*', '.*')}$`);
        return matchesGlob(glob, name) === pattern.test(name);
      }),
    );
  });

  test('a hostile one is no work', () => {
    const startedAt = performance.now();
    expect(matchesGlob('*a'.repeat(31), 'a'.repeat(30) + 'b'.repeat(33))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(100);
  });

  test.each(['', 'A', 'a/b', 'a'.repeat(64), 'a b', '[a]'])('%j is none', (text) => {
    expect(isContainerGlob(text)).toBe(false);
  });
});

test.each([
  ['ada', 'ada'],
  [' ada\r\nroot: x\u2028 ', 'adaroot: x'],
  ['\u202Eada', 'ada'],
  ['\0\n', undefined],
  ['x'.repeat(200), 'x'.repeat(128)],
])('the name %j stands in a trail as %j', (text, name) => {
  expect(principalName(text)).toBe(name);
});

test('a name that is cut off is text still', () => {
  expect(principalName(`${'a'.repeat(127)}\u{1f600}`)).toBe('a'.repeat(127));
});

describe('keys', () => {
  const KEY: AccessKey = {
    id: 'abcdefghij12',
    name: 'night job',
    sha256: 'ab'.repeat(32),
    roles: ['operator'],
    containers: ['team-a-*'],
    createdAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-02-01T00:00:00.000Z',
  };
  const file = (...keys: unknown[]) => ({ version: 1, keys });

  test('are read as they were written', () => {
    const shown = { id: KEY.id, secret: `${'x_-'.repeat(14)}A` };
    expect(parseAccessKey(formatAccessKey(shown))).toEqual(shown);
    expect(readKeysFile(JSON.parse(JSON.stringify(file(KEY))))).toEqual(file(KEY));
    expect(readKeysFile(file())).toEqual(file());
  });

  test.each(['', 'cs_', 'cs_abc_def', `cs_abcdefghij12_${'x'.repeat(42)}`, `xs_abcdefghij12_${'x'.repeat(43)}`])(
    '%j is no key',
    (text) => {
      expect(parseAccessKey(text)).toBeUndefined();
    },
  );

  test('expire at their moment', () => {
    const at = Date.parse('2026-02-01T00:00:00.000Z');
    expect([isExpired(KEY, at - 1), isExpired(KEY, at), isExpired({}, at)]).toEqual([false, true, false]);
  });

  test.each<[string, unknown]>([
    ['no object', []],
    ['no version', { keys: [] }],
    ['a later version', { version: 2, keys: [] }],
    ['no list', { version: 1, keys: {} }],
    ['a field of the file', { version: 1, keys: [], more: 1 }],
    ['a field of a key', file({ ...KEY, container: 'photos' })],
    ['an id', file({ ...KEY, id: 'ABC' })],
    ['an id twice', file(KEY, KEY)],
    ['a name', file({ ...KEY, name: 'a\nb' })],
    ['a hash', file({ ...KEY, sha256: 'secret' })],
    ['no role', file({ ...KEY, roles: [] })],
    ['a role', file({ ...KEY, roles: ['public'] })],
    ['no container', file({ ...KEY, containers: [] })],
    ['a container', file({ ...KEY, containers: ['A'] })],
    ['a date', file({ ...KEY, expiresAt: 'tomorrow' })],
    ['no date', file({ ...KEY, createdAt: undefined })],
  ])('the whole file is refused for %s', (_what, value) => {
    expect(() => readKeysFile(value)).toThrow(KeysFileError);
  });
});

describe('the limit of failures', () => {
  test('an address that failed too often waits for the rest of its window, others do not', () => {
    const limit = new FailureLimit({ failures: 3, windowMs: 1_000 });
    for (const at of [0, 100, 200]) {
      expect(limit.waitMs('a', at)).toBe(0);
      limit.failed('a', at);
    }
    expect([limit.waitMs('a', 200), limit.waitMs('a', 999), limit.waitMs('a', 1_000)]).toEqual([800, 1, 0]);
    expect(limit.waitMs('b', 200)).toBe(0);
    limit.failed('a', 1_000);
    expect(limit.waitMs('a', 1_000)).toBe(0);
  });

  test('remembers a bounded number of addresses', () => {
    const limit = new FailureLimit({ failures: 1, windowMs: 1_000, addresses: 2 });
    for (const address of ['a', 'b', 'c']) limit.failed(address, 0);
    expect(['a', 'b', 'c'].map((address) => limit.waitMs(address, 0))).toEqual([0, 1_000, 1_000]);
  });
});
