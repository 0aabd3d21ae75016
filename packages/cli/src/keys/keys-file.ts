import { open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { type KeysFile, KeysFileError, readKeysFile } from 'contactsheet/contract';
import { EXIT } from '../exit-codes';
import { Failure } from '../failure';

/**
 * The file of the keys, as this command line edits it beside a server that may read it at any moment.
 *
 * I1 It is replaced whole or not at all, and only its owner can read or write it.
 *    A link stays: what it leads to is replaced, since that may be the path which the server was given.
 * I2 One edit at a time: the new file is made beside it first, and whoever finds one there stops.
 */

/** @throws Failure when it cannot be read or understood; a missing file has no keys */
export async function readKeys(path: string): Promise<KeysFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unusable(path, `it cannot be read (${error.code})`, error);
  });
  if (text === undefined) return { version: 1, keys: [] };
  try {
    return readKeysFile(JSON.parse(text));
  } catch (error) {
    const why = error instanceof KeysFileError ? error.message : 'It is not JSON.';
    throw unusable(path, why, error);
  }
}

/** @throws Failure */
export async function editKeys(named: string, edit: (file: KeysFile) => KeysFile): Promise<void> {
  const path = await realpath(named).catch(() => named);
  const beside = `${path}.new`;
  const handle = await open(beside, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw unusable(path, `its folder cannot be written (${error.code})`, error);
    throw new Failure(EXIT.conflict, `${beside} is there: another command edits the keys`, [
      'cure: Try again; remove that file if no command is running.',
    ]);
  });
  try {
    const file = edit(await readKeys(path));
    await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`);
    await handle.sync();
    await handle.close();
    await rename(beside, path); // I1
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(beside, { force: true });
    throw error;
  }
}

function unusable(path: string, why: string, cause: unknown): Failure {
  return new Failure(EXIT.unexpected, `the keys file ${path}: ${why}`, [], { cause });
}
