import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { errorCode, Problem } from './problem';

/**
 * The settings of a `.env` file; none where there is none. Editors and shells of Windows write it with a byte order mark, or
 * in UTF-16, where Node would lose the first name, or all.
 *
 * @throws Problem when it cannot be read
 */
export function readEnvFile(path: string): Readonly<Record<string, string>> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {};
    throw new Problem(`${path} cannot be read (${errorCode(error) ?? error}).`, 'Repair it or its permissions.', 2);
  }
  return parseEnv(textOf(bytes)) as Record<string, string>;
}

function textOf(bytes: Buffer): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes); // it takes the mark away
}
