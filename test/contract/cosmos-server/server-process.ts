import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { transformFile } from '@swc/core';
import { KEY } from './server-under-test';

/** The development server as a process of its own, compiled anew, on one database file. */
export interface ServerProcesses {
  start(options?: StartOptions): Promise<ServerProcess>;
  /** Ends what still runs and removes every file. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly port?: number;
  /** No file may grow beyond it: the shortage that a full disk is, without filling one. */
  readonly maxFileBytes?: number;
}

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly endpoint: string;
  readonly lines: string[];
}

const ROOT = join(__dirname, '../../..');
const SOURCE = join(ROOT, 'packages/dev-cosmos/src');
/** `ulimit -f` counts blocks of 512 bytes in a POSIX shell. */
const BLOCK_BYTES = 512;

export async function createServerProcesses(): Promise<ServerProcesses> {
  // Built inside the repository, so that the process finds its packages.
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  const built = await mkdtemp(join(ROOT, 'packages/dev-cosmos/dist/server-test-'));
  const folder = await mkdtemp(join(tmpdir(), 'cosmos-process-'));
  const running = new Set<ChildProcess>();
  for (const name of await readdir(SOURCE, { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    const { code } = await transformFile(join(SOURCE, name), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    const target = join(built, name.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, code);
  }
  const argv = [process.execPath, join(built, 'main.js'), '--file', join(folder, 'cosmos.sqlite')];

  return {
    async start({ port = 0, maxFileBytes } = {}) {
      const limit = maxFileBytes === undefined ? '' : `ulimit -f ${Math.floor(maxFileBytes / BLOCK_BYTES)}; `;
      const child = spawn('/bin/sh', ['-c', `${limit}exec "$0" "$@"`, ...argv, '--port', String(port)], {
        env: { ...process.env, COSMOS_KEY: KEY },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      running.add(child);
      child.once('exit', () => running.delete(child));
      const lines: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(line);
        const match = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line);
        if (match?.[1] !== undefined) return { child, endpoint: match[1], lines };
      }
      throw new Error(`it never listened: ${lines.join('\n')}`);
    },
    async stop() {
      for (const child of running) child.kill('SIGKILL');
      await rm(built, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
