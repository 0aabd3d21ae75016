import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Folders of programs for root, which the search path of others leaves out. */
const SYSTEM = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Where the search path finds the program. */
export function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = [...(env.PATH ?? '').split(delimiter), ...SYSTEM].filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
