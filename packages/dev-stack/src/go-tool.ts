/**
 * The Go tool, for programs that are published as modules.
 *
 * I1 Module and build caches are in the work folder, which the caller removes: gigabytes that nobody would miss otherwise.
 * I2 An abort ends the Go tool with all its children.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** What a run of the Go tool sees. `work` is an existing folder. */
export function goEnvironment(env: NodeJS.ProcessEnv, work: string): NodeJS.ProcessEnv {
  return {
    ...env,
    GOMODCACHE: join(work, 'modules'), // I1
    GOCACHE: join(work, 'objects'),
    GOPATH: join(work, 'path'),
    GOTMPDIR: join(work, 'temporary'),
    GOTOOLCHAIN: 'auto',
    GOWORK: 'off',
    GO111MODULE: 'on',
    // Files of the module cache are write-protected otherwise, and hard to remove.
    GOFLAGS: '-modcacherw -buildvcs=false',
    CGO_ENABLED: '0',
  };
}

export interface GoRun {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** The Go tool said no: the last that it printed. */
export class GoFailure extends Error {
  override readonly name = 'GoFailure';

  constructor(
    readonly words: readonly string[],
    readonly output: string,
  ) {
    super(`\`go ${words.slice(0, 2).join(' ')}\` failed: ${output.trim().split('\n').slice(-3).join(' | ')}`);
  }
}

/**
 * Runs the Go tool in a process group of its own and returns what it prints.
 * @throws GoFailure, or the reason of the signal
 */
export function go(words: readonly string[], run: GoRun): Promise<string> {
  return new Promise((resolve, reject) => {
    run.signal.throwIfAborted();
    const child = spawn('go', words, { cwd: run.cwd, env: run.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const heard = { out: '', err: '' };
    child.stdout.on('data', (data) => {
      heard.out += data;
    });
    child.stderr.on('data', (data) => {
      heard.err = (heard.err + data).slice(-4_000);
    });
    const abort = () => {
      if (child.pid) process.kill(-child.pid, 'SIGKILL'); // I2
    };
    run.signal.addEventListener('abort', abort, { once: true });
    child.once('error', reject);
    child.once('close', (code) => {
      run.signal.removeEventListener('abort', abort);
      if (run.signal.aborted) reject(run.signal.reason);
      else if (code === 0) resolve(heard.out);
      else reject(new GoFailure(words, heard.err || heard.out));
    });
  });
}
