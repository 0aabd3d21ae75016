import { closeSync, fstatSync, openSync, readSync, renameSync } from 'node:fs';
import { printable } from '@contactsheet/terminal';
import { errorCode } from './problem';

/** Keeps the log of the previous start beside the new one as `<file>.1`, and nothing older: logs do not grow for ever. */
export function rotate(file: string): void {
  try {
    renameSync(file, `${file}.1`);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** The last lines of a log, without reading the rest of it. An absent log has none. */
export function tailOf(file: string, lines = 8): string[] {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(size, 64 * 1024));
    readSync(fd, buffer, 0, buffer.length, size - buffer.length);
    return buffer
      .toString('utf8')
      .split('\n')
      .map((line) => printable(line).trimEnd())
      .filter(Boolean)
      .slice(-lines);
  } finally {
    closeSync(fd);
  }
}
