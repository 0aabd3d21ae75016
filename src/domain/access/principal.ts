import type { Role } from './role';

/**
 * Who asks, and how that is known: `claimed` in a header that nobody checked, proved by a `key` or by a token of an OpenID
 * provider (`oidc`), told by a trusted `proxy`, or nobody in person but the holder of a `link`.
 */
export const IDENTITY_SOURCES = ['claimed', 'key', 'oidc', 'proxy', 'link'] as const;
export type IdentitySource = (typeof IDENTITY_SOURCES)[number];

export interface Principal {
  /** 1 to MAX_NAME characters that print. */
  readonly name: string;
  readonly how: IdentitySource;
  readonly roles: readonly Role[];
  /** Globs of container names. Absent: every container. */
  readonly containers?: readonly string[];
}

export const MAX_NAME = 128;

/** A name as it may stand in a trail: one line, bounded; undefined when nothing is left of it. */
export function principalName(text: string): string | undefined {
  const name = text
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .trim()
    .slice(0, MAX_NAME)
    .replace(/\p{Surrogate}$/u, ''); // half of a pair, which no store would give back as it was
  return name === '' ? undefined : name;
}
