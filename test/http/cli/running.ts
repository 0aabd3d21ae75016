import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import express, { type Router } from 'express';
import { type Listener, listen } from '../../../src/http/listener';
import { wordsToStart } from '../../../packages/dev-stack/src/bundle';
import { aPublicApp } from '../listening';

/** The compiled command line against the real shell over the fake use cases, through loopback HTTP. */

const ROOT = join(__dirname, '..', '..', '..');
const BIN = join(ROOT, 'packages', 'cli', 'dist', 'main.js');

/** What runs is what is there: a stale dist would test the past. Errors elsewhere are for others to find. */
export async function compile(): Promise<void> {
  compileStale();
  words = await wordsToStart(BIN);
}

/** A test starts the command line a hundred times: from its bundle. */
let words: readonly string[] = [BIN];

function compileStale(): void {
  if (!isStale()) return;
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-b', 'packages/cli'], { cwd: ROOT, encoding: 'utf8' });
  if (stdout.includes('packages/cli/')) throw new Error(stdout);
}

/** Is a source newer than the last compilation? */
function isStale(): boolean {
  const stamp = join(ROOT, 'packages', 'cli', 'dist', '.tsbuildinfo');
  if (!existsSync(stamp) || !existsSync(BIN)) return true;
  const compiledAt = statSync(stamp).mtimeMs;
  return ['src', 'packages/cli/src'].some((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).some(
      (entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).mtimeMs > compiledAt,
    ),
  );
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Outcome>;
  /** Resolves when the text has been printed on either stream. */
  printed(text: string | RegExp): Promise<void>;
}

export function startCli(own: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCli {
  const child = spawn(process.execPath, [...words, ...own], { env: { PATH: process.env.PATH ?? '', ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return {
    child,
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr }))),
    async printed(text) {
      const pattern = typeof text === 'string' ? new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : text;
      for (const until = Date.now() + 10_000; !pattern.test(stdout + stderr); ) {
        if (Date.now() > until) throw new Error(`not printed within 10 s: ${pattern}\n${stdout}\n${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

/** A server and the command line that knows its address. */
export async function aServer({ before }: { readonly before?: Router } = {}) {
  const { app: shell, useCases } = aPublicApp();
  const app = express();
  if (before) app.use(before);
  app.use(shell);
  let listener = await serveOn(app, 0);
  const { url, port } = listener;
  const env = { CONTACTSHEET_ADDRESS: url };
  return {
    url,
    useCases,
    start: (...words: string[]) => startCli(words, env),
    cli: (...words: string[]) => startCli(words, env).ended,
    stop: () => listener.close(0),
    restart: async () => {
      listener = await serveOn(app, port);
    },
  };
}

function serveOn(app: RequestListener, port: number): Promise<Listener> {
  return listen(app, { host: '127.0.0.1', port, name: 'test' });
}

export function json(text: string): unknown {
  return JSON.parse(text);
}

export function jsonLines(text: string): unknown[] {
  return text.split('\n').filter(Boolean).map(json);
}
