/** Finds Chromium or Chrome for the browser tests, or installs Debian's package where that takes no question. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ELSEWHERE = [
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The program that CHROMIUM_PATH names, or one in the usual places. */
export function findChromium(env: NodeJS.ProcessEnv, elsewhere: readonly string[] = ELSEWHERE): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const usual = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...(env.CHROMIUM_PATH ? [env.CHROMIUM_PATH] : []), ...usual, ...elsewhere].find((path) => existsSync(path));
}

/** How to get it, as one sentence. */
export const CHROMIUM_CURE =
  'Install Chromium or Chrome (Debian and Ubuntu: `sudo apt-get install chromium`), or set CHROMIUM_PATH to its program.';

export interface Installation {
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Whether apt-get can be asked without a question. Default: root on Debian, or on what is made of it. */
  readonly mayInstall?: boolean;
  /** Where it may be besides PATH. */
  readonly elsewhere?: readonly string[];
  /** Default: apt-get as it is found. Resolves to its exit code. */
  readonly aptGet?: (words: readonly string[]) => Promise<number>;
}

/** Installs it where root may on Debian. Undefined where that cannot be or fails: `say` has heard why. */
export async function acquireChromium(installation: Installation): Promise<string | undefined> {
  const { env, say, mayInstall = isRootOnDebian(), elsewhere, aptGet = runAptGet } = installation;
  const found = findChromium(env, elsewhere);
  if (found !== undefined) return found;
  if (!mayInstall) {
    say(`There is no Chromium for the browser tests. ${CHROMIUM_CURE}`);
    return undefined;
  }
  say('Installing Chromium for the browser tests: apt-get, about a minute ...');
  const code =
    (await aptGet(['update', '-qq'])) ||
    (await aptGet(['install', '-y', '-qq', '--no-install-recommends', 'chromium']));
  if (code !== 0) say(`apt-get could not install Chromium. ${CHROMIUM_CURE}`);
  return findChromium(env, elsewhere);
}

function isRootOnDebian(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

function runAptGet(words: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const child = spawn('apt-get', words, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
