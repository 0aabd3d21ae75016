import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { editLogins, loginPath } from '../../../packages/cli/src/login/login-file';
import { runCli } from '../../../packages/cli/src/run-cli';
import { aDeviceProvider, pending, tokens } from './device-provider';
import { aContext, type FakeContext } from './screen';

let folder: string;
let provider: Awaited<ReturnType<typeof aDeviceProvider>>;
const file = () => join(folder, 'contactsheet', 'login.json');
const stored = () => JSON.parse(readFileSync(file(), 'utf8')).logins[provider.issuer] as Record<string, unknown>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-login-'));
  provider = await aDeviceProvider();
});
afterEach(async () => {
  await provider.stop();
  rmSync(folder, { recursive: true });
});

function here(env: Record<string, string> = {}): FakeContext {
  return aContext({ env: { XDG_CONFIG_HOME: folder, CONTACTSHEET_ADDRESS: provider.issuer, ...env } });
}

async function run(context: FakeContext, ...words: string[]) {
  const code = await runCli(words, context);
  return { code, out: context.stdout.text(), err: context.stderr.text() };
}

function logIn(context = here(), ...more: string[]) {
  return run(context, 'login', '--issuer', provider.issuer, '--client-id', 'cli', ...more);
}

/** How long the command waited between its questions, in seconds. */
function waits(context: FakeContext): { readonly context: FakeContext; readonly seconds: number[] } {
  const seconds: number[] = [];
  const sleep = (ms: number, signal?: AbortSignal) => {
    seconds.push(ms / 1000);
    return context.sleep(ms, signal);
  };
  return { context: { ...context, sleep }, seconds };
}

describe('login', () => {
  test('shows the address and the code, waits as long as it is told, and keeps the tokens for its owner', async () => {
    const { context, seconds } = waits(here());
    provider.answers(pending, [400, { error: 'slow_down' }], pending, tokens('one'));
    const { code, out, err } = await logIn(context, '-q', '--scope', 'openid x', '--resource', 'api://c');
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain(`Open ${provider.issuer}/activate in a browser and enter the code WDJB-MJHT`);
    expect(seconds).toEqual([5, 5, 10, 10]);
    expect(provider.asked[0]).toEqual({ client_id: 'cli', scope: 'openid x', resource: 'api://c' });
    expect(provider.asked.at(-1)).toEqual({
      ...{ client_id: 'cli', device_code: 'secret-device', resource: 'api://c' },
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    });
    expect(stored()).toEqual({
      ...{ issuer: provider.issuer, clientId: 'cli', scope: 'openid x', resource: 'api://c' },
      ...{ accessToken: 'one', refreshToken: 'refresh-one', expiresAt: '2026-01-02T04:05:30.000Z' },
    });
    expect([statSync(file()).mode & 0o777, statSync(join(folder, 'contactsheet')).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
    expect(readdirSync(join(folder, 'contactsheet'))).toEqual(['login.json']);
  });

  test('takes issuer and client from the environment, and an interval of its own where none is said', async () => {
    const env = { CONTACTSHEET_OIDC_ISSUER: provider.issuer, CONTACTSHEET_OIDC_CLIENT_ID: 'cli' };
    const { context, seconds } = waits(here(env));
    provider.says({ device: { verification_uri_complete: 'https://go.example/?c=1' } });
    provider.answers(tokens('one'));
    const { code, out, err } = await run(context, 'login', '-o', 'json');
    expect({ code, seconds }).toEqual({ code: 0, seconds: [5] });
    expect(JSON.parse(out)).toMatchObject({ address: provider.issuer, issuer: provider.issuer });
    expect(err).toContain('or open https://go.example/?c=1');
    expect(out + err).not.toContain('refresh-one');
  });

  test.each([
    ['is declined', [400, { error: 'access_denied' }], 'the login was declined'],
    ['is too late for the provider', [400, { error: 'expired_token' }], 'nobody entered the code in time'],
    ['is refused', [401, { error: 'invalid_client' }], 'refuses the login (invalid_client)'],
    ['gets no token', [200, { hello: 'world' }], 'does not answer like an OpenID provider'],
  ] as const)('that %s ends with 6 and a sentence', async (_name, answer, sentence) => {
    provider.answers(pending, answer);
    const { code, out, err } = await logIn();
    expect({ code, out, isKept: existsSync(file()) }).toEqual({ code: 6, out: '', isKept: false });
    expect(err).toContain(sentence);
  });

  test('ends when the code is too old, whatever the provider says', async () => {
    provider.says({ device: { expires_in: 12 } });
    provider.answers(pending, pending, pending);
    expect(await logIn()).toMatchObject({ code: 6, err: expect.stringContaining('nobody entered the code in time') });
    expect(provider.asked).toHaveLength(3);
  });

  test('ends by Ctrl-C', async () => {
    const context = here();
    const sleep = (ms: number) => {
      context.interrupt();
      return context.sleep(ms);
    };
    expect(await logIn({ ...context, sleep })).toMatchObject({ code: 130 });
    expect(provider.asked).toHaveLength(1);
  });

  test.each([
    [{ device_authorization_endpoint: undefined }, 6, 'offers no login for devices'],
    [{ issuer: 'https://somebody.else' }, 6, 'does not answer like an OpenID provider'],
    [{ device_authorization_endpoint: 'ftp://x/y' }, 6, 'does not answer like an OpenID provider'],
  ])('a provider that says %j is refused', async (metadata, code, sentence) => {
    provider.says({ metadata });
    expect(await logIn()).toMatchObject({ code, err: expect.stringContaining(sentence) });
    expect(provider.asked).toEqual([]);
  });

  test.each([
    [['login'], 2, '--issuer'],
    [['login', '--issuer', 'https://x'], 2, '--client-id'],
    [['login', '--issuer', 'x y', '--client-id', 'c'], 2, 'is no issuer'],
    [['login', '--issuer', 'http://provider.example', '--client-id', 'c'], 2, 'is not https'],
    [['login', '--issuer', 'http://127.0.0.1:1', '--client-id', 'c'], 7, 'does not answer (ECONNREFUSED)'],
  ])('%j ends with %i', async (words, code, sentence) => {
    expect(await run(here(), ...words)).toMatchObject({ code, err: expect.stringContaining(sentence) });
  });
});

describe('a command after a login', () => {
  beforeEach(async () => {
    provider.answers(tokens('one'));
    await logIn();
    provider.asked.length = 0;
  });

  /** An hour later. */
  async function later(): Promise<FakeContext> {
    const context = here();
    await context.sleep(3_600_000);
    return context;
  }

  test('shows the token to this address alone', async () => {
    expect((await run(here(), 'run', 'list')).code).toBe(0);
    const other = await aDeviceProvider();
    expect((await run(here(), 'run', 'list', '--address', other.issuer)).code).toBe(0);
    await other.stop();
    expect([provider.bearers, other.bearers, provider.asked]).toEqual([['Bearer one'], [undefined], []]);
  });

  test('prefers a key that is given', async () => {
    await run(here({ CONTACTSHEET_KEY: 'from-env' }), 'run', 'list');
    await run(here(), 'run', 'list', '--key', 'from-option');
    expect(provider.bearers).toEqual(['Bearer from-env', 'Bearer from-option']);
  });

  test('renews a token that has ended, and keeps the old refresh token where there is no new one', async () => {
    provider.answers(tokens('two', { refresh_token: undefined }));
    expect((await run(await later(), 'run', 'list')).code).toBe(0);
    expect(provider.asked).toEqual([{ client_id: 'cli', grant_type: 'refresh_token', refresh_token: 'refresh-one' }]);
    expect(provider.bearers).toEqual(['Bearer two']);
    expect(stored()).toMatchObject({ accessToken: 'two', refreshToken: 'refresh-one' });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test('shows a refresh token once, though two commands need it', async () => {
    provider.answers(tokens('two'));
    const sleep = (ms: number) => delay(Math.min(ms, 20));
    const contexts = [await later(), await later()].map((context) => ({ ...context, sleep }));
    const codes = await Promise.all(contexts.map((context) => runCli(['run', 'list'], context)));
    expect([codes, provider.bearers]).toEqual([
      [0, 0],
      ['Bearer two', 'Bearer two'],
    ]);
    expect(provider.asked).toHaveLength(1);
  });

  test('says how to log in again when the provider renews no more, and asks the API nothing', async () => {
    provider.answers([400, { error: 'invalid_grant' }]);
    const { code, err } = await run(await later(), 'run', 'list');
    expect([code, provider.bearers]).toEqual([6, []]);
    expect(err).toContain(
      `Log in again: contactsheet login --address ${provider.issuer} --issuer ${provider.issuer} --client-id cli --scope 'openid offline_access'`,
    );
    expect(stored()).toMatchObject({ accessToken: 'one' });
  });

  test('refuses a file that others can read', async () => {
    chmodSync(file(), 0o640);
    const { code, err } = await run(here(), 'run', 'list');
    expect([code, provider.bearers]).toEqual([6, []]);
    expect(err).toContain('others can read it');
    expect(err).toContain(`Remove ${file()}`);
  });

  test.each(['{', '{"version":2}', '{"version":1,"logins":{"a":{"issuer":1}}}'])('refuses %s', async (text) => {
    writeFileSync(file(), text);
    expect(await run(here(), 'run', 'list')).toMatchObject({ code: 6, err: expect.stringContaining('not understood') });
    expect(readFileSync(file(), 'utf8')).toBe(text);
  });

  test('after a logout has none', async () => {
    expect(await run(here(), 'logout')).toMatchObject({ code: 0, err: `Logged out of ${provider.issuer}.\n` });
    expect(await run(here(), 'logout')).toMatchObject({ code: 0, err: `There is no login for ${provider.issuer}.\n` });
    await run(here(), 'run', 'list');
    expect(provider.bearers).toEqual([undefined]);
    expect(readFileSync(file(), 'utf8')).not.toContain('one');
  });
});

describe('the file', () => {
  test.each([
    [{ XDG_CONFIG_HOME: '/x', HOME: '/h' }, 'linux', '/x/contactsheet/login.json'],
    [{ XDG_CONFIG_HOME: 'x', HOME: '/h' }, 'linux', '/h/.config/contactsheet/login.json'],
    [{}, 'linux', undefined],
  ])('of %j on %s is %s', (env, platform, path) => {
    expect(loginPath({ env, platform })).toBe(path);
  });

  test('has its folder made private, and a claim of a command that is gone is taken over', async () => {
    mkdirSync(join(folder, 'contactsheet'), { mode: 0o755 });
    writeFileSync(`${file()}.lock`, '');
    await editLogins(file(), aContext(), (logins) => ({ ...logins }));
    expect(statSync(join(folder, 'contactsheet')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'contactsheet'))).toEqual(['login.json']);
  });
});
