/**
 * The per-user cache of Dapr runtimes, outside the checkout.
 *
 * I1 A folder of the cache is whole: it is filled under another name and renamed when it was seen to run.
 * I2 One process at a time fills the cache; another one waits for it.
 * I3 What a killed process left half done is removed at the next start.
 */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pause } from '../pause';
import { asFileProblem, errorCode } from '../problem';
import { isAlive } from '../process-table';
import { type DaprRuntime, inspectRuntime } from './dapr-runtime';
import { MODULE_VERSION, RELEASE } from './dapr-version';
import { type Pins, pinsMark } from './pins';

export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'contactsheet', 'dapr');
}

/** Names inside the cache. A release is another one when its pinned digests are, a build when its list of components is. */
export function releaseFolder(pins: Pins): string {
  const mark = pinsMark(pins);
  return mark === undefined ? `${RELEASE}-release` : `${RELEASE}-release-${mark}`;
}
export function buildFolder(components: readonly string[]): string {
  const hash = createHash('sha256')
    .update([...components].sort().join('\n'))
    .digest('hex');
  return `${MODULE_VERSION}-${hash.slice(0, 12)}`;
}

export function findCached(cache: string, folders: readonly string[]): DaprRuntime | undefined {
  for (const folder of folders) {
    const found = inspectRuntime(join(cache, folder));
    if (found.ok) return found.runtime;
  }
  return undefined;
}

/**
 * Runs `fill` with an empty folder and keeps it under `name` when the programs in it run (I1). The working folder is
 * removed in every case.
 */
export async function fillCache(
  cache: string,
  name: string,
  fill: (folders: { readonly programs: string; readonly work: string }) => Promise<void>,
): Promise<DaprRuntime> {
  const work = join(cache, `${name}.tmp-${process.pid}`);
  const programs = join(work, 'programs');
  try {
    mkdirSync(programs, { recursive: true });
    await fill({ programs, work });
    const filled = inspectRuntime(programs);
    if (!filled.ok) throw new Error(`The new runtime is not usable: ${filled.why}.`);
    removeTree(join(cache, name));
    renameSync(programs, join(cache, name));
  } catch (error) {
    throw asFileProblem(error, work);
  } finally {
    removeTree(work);
  }
  const kept = inspectRuntime(join(cache, name));
  if (!kept.ok) throw new Error(kept.why);
  return kept.runtime;
}

/** Takes the right to fill the cache (I2), clears what dead processes left (I3), and returns how to give it back. */
export async function claimCache(
  cache: string,
  signal: AbortSignal,
  onWaiting: (holder: number, waitedMs: number) => void,
): Promise<() => void> {
  mkdirSync(cache, { recursive: true });
  const lock = join(cache, 'filling');
  const since = Date.now();
  while (!take(lock)) {
    signal.throwIfAborted();
    const holder = Number(read(lock));
    if (!holder || !isAlive(holder)) {
      rmSync(lock, { force: true });
      continue;
    }
    onWaiting(holder, Date.now() - since);
    await pause(1_000);
  }
  removeAbandoned(cache);
  return () => rmSync(lock, { force: true });
}

/** Removes a folder also when files in it are write-protected, as those of Go's module cache are. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    unprotect(path);
    rmSync(path, { recursive: true, force: true });
  }
}

function removeAbandoned(cache: string): void {
  for (const entry of readdirSync(cache)) {
    const pid = /\.tmp-(\d+)$/.exec(entry)?.[1];
    if (pid && (Number(pid) === process.pid || !isAlive(Number(pid)))) removeTree(join(cache, entry));
  }
}

function unprotect(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) unprotect(join(folder, entry.name));
  }
}

function take(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
