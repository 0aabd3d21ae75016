/**
 * Which ports the stacks of this user have chosen, also while nothing listens there: before a part has started, and while it
 * is being started again.
 *
 * I1 Of two processes that claim a port at the same moment at most one gets it: each writes a file of its own first and looks
 *    then, so that one of them sees the other.
 * I2 A claim ends with the process that made it.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { privateFolder } from './private-folder';
import { commandOf, isAlive } from './process-table';

export interface PortClaims {
  /** False when another living process has the port. */
  take(port: number): boolean;
  release(port: number): void;
}

export function claimsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'contactsheet', 'ports');
}

/** Of this process, which may choose for several stacks. */
const own = new Set<string>();
process.once('exit', () => {
  for (const file of own) rmSync(file, { force: true });
});

export function createPortClaims(folder = claimsFolder()): PortClaims {
  privateFolder(folder);
  const fileOf = (port: number, pid = process.pid) => join(folder, `${port}.${pid}`);
  return {
    take(port) {
      const file = fileOf(port);
      if (own.has(file)) return false;
      own.add(file);
      writeFileSync(file, commandOf(process.pid) ?? '', { mode: 0o600 });
      const others = readdirSync(folder).filter((name) => name.startsWith(`${port}.`) && join(folder, name) !== file);
      if (others.every((name) => !isHeld(folder, name))) return true; // I1
      this.release(port);
      return false;
    },
    release(port) {
      own.delete(fileOf(port));
      rmSync(fileOf(port), { force: true });
    },
  };
}

/** I2: what a dead process left is taken away. Its number may be another's by now: the command line tells. */
function isHeld(folder: string, name: string): boolean {
  const file = join(folder, name);
  const pid = Number(name.slice(name.indexOf('.') + 1));
  try {
    const command = readFileSync(file, 'utf8');
    // Empty: it is being written.
    if (isAlive(pid) && (command === '' || command === commandOf(pid))) return true;
    rmSync(file, { force: true });
  } catch {
    // Taken back by its owner.
  }
  return false;
}
