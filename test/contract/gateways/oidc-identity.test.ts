import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactEncrypt, type JWTPayload, SignJWT } from 'jose';
import { runCli } from '../../../packages/cli/src/run-cli';
import { CLOCK_TOLERANCE_SECONDS, createOidcIdentity } from '../../../src/gateways/identity/oidc-identity';
import { aContext } from '../../unit/cli/screen';

/** Tokens of a real provider (oidc-provider, in a process of its own), and what is made of them by somebody else. */

const AUDIENCE = 'api://contactsheet';
const TTL_SECONDS = 60;

interface SigningKey {
  readonly jwk: JsonWebKey & { readonly kid: string; readonly alg: string };
  readonly secret: KeyObject;
}

function aKey(kid: string, alg: 'RS256' | 'ES256' = 'RS256'): SigningKey {
  const { privateKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { jwk: { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }, secret: privateKey };
}

/** The provider with these keys; the first one signs. */
async function startProvider(keys: readonly SigningKey[], port = 0) {
  const settings = { port, jwks: { keys: keys.map(({ jwk }) => jwk) }, ttlSeconds: TTL_SECONDS };
  const script = join(__dirname, 'oidc-provider.mjs');
  const child = spawn(process.execPath, [script, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const failed = once(child, 'exit').then(() => {
    throw new Error(`the provider ended: ${errors.join('')}`);
  });
  failed.catch(() => undefined);
  const [line] = await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), failed]);
  const issuer = String(line).trim();
  return { child, issuer, port: Number(new URL(issuer).port) };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function tokenOf(issuer: string, client: string, audience = AUDIENCE): Promise<string> {
  const credentials = Buffer.from(`${client}:secret-of-${client}-${'x'.repeat(32)}`).toString('base64');
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience, scope: 'use' }),
  });
  const body = (await response.json()) as { readonly access_token?: string };
  if (body.access_token === undefined) throw new Error(JSON.stringify(body));
  return body.access_token;
}

const partsOf = (token: string) => token.split('.') as [string, string, string];
const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of a provider', () => {
  const [key, next] = [aKey('first'), aKey('second', 'ES256')];
  let provider: Awaited<ReturnType<typeof startProvider>>;
  let token: string;
  let skewMs = 0;

  beforeAll(async () => {
    provider = await startProvider([key]);
    token = await tokenOf(provider.issuer, 'operator');
  });
  afterAll(() => stopped(provider.child));
  beforeEach(() => {
    skewMs = 0;
  });

  const options = (changes: { readonly rolesClaim?: string; readonly issuer?: string } = {}) => ({
    ...{ issuer: provider.issuer, audiences: ['other', AUDIENCE], rolesClaim: 'roles', cooldownMs: 0 },
    ...{ nowMs: () => Date.now() + skewMs, ...changes },
  });
  const recognize = (bearer: string | undefined, source = createOidcIdentity(options())) =>
    source.recognize({ header: () => [], origin: 'test', ...(bearer !== undefined && { bearer }) });

  /** A token as the provider would make it, but for what is changed; `undefined` takes a claim away. */
  async function forged(claims: object, { alg = 'RS256', kid = 'first', secret = key.secret } = {}): Promise<string> {
    const { iss, sub, aud, iat, exp, roles } = decoded(partsOf(token)[1]);
    const payload = JSON.parse(JSON.stringify({ iss, sub, aud, iat, exp, roles, ...claims })) as JWTPayload;
    return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(secret);
  }

  test('is who it says, with the roles of its claim', async () => {
    expect(await recognize(token)).toEqual({
      kind: 'known',
      principal: { name: 'operator', how: 'oidc', roles: ['operator'] },
    });
  });

  test.each([
    ['nested', 'realm_access.roles', ['approver']],
    ['text', 'roles', ['reader', 'approver']],
    ['none', 'roles', []],
    ['operator', 'iss.roles', []],
    ['operator', '__proto__.roles', []],
  ])('of %s by the claim %s has the roles %j', async (client, rolesClaim, roles) => {
    const source = createOidcIdentity(options({ rolesClaim }));
    expect(await recognize(await tokenOf(provider.issuer, client), source)).toMatchObject({ principal: { roles } });
  });

  test('names people by what they know and by what cannot be chosen', async () => {
    expect(await recognize(await forged({ preferred_username: 'ada\n', sub: 'u-1' }))).toMatchObject({
      principal: { name: 'ada (u-1)' },
    });
  });

  test('keeps what cannot be chosen, however long the chosen name is', async () => {
    const claims = { preferred_username: `root (u-0)${' '.repeat(200)}`, sub: 'u-1' };
    expect(await recognize(await forged(claims))).toMatchObject({ principal: { name: 'root (u-0) (u-1)' } });
  });

  test.each<[string, number, string]>([
    ['as long as it lasts', 0, 'known'],
    ['a little later, as clocks differ', TTL_SECONDS + CLOCK_TOLERANCE_SECONDS - 5, 'known'],
    ['when it has expired', TTL_SECONDS + CLOCK_TOLERANCE_SECONDS + 1, 'refused'],
  ])('opens %s', async (_when, seconds, kind) => {
    const fresh = await tokenOf(provider.issuer, 'operator');
    skewMs = seconds * 1_000;
    expect((await recognize(fresh)).kind).toBe(kind);
  });

  test('of tomorrow opens nothing yet, but for what clocks differ', async () => {
    const now = Math.floor(Date.now() / 1_000);
    expect((await recognize(await forged({ nbf: now + 20 }))).kind).toBe('known');
    expect((await recognize(await forged({ nbf: now + 120 }))).kind).toBe('refused');
  });

  test('for another audience is refused', async () => {
    const other = await tokenOf(provider.issuer, 'operator', 'api://another');
    expect(await recognize(other)).toEqual({ kind: 'refused', reason: expect.stringContaining('aud') });
  });

  test.each<[string, object]>([
    ['of another issuer', { iss: 'https://login.example.com' }],
    ['without an end', { exp: undefined }],
    ['about nobody', { sub: undefined }],
    ['about a name that does not print', { sub: '\n' }],
    ['without an audience', { aud: undefined }],
  ])('%s is refused, although the signature is right', async (_what, claims) => {
    expect((await recognize(await forged(claims))).kind).toBe('refused');
  });

  test('that nobody signed is refused', async () => {
    const [header, payload] = partsOf(token);
    for (const alg of ['none', 'None', 'NONE']) {
      expect(await recognize(`${encoded({ alg })}.${payload}.`)).toMatchObject({ kind: 'refused' });
      expect(await recognize(`${encoded({ ...decoded(header), alg })}.${payload}.`)).toMatchObject({ kind: 'refused' });
    }
    expect(await recognize(`${header}.${payload}.`)).toMatchObject({ kind: 'refused' });
  });

  test('that is signed with the public key as a secret is refused', async () => {
    const jwks = (await (await fetch(`${provider.issuer}/jwks`)).json()) as { readonly keys: readonly object[] };
    const head = `${encoded({ alg: 'HS256', kid: 'first', typ: 'JWT' })}.${partsOf(token)[1]}`;
    for (const secret of [JSON.stringify(jwks.keys[0]), String((jwks.keys[0] as { n: string }).n)]) {
      const signature = createHmac('sha256', secret).update(head).digest('base64url');
      expect(await recognize(`${head}.${signature}`)).toMatchObject({ kind: 'refused' });
    }
  });

  test('that was changed, or signed by somebody else, is refused', async () => {
    const [header, payload, signature] = partsOf(token);
    const raised = encoded({ ...decoded(payload), roles: ['admin'] });
    expect((await recognize(`${header}.${raised}.${signature}`)).kind).toBe('refused');
    expect((await recognize(await forged({}, { secret: aKey('x').secret }))).kind).toBe('refused');
    expect((await recognize(await forged({}, { secret: aKey('x').secret, kid: 'unknown' }))).kind).toBe('refused');
  });

  test('brings no key of its own, names no file and asks for nothing that is not understood', async () => {
    const mine = aKey('first');
    const { kty, n, e } = mine.jwk;
    let isAsked = false;
    const elsewhere = createServer((_req, res) => {
      isAsked = true;
      res.end(JSON.stringify({ keys: [{ kty, n, e, kid: 'first', alg: 'RS256', use: 'sig' }] }));
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/keys`;
    const { iss, sub, aud, exp } = decoded(partsOf(token)[1]);
    const signed = (header: object, secret = mine.secret) =>
      new SignJWT({ iss, sub, aud, exp, roles: ['admin'] } as JWTPayload)
        .setProtectedHeader({ alg: 'RS256', ...header })
        .sign(secret, { crit: { 'urn:x': true } });
    const forgeries = [
      await signed({ kid: 'first', jwk: { kty, n, e } }),
      await signed({ kid: 'first', jku: url, x5u: url }),
      await signed({ kid: '../../../../dev/null' }),
      await signed({ kid: url }),
      await signed({ kid: "first' OR '1'='1" }),
      await signed({ kid: 'first', crit: ['urn:x'], 'urn:x': 1 }, key.secret),
    ];
    for (const text of forgeries) expect((await recognize(text)).kind).toBe('refused');
    expect(isAsked).toBe(false);
    elsewhere.close();
  });

  test('that is encrypted, or whose payload is not encoded, is none', async () => {
    const bytes = new TextEncoder().encode(JSON.stringify(decoded(partsOf(token)[1])));
    const jwe = await new CompactEncrypt(bytes)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'first' })
      .encrypt(new Uint8Array(32));
    expect((await recognize(jwe)).kind).toBe('refused');
    const head = encoded({ alg: 'RS256', kid: 'first', b64: false, crit: ['b64'] });
    const bare = sign('sha256', Buffer.concat([Buffer.from(`${head}.`), bytes]), key.secret).toString('base64url');
    for (const payload of [partsOf(token)[1], Buffer.from(bytes).toString()]) {
      expect((await recognize(`${head}.${payload}.${bare}`)).kind).toBe('refused');
    }
  });

  test.each(['Admin', 'ADMIN', 'аdmin', 'ａｄｍｉｎ', 'admin\u200b', 'public', '__proto__', 'admin\0'])(
    'with %j for a role has none: only the very word is one',
    async (role) => {
      expect(await recognize(await forged({ roles: [role, [role], { admin: true }] }))).toMatchObject({
        principal: { roles: [] },
      });
    },
  );

  test('of a provider that is named with a slash at the end is the same', async () => {
    const source = createOidcIdentity(options({ issuer: `${provider.issuer}/` }));
    expect((await recognize(token, source)).kind).toBe('known');
    expect((await recognize(await forged({ iss: `${provider.issuer}/` }), source)).kind).toBe('refused');
    const other = createOidcIdentity(options({ issuer: provider.issuer.replace('127.0.0.1', 'localhost') }));
    await expect(recognize(token, other)).rejects.toMatchObject({ code: 'identity-unavailable' });
  });

  test.each(['', 'x', 'a.b.c', '....', 'ey.ey.ey'])('that is none (%j) is refused', async (text) => {
    expect((await recognize(text)).kind).toBe('refused');
  });

  test('is not looked for where nothing, or a key of our own, is shown', async () => {
    expect(await recognize(undefined)).toEqual({ kind: 'absent' });
    expect(await recognize('cs_abcdefghij12_x')).toEqual({ kind: 'absent' });
  });

  test('of a new key opens at once; of one that was taken away it opens nothing', async () => {
    const source = createOidcIdentity(options());
    expect((await recognize(token, source)).kind).toBe('known');
    const { port } = provider;
    await stopped(provider.child);
    provider = await startProvider([next, key], port);
    const rotated = await tokenOf(provider.issuer, 'operator');
    expect(decoded(partsOf(rotated)[0])).toMatchObject({ kid: 'second', alg: 'ES256' });
    expect((await recognize(rotated, source)).kind).toBe('known');
    expect((await recognize(token, source)).kind).toBe('known'); // its key is still published
    await stopped(provider.child);
    provider = await startProvider([next], port);
    expect((await recognize(token, createOidcIdentity(options()))).kind).toBe('refused');
    expect((await recognize(rotated, source)).kind).toBe('known');
  });

  test('cannot be checked while its provider is away, and can when it is back', async () => {
    const { port } = provider;
    await stopped(provider.child);
    const source = createOidcIdentity(options());
    await expect(recognize(token, source)).rejects.toMatchObject({ code: 'identity-unavailable', retryable: true });
    provider = await startProvider([key], port);
    expect((await recognize(await tokenOf(provider.issuer, 'operator'), source)).kind).toBe('known');
  });
});

describe('a provider that is none', () => {
  let server: Server;
  let document: (issuer: string) => { readonly status?: number; readonly text: string };
  let issuer: string;

  beforeAll(async () => {
    server = createServer((_req, res) => {
      const { status = 200, text } = document(issuer);
      res
        .writeHead(status, { 'content-type': 'application/json', ...(status === 302 && { location: '/x' }) })
        .end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test.each<[string, typeof document]>([
    ['calls itself otherwise', () => ({ text: '{"issuer":"https://login.example.com","jwks_uri":"https://x/"}' })],
    ['names no keys', (own) => ({ text: JSON.stringify({ issuer: own }) })],
    [
      'has its keys by plain http',
      (own) => ({ text: JSON.stringify({ issuer: own, jwks_uri: 'http://keys.example.com' }) }),
    ],
    ['answers no JSON', () => ({ text: '<html>' })],
    ['answers null', () => ({ text: 'null' })],
    ['fails', () => ({ status: 500, text: '{}' })],
    ['leads elsewhere', () => ({ status: 302, text: '' })],
  ])('%s: nobody is let in, and nobody counts as wrong', async (_what, answer) => {
    document = answer;
    const nowMs = () => Date.now();
    const source = createOidcIdentity({ issuer, audiences: [AUDIENCE], rolesClaim: 'roles', nowMs });
    await expect(source.recognize({ bearer: 'a.b.c', header: () => [], origin: 'test' })).rejects.toMatchObject({
      code: 'identity-unavailable',
    });
  });
});

/** Opens a page and sends its forms, as a person does, until there is none. */
async function browse(address: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const cookies = new Map<string, string>();
  let [url, init]: [string, RequestInit] = [address, {}];
  for (let step = 0; step < 20; step += 1) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const page = await response.text();
    const next = response.headers.get('location') ?? /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
    if (next === undefined) return;
    url = new URL(next, url).href;
    if (response.headers.has('location')) {
      init = {};
      continue;
    }
    const inputs = [...page.matchAll(/<input[^>]*>/g)].map(([tag]) => tag);
    const body = new URLSearchParams();
    for (const tag of inputs) {
      const name = / name="([^"]*)"/.exec(tag)?.[1];
      if (name !== undefined) body.set(name, fields[name] ?? / value="([^"]*)"/.exec(tag)?.[1] ?? '');
    }
    init = { method: 'POST', body };
  }
  throw new Error('the pages do not end');
}

test('the command line logs in by a device code, and the server knows who approved it', async () => {
  const provider = await startProvider([aKey('first')]);
  const folder = mkdtempSync(join(tmpdir(), 'oidc-login-'));
  const bearers: string[] = [];
  const api: Server = createServer((request, response) => {
    bearers.push(request.headers.authorization ?? '');
    response.setHeader('content-type', 'application/json').end('{"value":[]}');
  });
  await once(api.listen(0, '127.0.0.1'), 'listening');
  try {
    const address = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    const env = { XDG_CONFIG_HOME: folder, CONTACTSHEET_ADDRESS: address };
    const context = aContext({ env });
    const approve = async () => {
      const invitation = /or open (\S+)/.exec(context.stderr.text())?.[1] ?? '';
      await browse(invitation, { login: 'ada', password: 'x' });
    };
    const words = ['--issuer', provider.issuer, '--client-id', 'device', '--scope', 'openid offline_access use'];
    // Nobody has approved when it asks first: the provider says so.
    let slept = 0;
    const sleep = async (ms: number) => {
      slept += 1;
      if (slept === 2) await approve();
      await context.sleep(ms);
    };
    const code = await runCli(['login', ...words, '--resource', AUDIENCE], { ...context, sleep });
    expect([code, slept, context.stderr.text()]).toEqual([0, 2, expect.stringContaining('Logged in')]);
    expect(await runCli(['run', 'list'], aContext({ env }))).toBe(0);
    const later = aContext({ env });
    await later.sleep(TTL_SECONDS * 1_000);
    expect(await runCli(['run', 'list'], later)).toBe(0);
    expect(new Set(bearers).size).toBe(2);
    const source = createOidcIdentity({
      ...{ issuer: provider.issuer, audiences: [AUDIENCE], rolesClaim: 'roles', cooldownMs: 0, nowMs: Date.now },
    });
    for (const bearer of bearers) {
      expect(
        await source.recognize({ header: () => [], origin: 'test', bearer: bearer.replace('Bearer ', '') }),
      ).toMatchObject({ kind: 'known', principal: { name: 'ada', how: 'oidc', roles: ['approver'] } });
    }
  } finally {
    api.close();
    rmSync(folder, { recursive: true });
    await stopped(provider.child);
  }
});
