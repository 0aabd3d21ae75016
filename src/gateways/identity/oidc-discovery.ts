import { AppError } from '../../domain/errors';

export interface Provider {
  /** As its tokens say it. */
  readonly issuer: string;
  readonly jwksUri: URL;
}

const MAX_BYTES = 256 * 1024;

/**
 * What a provider says of itself (OpenID Connect Discovery 1.0).
 *
 * I1 It must call itself what the configuration calls it, but for a slash at the end: else its tokens would be another's.
 * I2 Its keys come by https, on loopback also by http. No redirect is followed.
 *
 * @throws AppError identity-unavailable, retryable
 */
export async function discover(configured: string, timeoutMs: number): Promise<Provider> {
  const { issuer, jwks_uri: address } = await documentOf(bare(configured), timeoutMs);
  if (typeof issuer !== 'string' || bare(issuer) !== bare(configured)) throw unusable('it calls itself otherwise'); // I1
  if (typeof address !== 'string' || !URL.canParse(address)) throw unusable('it names no keys');
  const jwksUri = new URL(address);
  if (jwksUri.protocol !== 'https:' && !(jwksUri.protocol === 'http:' && isLoopback(jwksUri.hostname))) {
    throw unusable('its keys do not come by https'); // I2
  }
  return { issuer, jwksUri };
}

async function documentOf(issuer: string, timeoutMs: number): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
      ...{ redirect: 'error', headers: { accept: 'application/json' }, signal: AbortSignal.timeout(timeoutMs) },
    });
    const text = response.ok ? await response.text() : '';
    if (!response.ok || text.length > MAX_BYTES) throw new Error(`it answered ${response.status}`);
    return { ...(JSON.parse(text) as Record<string, unknown>) };
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : 'it does not answer', error);
  }
}

function bare(issuer: string): string {
  return issuer.replace(/\/+$/, '');
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function unusable(why: string, cause?: unknown): AppError {
  return new AppError('identity-unavailable', `OIDC_ISSUER: ${why}.`, { retryable: true, cause });
}
