import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { Problem } from './problem';

/**
 * A folder that its owner alone reads and writes, made where it is missing. One whose modes are looser is tightened; one of
 * somebody else, or a link, is refused: whoever can write there could put a socket or a key of his own in its place.
 *
 * @throws Problem
 */
export function privateFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Problem(
      `${path} is not a folder of this user.`,
      'Remove it, or set CONTACTSHEET_HOME to a folder of your own.',
      2,
    );
  }
  if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700);
  return path;
}
