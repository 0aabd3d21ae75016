import { execFile, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';

/** Packages as others get them: packed from the checkout, installed alone with npm into an empty folder. */

const run = promisify(execFile);

/** The settings that npm hands to its scripts would reach the npm in here; and no setting of this machine's product counts. */
const { PATH = '', HOME = '' } = process.env;
const env = { PATH, HOME };

/** Folders of the packages, relative to the checkout, to their tarballs in `to`. What is packed is built first, by their own scripts. */
export async function pack(folders: readonly string[], to: string): Promise<string[]> {
  const words = ['pack', ...folders, '--json', '--silent', '--pack-destination', to];
  const { stdout } = await run('npm', words, { cwd: CHECKOUT, env, maxBuffer: 64 * 1024 * 1024 });
  // What the scripts print stands before it.
  const packed = JSON.parse(stdout.slice(stdout.search(/^\[/m))) as { readonly filename: string }[];
  return packed.map(({ filename }) => join(to, filename));
}

/** Production dependencies only. `folder` is made. */
export async function install(tarball: string, folder: string): Promise<void> {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const words = ['install', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', tarball];
  await run('npm', words, { cwd: folder, env });
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly ended: Promise<Ended>;
  /** Resolves when standard output has it; rejects when the program ends before. */
  printed(text: string): Promise<void>;
  stop(): Promise<Ended>;
}

/** A program with `settings` for its whole environment. */
export function start(
  command: string,
  words: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn(command, words, { env: { PATH, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    ended,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = () => stdout.includes(text) && resolve();
        child.stdout.on('data', look);
        child.once('close', () => reject(new Error(`It ended without saying "${text}": ${stdout}${stderr}`)));
        look();
      }),
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
