/**
 * Builds daprd, placement and scheduler from the official Go module: the way that needs no release, only the Go tool and
 * a module proxy.
 *
 * I1 What is built is the published module: the Go tool checks every dependency, and this file the module itself.
 * I2 Module and build caches are our own and go when the build ends: 3.6 GB that nobody would miss otherwise.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { GoFailure, go, goEnvironment } from '../go-tool';
import { Problem } from '../problem';
import { PROGRAMS } from './dapr-runtime';
import { MODULE_VERSION } from './dapr-version';

const MODULE = `github.com/dapr/dapr@v${MODULE_VERSION}`;
/** Of the module's files, as the Go checksum database has it. */
export const MODULE_SUM = 'h1:yT1BXImaUiYtIKaKVnOBiWVFqQU1ckQaiXkXEO2+Dh0=';
/** From 1.21 on, the Go tool gets the newer one that the module asks for by itself. */
const OLDEST_GO = [1, 21] as const;
const NEEDED_BYTES = 6e9;
/** Measured cold: 420 s on two cores. */
const CORE_SECONDS = 840;
const TICK_MS = 1_000;

export interface Build {
  /** Receives the programs. */
  readonly programs: string;
  /** For everything temporary; removed by the caller. */
  readonly work: string;
  /** Files kept in the module's `cmd/daprd/components`. */
  readonly components: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Progress: a line that replaces the one before where that can be. */
  readonly live: (line: string) => void;
}

export async function buildFromModule(build: Build): Promise<void> {
  checkGo(build.env);
  checkSpace(build.work);
  const started = Date.now();
  const minutes = Math.max(2, Math.round(CORE_SECONDS / availableParallelism() / 60));
  build.say(
    `Building the Dapr runtime ${MODULE_VERSION} from its Go module: about ${minutes} minutes on this machine, once. Ctrl-C is safe.`,
  );
  let step = 'downloading the module';
  const ticker = setInterval(() => {
    build.live(`  ${step}: ${inMinutes(Date.now() - started)} of about ${minutes} min`);
  }, TICK_MS);
  try {
    const env = goEnvironment(build.env, build.work); // I2
    mkdirSync(join(build.work, 'temporary'));
    const module = await downloadModule(build, env);
    const source = join(build.work, 'source');
    copyTree(module, source);
    keepComponents(join(source, 'cmd', 'daprd', 'components'), build.components);
    for (const [index, program] of PROGRAMS.entries()) {
      step = `building ${program} (${index + 1} of ${PROGRAMS.length})`;
      const flags = `-s -w -X github.com/dapr/dapr/pkg/buildinfo.version=${MODULE_VERSION}`;
      const output = join(build.programs, program);
      await go(['build', '-tags', 'allcomponents', '-ldflags', flags, '-o', output, `./cmd/${program}`], {
        cwd: source,
        env,
        signal: build.signal,
      });
    }
  } catch (error) {
    throw asBuildProblem(error);
  } finally {
    clearInterval(ticker);
  }
  build.say(`Built the Dapr runtime in ${inMinutes(Date.now() - started)} min.`);
}

export function isGoUsable(version: string): boolean {
  const match = /go(\d+)\.(\d+)/.exec(version);
  if (!match) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > OLDEST_GO[0] || (major === OLDEST_GO[0] && minor >= OLDEST_GO[1]);
}

function checkGo(env: NodeJS.ProcessEnv): void {
  let version = '';
  try {
    version = execFileSync('go', ['version'], { env, encoding: 'utf8' });
  } catch {
    // Told below.
  }
  if (isGoUsable(version)) return;
  throw new Problem(
    version === ''
      ? 'There is no Dapr runtime here. Its releases cannot be reached, and Go is not installed to build it.'
      : `There is no Dapr runtime here. Its releases cannot be reached, and ${version.trim()} is too old to build it.`,
    'Install Go 1.21 or newer (https://go.dev/dl), or Dapr 1.18 with `dapr init --slim`, or name a folder with DAPR_RUNTIME_PATH.',
  );
}

function checkSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= NEEDED_BYTES) return;
  throw new Problem(
    `Building the Dapr runtime needs 6 GB for a while, and ${folder} has ${(free / 1e9).toFixed(1)} GB left.`,
    'Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.',
  );
}

async function downloadModule(build: Build, env: NodeJS.ProcessEnv): Promise<string> {
  const answer = await go(['mod', 'download', '-json', MODULE], { cwd: build.work, env, signal: build.signal });
  const { Dir, Sum } = JSON.parse(answer) as { Dir?: string; Sum?: string };
  if (!Dir) throw new Problem(`The Go module ${MODULE} is not available.`, 'Check the network and GOPROXY.');
  if (Sum !== MODULE_SUM) {
    throw new Problem(`The Go module ${MODULE} is not the published one (${Sum}).`, 'Look at what GOPROXY names.'); // I1
  }
  return Dir;
}

function keepComponents(folder: string, kept: readonly string[]): void {
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.go') && !kept.includes(file)) rmSync(join(folder, file));
  }
}

/** A copy that may be written to: the original is protected. */
function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) copyTree(join(from, entry.name), join(to, entry.name));
    else if (entry.isFile()) {
      copyFileSync(join(from, entry.name), join(to, entry.name));
      chmodSync(join(to, entry.name), 0o644);
    }
  }
}

/** A failure of the Go tool as something to act on; anything else as it is. */
function asBuildProblem(error: unknown): unknown {
  if (!(error instanceof GoFailure)) return error;
  if (/no space left/i.test(error.output)) {
    return new Problem('The disk became full while the Dapr runtime was built.', 'Free about 6 GB and start again.');
  }
  return new Problem(error.message, 'Check the network and GOPROXY, or install Dapr 1.18 with `dapr init --slim`.');
}

function inMinutes(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
