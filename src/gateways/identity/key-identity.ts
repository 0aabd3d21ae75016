import { createHash, timingSafeEqual } from 'node:crypto';
import { type AccessKey, isAccessKey, isExpired, KeysFileError, parseAccessKey } from '../../domain/access/access-key';
import { defined } from '../../domain/defined';
import { AppError } from '../../domain/errors';
import type { KeysFileReader } from './keys-file';
import type { IdentitySource } from './port';

export interface KeyIdentityOptions {
  readonly file: KeysFileReader;
  readonly nowMs: () => number;
}

/** Keys of our own: `Authorization: Bearer cs_<id>_<secret>`. */
export function createKeyIdentity({ file, nowMs }: KeyIdentityOptions): IdentitySource {
  return {
    async recognize({ bearer }) {
      if (bearer === undefined || !isAccessKey(bearer)) return { kind: 'absent' };
      const shown = parseAccessKey(bearer);
      const keys = await keysOf(file);
      const found = shown && keys.find(({ id }) => id === shown.id);
      if (!isSecretOf(found, shown?.secret ?? '')) return { kind: 'refused', reason: 'The key is not known.' };
      if (isExpired(found, nowMs())) return { kind: 'refused', reason: `The key ${found.id} has expired.` };
      const { name, roles, containers } = found;
      return { kind: 'known', principal: { name, how: 'key', roles, ...defined({ containers }) } };
    },
  };
}

/** Takes the same time whether there is such a key or not. */
function isSecretOf(key: AccessKey | undefined, secret: string): key is AccessKey {
  const isSame = timingSafeEqual(sha256(secret), key ? Buffer.from(key.sha256, 'hex') : NOBODY);
  return isSame && key !== undefined;
}

const NOBODY = Buffer.alloc(32);

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

async function keysOf(file: KeysFileReader): Promise<readonly AccessKey[]> {
  try {
    return (await file.read()).keys;
  } catch (error) {
    if (!(error instanceof KeysFileError)) throw error;
    throw new AppError('identity-unavailable', `KEYS_FILE: ${error.message}`, { retryable: true, cause: error });
  }
}
