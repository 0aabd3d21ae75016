import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Programs that are built together, and kept in a folder of the cache. */
export interface Bundle {
  /** Of the folder: with the version. */
  readonly name: string;
  /** What is in the folder when it is whole. */
  readonly files: readonly string[];
  build(workshop: Workshop): Promise<void>;
}

export interface Workshop {
  /** An empty folder that receives the files. */
  readonly target: string;
  /** An empty folder for what is written on the way. */
  readonly work: string;
  /** The Go tool in a folder: what it prints. */
  go(words: readonly string[], cwd: string): Promise<string>;
  /** Says what is being done. */
  step(what: string): void;
}

/** Outside the checkout, for every checkout of this user. */
export function clusterCache(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'contactsheet', 'kubernetes');
}

/** The folder of the bundle, or undefined when it is not built. */
export function findBundle({ name, files }: Bundle, env: NodeJS.ProcessEnv): string | undefined {
  const folder = join(clusterCache(env), name);
  return files.every((file) => existsSync(join(folder, file))) ? folder : undefined;
}
