import { createHash } from 'node:crypto';
import { badRequest } from './request-error';

/**
 * Continuation tokens as callers see them: the store's own token with a short checksum over it and over the list it
 * belongs to. It is a guard against mistakes (a cut token, another list's token), so that a store never gets nonsense;
 * it is not a signature.
 */
const CHECK_BYTES = 9;

/** @param scope what the list is: its path and filters */
export function sealContinuation(token: string, scope: string): string {
  return Buffer.concat([checksum(token, scope), Buffer.from(token)]).toString('base64url');
}

/** @throws RequestError invalid-request */
export function openContinuation(sealed: string, scope: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const token = bytes.subarray(CHECK_BYTES).toString();
  if (!bytes.subarray(0, CHECK_BYTES).equals(checksum(token, scope))) {
    throw badRequest('/query/continuation', 'Not a continuation of this list: follow nextLink as it is.');
  }
  return token;
}

function checksum(token: string, scope: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([scope, token]))
    .digest()
    .subarray(0, CHECK_BYTES);
}
