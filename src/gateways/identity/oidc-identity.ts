import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { isAccessKey } from '../../domain/access/access-key';
import { MAX_NAME, principalName } from '../../domain/access/principal';
import { isGrantedRole } from '../../domain/access/role';
import { AppError } from '../../domain/errors';
import { discover, type Provider } from './oidc-discovery';
import type { IdentitySource } from './port';

export interface OidcIdentityOptions {
  readonly issuer: string;
  /** A token must be for one of them. */
  readonly audiences: readonly string[];
  /** A claim by its name, or by a path with dots. It holds role names, as a list or as text between spaces or commas. */
  readonly rolesClaim: string;
  readonly nowMs: () => number;
  /** How long no key that is not known is asked for again. Default 10 s. */
  readonly cooldownMs?: number;
}

/**
 * Bearer tokens of an OpenID provider, checked with the keys that it publishes.
 *
 * I1 Only signatures that need a private key are taken: with a shared secret, or `none`, anybody who can check could forge.
 * I2 A token that says no end, or not whom it is about, is refused. Clocks may differ by CLOCK_TOLERANCE_SECONDS.
 * I3 When the provider does not answer, nobody is let in and nobody counts as wrong.
 */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
export const CLOCK_TOLERANCE_SECONDS = 30;
const TIMEOUT_MS = 5_000;

export function createOidcIdentity(options: OidcIdentityOptions): IdentitySource {
  const { audiences, rolesClaim, nowMs } = options;
  const provider = providerOf(options);
  return {
    async recognize({ bearer }) {
      if (bearer === undefined || isAccessKey(bearer)) return { kind: 'absent' };
      try {
        const { issuer, keys } = await provider();
        const { payload } = await jwtVerify(bearer, keys, {
          ...{ issuer, audience: [...audiences], algorithms: ALGORITHMS }, // I1
          ...{
            requiredClaims: ['exp', 'sub'],
            clockTolerance: CLOCK_TOLERANCE_SECONDS,
            currentDate: new Date(nowMs()),
          }, // I2
        });
        const name = nameOf(payload);
        if (name === undefined) return { kind: 'refused', reason: 'The token names nobody.' };
        return { kind: 'known', principal: { name, how: 'oidc', roles: rolesOf(payload, rolesClaim) } };
      } catch (error) {
        return { kind: 'refused', reason: reasonOf(error) };
      }
    },
  };
}

interface ReadyProvider {
  readonly issuer: string;
  readonly keys: ReturnType<typeof createRemoteJWKSet>;
}

/** Discovered when the first token comes, and again until that succeeds: a provider that is down stops no start. */
function providerOf({ issuer, cooldownMs = 10_000 }: OidcIdentityOptions): () => Promise<ReadyProvider> {
  let found: Promise<ReadyProvider> | undefined;
  const ready = ({ issuer: own, jwksUri }: Provider): ReadyProvider => ({
    issuer: own,
    keys: createRemoteJWKSet(jwksUri, { timeoutDuration: TIMEOUT_MS, cooldownDuration: cooldownMs }),
  });
  return () => {
    found ??= discover(issuer, TIMEOUT_MS)
      .then(ready)
      .catch((error: unknown) => {
        found = undefined;
        throw error;
      });
    return found;
  };
}

/** What it says of a token. @throws AppError identity-unavailable when it says nothing of the token (I3) */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The token has another ${error.claim} than is asked for.`;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The token is signed in a way that is not taken.';
  if (REFUSALS.some((refusal) => error instanceof refusal)) return 'The token is none of this provider.';
  if (error instanceof AppError) throw error;
  throw new AppError('identity-unavailable', `OIDC_ISSUER: its keys cannot be read: ${wordsOf(error)}`, {
    ...{ retryable: true, cause: error },
  });
}

const REFUSALS = [
  ...[errors.JWSInvalid, errors.JWTInvalid, errors.JWSSignatureVerificationFailed],
  ...[errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported],
];

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A name that people know, cut off before the one that nobody can change: the first alone may be somebody's choice. */
function nameOf({ sub = '', preferred_username: chosen }: JWTPayload): string | undefined {
  const subject = principalName(sub);
  if (subject === undefined || typeof chosen !== 'string') return subject;
  const known = principalName(chosen.slice(0, Math.max(0, MAX_NAME - subject.length - ' ()'.length)));
  return known === undefined ? subject : principalName(`${known} (${subject})`);
}

function rolesOf(payload: JWTPayload, claim: string) {
  const value = payload[claim] ?? claim.split('.').reduce<unknown>(inside, payload);
  const words = typeof value === 'string' ? value.split(/[\s,]+/) : value;
  return Array.isArray(words) ? words.filter(isGrantedRole) : [];
}

function inside(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
