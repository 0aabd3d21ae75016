/** Finds the Dapr runtime or gets it: installed, cached, released, built, in this order. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from '../checkout';
import { buildFolder, cacheFolder, claimCache, fillCache, findCached, releaseFolder } from './cache';
import type { DaprRuntime } from './dapr-runtime';
import { RELEASE } from './dapr-version';
import { findInstalled } from './installed';
import { buildFromModule } from './module-build';
import { type Pins, pinnedArchives } from './pins';
import { downloadRelease } from './release';

export interface Acquisition {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Progress: a line that replaces the one before where that can be. */
  readonly live?: (line: string) => void;
}

/** @throws Problem with the cure, or the reason of the signal. */
export async function acquireRuntime(acquisition: Acquisition): Promise<DaprRuntime> {
  const { env, signal, say } = acquisition;
  const installed = findInstalled({ runtimePath: env.DAPR_RUNTIME_PATH, userHome: env.HOME || homedir() }, say);
  if (installed) return installed;

  const cache = cacheFolder(env);
  const components = componentFiles();
  const pins = pinnedArchives();
  const folders = [releaseFolder(pins), buildFolder(components)];
  const cached = findCached(cache, folders);
  if (cached) return cached;

  const giveBack = await claimCache(cache, signal, (holder, waitedMs) => {
    if (Math.floor(waitedMs / 1000) % 15 === 0) {
      say(`Process ${holder} is already getting the Dapr runtime. Waiting for it (${Math.round(waitedMs / 1000)} s).`);
    }
  });
  try {
    return (
      findCached(cache, folders) ??
      (await released(cache, pins, acquisition)) ??
      (await built(cache, components, acquisition))
    );
  } finally {
    giveBack();
  }
}

async function released(cache: string, pins: Pins, { signal, say }: Acquisition): Promise<DaprRuntime | undefined> {
  say(`Looking for the Dapr runtime ${RELEASE} on github.com ...`);
  try {
    return await fillCache(cache, releaseFolder(pins), ({ programs }) =>
      downloadRelease(programs, signal, say, { pins }),
    );
  } catch (error) {
    signal.throwIfAborted();
    say(`The release is not available (${error instanceof Error ? error.message : error}).`);
    return undefined;
  }
}

function built(
  cache: string,
  components: readonly string[],
  { env, signal, say, live = () => undefined }: Acquisition,
): Promise<DaprRuntime> {
  return fillCache(cache, buildFolder(components), ({ programs, work }) =>
    buildFromModule({ programs, work, components, env, signal, say, live }),
  );
}

/** The registrations of components that a daprd of our own keeps. */
function componentFiles(): string[] {
  return readFileSync(join(CHECKOUT, 'tools', 'dapr-components.txt'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
