import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';

/**
 * What Microsoft Entra ID does for this product, over real HTTP: a token endpoint for client secrets and federated tokens of a
 * service account, and beside it the endpoint of a managed identity. Its tokens are signed with a key of its own.
 *
 * Sources: "OAuth 2.0 client credentials flow", "How to use managed identities on an Azure VM to acquire an access token",
 * "Managed identities for App Service" (REST endpoint reference).
 */
export interface Authority {
  /** For AZURE_AUTHORITY_HOST. */
  readonly host: string;
  /** For IDENTITY_ENDPOINT, with `header` for IDENTITY_HEADER. */
  readonly managed: { readonly endpoint: string; readonly header: string };
  /** With the token of a service account, which it takes for that of a workload; gone when it is closed. */
  readonly tokenFile: string;
  /** What it has issued, oldest first. */
  readonly issued: Issue[];
  /** How long its tokens last, of all services or of each, and how long it says so; seconds. */
  lifetime: { lasts: number | ((audience: string) => number); told: number };
  /** Answers so instead of issuing, as long as it is set. */
  refusal: { readonly status: number; readonly error: string; readonly description: string } | undefined;
  /** What is in a token; undefined for one that it has not issued, or that has ended. */
  read(token: string): Promise<JWTPayload | undefined>;
  close(): Promise<void>;
}

export interface Issue {
  readonly by: 'secret' | 'workload' | 'managed';
  readonly audience: string;
  readonly clientId: string;
}

export const TENANT = '72f988bf-0000-4000-8000-2d7cd011db47';
export const CLIENT = '11111111-0000-4000-8000-000000000001';
export const CLIENT_SECRET = 'a-secret~of.the_test';
const MANAGED_HEADER = 'header-of-the-test';

export async function startAuthority(tls: { cert: string; key: string }): Promise<Authority> {
  const folder = mkdtempSync(join(tmpdir(), 'contactsheet-identity-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'a-token-of-the-service-account\n');
  const secret = new TextEncoder().encode('what signs the tokens of the test'.padEnd(32, '.'));
  const issued: Issue[] = [];
  const issue = async (by: Issue['by'], audience: string, clientId: string) => {
    const { lasts, told } = authority.lifetime;
    const now = Math.floor(Date.now() / 1_000);
    const token = await new SignJWT({ appid: clientId, oid: 'object-of-the-test', tid: TENANT, n: issued.length })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuer(`https://sts.windows.net/${TENANT}/`)
      .setAudience(audience)
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + (typeof lasts === 'number' ? lasts : lasts(audience)))
      .sign(secret);
    issued.push({ by, audience, clientId });
    return { access_token: token, token_type: 'Bearer', told, expires_on: now + told };
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'https://x');
    if (pathname === `/${TENANT}/v2.0/.well-known/openid-configuration`) {
      return send(response, 200, {
        issuer: `${authority.host}/${TENANT}/v2.0`,
        authorization_endpoint: `${authority.host}/${TENANT}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority.host}/${TENANT}/oauth2/v2.0/token`,
        jwks_uri: `${authority.host}/${TENANT}/keys`,
      });
    }
    if (pathname !== `/${TENANT}/oauth2/v2.0/token`) return send(response, 404, {});
    const form = new URLSearchParams(await text(request));
    if (authority.refusal) return refuse(response, authority.refusal);
    if (form.get('client_id') !== CLIENT || form.get('grant_type') !== 'client_credentials') {
      return refuse(response, {
        status: 400,
        error: 'unauthorized_client',
        description: `AADSTS700016: Application with identifier '${form.get('client_id')}' was not found in the directory.`,
      });
    }
    const scope =
      form
        .get('scope')
        ?.split(' ')
        .find((one) => one.endsWith('/.default')) ?? '';
    const assertion = form.get('client_assertion');
    const isRight =
      assertion === null
        ? form.get('client_secret') === CLIENT_SECRET
        : assertion === readFileSync(tokenFile, 'utf8').trim();
    if (!isRight) {
      const description =
        assertion === null
          ? 'AADSTS7000215: Invalid client secret provided.'
          : 'AADSTS700213: No matching federated identity record found for presented assertion subject.';
      return refuse(response, { status: 401, error: 'invalid_client', description });
    }
    const by = assertion === null ? 'secret' : 'workload';
    const { told, ...token } = await issue(by, scope.replace(/\/\.default$/, ''), CLIENT);
    return send(response, 200, { ...token, expires_in: told, ext_expires_in: told });
  }

  async function answerManaged(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { searchParams } = new URL(request.url ?? '/', 'http://x');
    if (request.headers['x-identity-header'] !== MANAGED_HEADER) return send(response, 401, { message: 'no header' });
    if (authority.refusal) return refuse(response, authority.refusal);
    const clientId = searchParams.get('client_id') ?? 'of-the-system';
    const { told: _told, ...token } = await issue('managed', searchParams.get('resource') ?? '', clientId);
    return send(response, 200, { ...token, resource: searchParams.get('resource'), client_id: clientId });
  }

  const entra = createServer(tls, (request, response) => void answer(request, response));
  const managed = createHttpServer((request, response) => void answerManaged(request, response));
  const authority: Authority = {
    host: `https://127.0.0.1:${await listening(entra)}`,
    managed: { endpoint: `http://127.0.0.1:${await listening(managed)}/msi/token`, header: MANAGED_HEADER },
    ...{ tokenFile, issued },
    lifetime: { lasts: 3_600, told: 3_600 },
    refusal: undefined,
    async read(token) {
      try {
        return (await jwtVerify(token, secret)).payload;
      } catch {
        return undefined;
      }
    },
    async close() {
      await Promise.all([entra, managed].map(closed));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return authority;
}

export function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

export function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, { status, error, description }: NonNullable<Authority['refusal']>): void {
  send(response, status, {
    error,
    error_description: description,
    error_codes: [],
    trace_id: 't',
    correlation_id: 'c',
  });
}
