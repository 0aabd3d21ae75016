import axios, { isAxiosError } from 'axios';
import { defined } from 'contactsheet/contract';
import * as oauth from 'oauth4webapi';
import type { CliContext } from '../cli-context';
import { EXIT } from '../exit-codes';
import { Failure, Interrupted, usage } from '../failure';
import type { Login } from './login-file';

/**
 * An OpenID provider, as a device asks it (RFC 8628): a person approves the device in a browser, anywhere.
 *
 * I1 Tokens go over https alone; on this very machine http will do.
 * I2 Ctrl-C ends the waiting. It does not cut a refresh: the provider may have spent the refresh token already.
 */
export type Client = Pick<Login, 'issuer' | 'clientId' | 'scope' | 'resource'>;

/** What a person needs to approve the device. */
export interface Invitation {
  readonly address: string;
  /** The address with the code in it, where the provider has one. */
  readonly completeAddress?: string | undefined;
  readonly code: string;
  readonly minutes: number;
}

type Waiting = Pick<CliContext, 'now' | 'sleep' | 'interrupted'>;

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
/** RFC 8628, 3.2 and 3.5 */
const DEFAULT_INTERVAL_S = 5;
const SLOW_DOWN_S = 5;

/** Waits until a person has approved the device. @throws Failure */
export async function logIn(
  client: Client,
  context: Waiting,
  invite: (invitation: Invitation) => void,
): Promise<Login> {
  const provider = await discovered(client);
  if (provider.device_authorization_endpoint === undefined) {
    throw new Failure(EXIT.auth, `${client.issuer} offers no login for devices`, [
      'cure: Get a token another way and give it as CONTACTSHEET_KEY.',
    ]);
  }
  const of = { client_id: client.clientId };
  const device = await asked(client, async () => {
    const said = { scope: client.scope, ...resourceOf(client) };
    const response = await oauth.deviceAuthorizationRequest(provider, of, oauth.None(), said, http(client.issuer));
    return oauth.processDeviceAuthorizationResponse(provider, of, response);
  });
  const endMs = context.now() + device.expires_in * 1000;
  invite({
    address: device.verification_uri,
    completeAddress: device.verification_uri_complete,
    code: device.user_code,
    minutes: Math.ceil(device.expires_in / 60),
  });
  for (let intervalS = device.interval ?? DEFAULT_INTERVAL_S; ; ) {
    await context.sleep(intervalS * 1000, context.interrupted);
    if (context.interrupted.aborted) throw new Interrupted();
    if (context.now() >= endMs) throw expired();
    try {
      const options = { ...http(client.issuer), additionalParameters: resourceOf(client) };
      const response = await oauth.deviceCodeGrantRequest(provider, of, oauth.None(), device.device_code, options);
      return loginOf(client, await oauth.processDeviceCodeResponse(provider, of, response), context.now());
    } catch (error) {
      intervalS = nextInterval(error, intervalS, client);
    }
  }
}

/** How long to wait before asking again, in seconds. @throws Failure when there is nothing to wait for */
function nextInterval(error: unknown, intervalS: number, client: Client): number {
  if (isAxiosError(error)) return intervalS * 2; // RFC 8628, 3.5: a connection that times out
  switch (error instanceof oauth.ResponseBodyError ? error.error : undefined) {
    case 'authorization_pending':
      return intervalS;
    case 'slow_down':
      return intervalS + SLOW_DOWN_S;
    case 'access_denied':
      throw new Failure(EXIT.auth, 'the login was declined');
    case 'expired_token':
      throw expired();
    default:
      throw explained(error, client);
  }
}

function expired(): Failure {
  return new Failure(EXIT.auth, 'nobody entered the code in time', ['cure: Run `contactsheet login` again.']);
}

/** undefined when the provider takes the refresh token no more. @throws Failure when it cannot be asked */
export async function refreshed(login: Login, refreshToken: string, nowMs: number): Promise<Login | undefined> {
  const provider = await discovered(login);
  const of = { client_id: login.clientId };
  try {
    return await asked(login, async () => {
      const options = { ...http(login.issuer), additionalParameters: resourceOf(login) };
      const response = await oauth.refreshTokenGrantRequest(provider, of, oauth.None(), refreshToken, options);
      const tokens = await oauth.processRefreshTokenResponse(provider, of, response);
      return loginOf(login, { refresh_token: refreshToken, ...tokens }, nowMs);
    });
  } catch (error) {
    const { cause } = error as Failure;
    if (cause instanceof oauth.ResponseBodyError && cause.error === 'invalid_grant') return undefined;
    throw error;
  }
}

function discovered(client: Client): Promise<oauth.AuthorizationServer> {
  const issuer = issuerUrl(client.issuer);
  return asked(client, async () =>
    oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http(client.issuer))),
  );
}

/** I1 @throws Failure */
export function issuerUrl(text: string): URL {
  const looks = 'Use an address such as https://login.microsoftonline.com/TENANT/v2.0.';
  if (!URL.canParse(text)) throw usage(`'${text}' is no issuer.`, [looks]);
  const url = new URL(text);
  if (url.protocol !== 'https:' && !isLoopback(url)) throw usage(`The issuer '${text}' is not https.`, [looks]);
  return url;
}

function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function resourceOf({ resource }: Client): { resource?: string } {
  return defined({ resource });
}

function loginOf(
  { issuer, clientId, scope, resource }: Client,
  said: oauth.TokenEndpointResponse | Tokens,
  nowMs: number,
) {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: seconds } = said;
  return {
    ...{ issuer, clientId, scope, ...defined({ resource }), accessToken },
    ...defined({ refreshToken }),
    ...(seconds !== undefined && { expiresAt: new Date(nowMs + seconds * 1000).toISOString() }),
  };
}

type Tokens = Pick<oauth.TokenEndpointResponse, 'access_token' | 'refresh_token' | 'expires_in'>;

/** As the API is asked: a proxy of the environment counts, which Node's own fetch does not know on every version. */
function http(issuer: string) {
  const isHere = isLoopback(new URL(issuer));
  return {
    [oauth.allowInsecureRequests]: isHere,
    async [oauth.customFetch](url: string, said: Said) {
      const { status, headers, data } = await axios.request<string>({
        url,
        method: said.method,
        headers: said.headers,
        data: said.body?.toString(),
        timeout: TIMEOUT_MS,
        maxRedirects: 0,
        maxContentLength: MAX_ANSWER_BYTES,
        responseType: 'text',
        transformResponse: (text: string) => text,
        validateStatus: () => true,
        ...(isHere && { proxy: false as const }),
      });
      const type = headers['content-type'];
      return new Response([204, 205, 304].includes(status) ? null : data, {
        status,
        headers: typeof type === 'string' ? { 'content-type': type } : {},
      });
    },
  };
}

interface Said {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: URLSearchParams | undefined;
}

async function asked<T>(client: Client, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw explained(error, client);
  }
}

function explained(error: unknown, { issuer }: Client): Failure {
  if (isAxiosError(error)) {
    const cure = 'cure: Check the address of the issuer and the network.';
    return new Failure(EXIT.unreachable, `${issuer} does not answer (${error.code ?? error.message})`, [cure], {
      cause: error,
    });
  }
  if (error instanceof oauth.ResponseBodyError) {
    const why = [error.error, error.error_description].filter((text) => text !== undefined).join(': ');
    const cure =
      'cure: Check the client id, the scope and the resource. The client must be public and allow device codes.';
    return new Failure(EXIT.auth, `${issuer} refuses the login (${why})`, [cure], { cause: error });
  }
  const why = error instanceof Error ? error.message : String(error);
  return new Failure(EXIT.auth, `${issuer} does not answer like an OpenID provider (${why})`, [], { cause: error });
}
