/**
 * The programs of the cluster: found in the cache, or built into it.
 *
 * I1 A folder of the cache is whole: it is filled under another name and renamed at the end.
 * I2 One process at a time builds; another one waits for it.
 * I3 The caches of Go go when the build ends, however it ends: up to 8 GB.
 */
import { existsSync, mkdirSync, renameSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { claimCache, go, goEnvironment, Problem, removeTree } from '@contactsheet/dev-stack';
import { type Bundle, clusterCache, findBundle } from './bundle';

const NEEDED_BYTES = 12e9;
const TICK_MS = 1_000;

export interface Acquisition {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Progress: a line that replaces the one before where that can be. */
  readonly live: (line: string) => void;
}

/** The folders of the bundles, in their order. @throws Problem with the cure, or the reason of the signal */
export async function acquireBundles(bundles: readonly Bundle[], acquisition: Acquisition): Promise<readonly string[]> {
  const { env, signal, say } = acquisition;
  if (bundles.some((bundle) => findBundle(bundle, env) === undefined)) {
    const cache = clusterCache(env);
    const giveBack = await claimCache(cache, signal, (holder, waitedMs) => {
      if (Math.floor(waitedMs / 1000) % 15 === 0) say(`Process ${holder} is already building. Waiting for it.`);
    }); // I2
    try {
      const missing = bundles.filter((bundle) => findBundle(bundle, env) === undefined);
      if (missing.length > 0) await build(missing, cache, acquisition);
    } finally {
      giveBack();
    }
  }
  return bundles.map((bundle) => {
    const folder = findBundle(bundle, env);
    if (folder === undefined) throw new Error(`${bundle.name} is not whole after its build.`);
    return folder;
  });
}

async function build(bundles: readonly Bundle[], cache: string, { env, signal, say, live }: Acquisition) {
  checkSpace(cache);
  say(`Building ${bundles.map(({ name }) => name).join(', ')} with Go, once: minutes of computing. Ctrl-C is safe.`);
  const work = join(cache, `programs.tmp-${process.pid}`);
  const began = Date.now();
  let step = '';
  const ticker = setInterval(() => live(`  ${step}: ${Math.round((Date.now() - began) / 1000)} s`), TICK_MS);
  try {
    mkdirSync(join(work, 'temporary'), { recursive: true });
    const goEnv = goEnvironment(env, work);
    for (const bundle of bundles) {
      const folders = { target: join(work, bundle.name, 'target'), work: join(work, bundle.name, 'work') };
      for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
      await bundle.build({
        ...folders,
        go: (words, cwd) => go(words, { cwd, env: goEnv, signal }),
        step: (what) => {
          step = what;
          live(`  ${what}`);
        },
      });
      const kept = join(cache, bundle.name);
      if (existsSync(kept)) removeTree(kept);
      renameSync(folders.target, kept); // I1
      say(`Built ${bundle.name}.`);
    }
  } catch (error) {
    throw asBuildProblem(error);
  } finally {
    clearInterval(ticker);
    removeTree(work); // I3
  }
}

function asBuildProblem(error: unknown): unknown {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  if (code === 'ENOENT') return new Problem('Go is not installed.', 'Install Go 1.21 or newer (https://go.dev/dl).');
  if (name !== 'GoFailure') return error;
  return new Problem(`${message}.`, 'Check the network, GOPROXY and the disk (12 GB for a while), and start again.');
}

function checkSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= NEEDED_BYTES) return;
  throw new Problem(
    `The build needs 12 GB for a while, and ${folder} has ${(free / 1e9).toFixed(1)} GB left.`,
    'Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.',
  );
}
