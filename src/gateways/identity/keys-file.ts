import { open } from 'node:fs/promises';
import { KeysFileError, type KeysFile, readKeysFile } from '../../domain/access/access-key';

/**
 * The file of the keys, as it is now.
 *
 * I1 A change counts from the next request on: a revoked key opens nothing more.
 * I2 Who may write it may be anybody, so it is refused while its group or others can write. They may read it, as a secret
 *    that Kubernetes mounts can be read: it holds hashes.
 */
export interface KeysFileReader {
  /** @throws KeysFileError what is wrong with it */
  read(): Promise<KeysFile>;
}

const WRITABLE_BY_OTHERS = 0o022;
const MAX_BYTES = 4 * 1024 * 1024;

export function createKeysFileReader(path: string): KeysFileReader {
  let last: { readonly version: string; readonly file: KeysFile } | undefined;
  return {
    async read() {
      const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
        throw new KeysFileError(`The file cannot be opened (${error.code}).`);
      });
      try {
        const found = await handle.stat({ bigint: true });
        if (!found.isFile()) throw new KeysFileError('It is no file.');
        const { mode, size, ino, mtimeNs } = found;
        if (process.platform !== 'win32' && (Number(mode) & WRITABLE_BY_OTHERS) !== 0) {
          throw new KeysFileError('Others than its owner can write the file: chmod 600.'); // I2
        }
        if (size > MAX_BYTES) throw new KeysFileError('The file has more than 4 MB.');
        const version = `${ino}:${mtimeNs}:${size}`;
        if (last?.version !== version) last = { version, file: readKeysFile(parsed(await handle.readFile('utf8'))) };
        return last.file; // I1
      } finally {
        await handle.close();
      }
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new KeysFileError('The file is not JSON.'); // without its text, which the error of the parser repeats
  }
}
