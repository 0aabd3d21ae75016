/**
 * Master-key authorization of the REST protocol.
 *
 * Z1 Every request but the health check carries a signature made with this server's key, or is answered 401.
 * Source: "Access control on Azure Cosmos DB resources": base64(HMAC-SHA256(base64decode(key), lower(verb) \n type \n link \n
 * lower(date) \n \n)), sent as the URL-encoded text `type=master&ver=1.0&sig=...`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { CosmosError } from './protocol';

/** What a request addresses, as the signature names it: `dbs/x/colls/y` with type `docs`, for example. */
export interface SignedResource {
  readonly type: string;
  /** Other types that clients sign the same link with: they do not agree on that of an operation. */
  readonly otherTypes?: readonly string[];
  /** Accepted spellings: clients sign either the escaped or the plain link. */
  readonly links: readonly string[];
}

export interface SignedRequest {
  readonly method: string;
  readonly date: string;
  readonly authorization: string | undefined;
}

/** Decodes a base64 key. @throws Error when it is none. */
export function decodeKey(key: string): Buffer {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length === 0 || bytes.toString('base64').replace(/=+$/, '') !== key.trim().replace(/=+$/, '')) {
    throw new Error('The Cosmos key is not valid base64.');
  }
  return bytes;
}

export function sign(key: Buffer, method: string, type: string, link: string, date: string): string {
  const payload = `${method.toLowerCase()}\n${type}\n${link}\n${date.toLowerCase()}\n\n`;
  return createHmac('sha256', key).update(payload).digest('base64');
}

/** @throws CosmosError 401 (Z1) */
export function authorize(key: Buffer, request: SignedRequest, resource: SignedResource): void {
  const given = signatureOf(request.authorization);
  if (given === undefined) {
    throw new CosmosError(401, "Required header 'authorization' is missing or is no master-key signature.");
  }
  const types = [resource.type, ...(resource.otherTypes ?? [])];
  const isGenuine = types.some((type) =>
    resource.links.some((link) => {
      const expected = Buffer.from(sign(key, request.method, type, link, request.date));
      return expected.length === given.length && timingSafeEqual(expected, given);
    }),
  );
  if (isGenuine) return;
  throw new CosmosError(
    401,
    "The input authorization token can't serve the request. The wrong key is being used or the expected payload is not built " +
      `as per the protocol. Server used the following payload to sign: '${request.method.toLowerCase()}\\n${resource.type}\\n` +
      `${resource.links[0] ?? ''}\\n${request.date.toLowerCase()}\\n\\n'`,
  );
}

function signatureOf(header: string | undefined): Buffer | undefined {
  if (header === undefined) return undefined;
  let plain: string;
  try {
    plain = decodeURIComponent(header);
  } catch {
    return undefined;
  }
  const match = /^type=master&ver=1\.0&sig=(.+)$/.exec(plain);
  return match?.[1] === undefined ? undefined : Buffer.from(match[1]);
}
