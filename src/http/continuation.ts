import { hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { badRequest } from './request-error';

/**
 * Continuation tokens as callers see them: the store's own token, encrypted.
 *
 * I1 Nobody reads one: the store's token holds names, of containers too that its bearer may not see.
 * I2 Nobody makes one: a store gets only what a store has said.
 * I3 One opens only the list that it was made for. Each list has a key of its own.
 */
export interface Continuations {
  /** @param scope what the list is: its path and filters */
  seal(token: string, scope: string): Promise<string>;
  /** @throws RequestError invalid-request */
  open(sealed: string, scope: string): Promise<string>;
}

const HEADER = { alg: 'dir', enc: 'A256GCM' } as const;
const ONLY = { keyManagementAlgorithms: [HEADER.alg], contentEncryptionAlgorithms: [HEADER.enc] };
const KEY_BYTES = 32;

/** @param key the same for every replica. Under another one, old continuations open nothing. */
export function createContinuations(key: string): Continuations {
  const keyOf = (scope: string) =>
    new Uint8Array(hkdfSync('sha256', key, scope, 'contactsheet continuation', KEY_BYTES)); // I3
  return {
    seal: (token, scope) =>
      new CompactEncrypt(new TextEncoder().encode(token)).setProtectedHeader(HEADER).encrypt(keyOf(scope)),
    async open(sealed, scope) {
      try {
        const { plaintext } = await compactDecrypt(sealed, keyOf(scope), ONLY);
        return new TextDecoder().decode(plaintext);
      } catch {
        throw badRequest('/query/continuation', NOT_OURS);
      }
    },
  };
}

const NOT_OURS =
  'Not a continuation of this list: send it as the page before gave it. One of an earlier version or another LINK_KEY no longer works: ask for the first page again.';
