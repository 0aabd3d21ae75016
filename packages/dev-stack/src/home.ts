/**
 * The folder that holds everything a stack leaves on disk (`.contactsheet`, or CONTACTSHEET_HOME).
 *
 * I1 One stack at a time uses a home: the lock names the process.
 * I2 Engine state (Cosmos file) and reminders (scheduler folder) lie in the same home, so that they are removed together.
 *    One without the other makes orphans that are retried for ever.
 * I3 Files that hold keys are readable by their owner only, and so is the folder; looser modes are tightened at the start.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CHECKOUT } from './checkout';
import { asFileProblem, errorCode, Problem } from './problem';
import { privateFolder } from './private-folder';
import { commandOf, isAlive } from './process-table';

export interface Home {
  readonly path: string;
  readonly keys: HomeKeys;
  /** A file or folder inside. */
  at(...names: string[]): string;
  /** Replaces a file in one step, so that no reader sees half of it. */
  write(name: string, text: string, mode?: number): void;
  /** New tokens for app and sidecar at the next start: somebody else may have been shown these. */
  forgetTokens(): void;
  /** Ends the claim on the home (I1). */
  release(): void;
}

/** Made once per home, at random. */
export interface HomeKeys {
  /** The sidecar shows it to the app with every call. */
  readonly appApiToken: string;
  /** Whoever calls the sidecar shows it. */
  readonly sidecarToken: string;
  readonly cosmosKey: string;
  /** Of the local storage account, where LOCAL_KEYS asks for one of its own. */
  readonly storageKey: string;
  readonly visionKey: string;
  /** Makes the codes in management links: a link stays good over a restart. */
  readonly linkKey: string;
}

/**
 * Where the scheduler's etcd listens: it asks nobody for a password and answers every web page (its CORS header is `*` and
 * the scheduler 1.18.2 has no flag for it), so that what keeps a page out is that nobody can guess one of 16 million
 * addresses of the loopback network. macOS has but one of them.
 */
export function etcdHost({ sidecarToken }: Pick<HomeKeys, 'sidecarToken'>, platform = process.platform): string {
  if (platform !== 'linux') return '127.0.0.1';
  const [a = 0, b = 0, c = 0] = createHash('sha256').update(`etcd ${sidecarToken}`).digest();
  return `127.${1 + (a % 254)}.${b}.${1 + (c % 254)}`;
}

export function homePath(env: NodeJS.ProcessEnv): string {
  return resolve(CHECKOUT, env.CONTACTSHEET_HOME || '.contactsheet');
}

/** @throws Problem when the folder cannot be used or another process uses it. */
export function openHome(path: string): Home {
  try {
    for (const folder of [path, join(path, 'logs')]) privateFolder(folder); // I3
    for (const name of KEPT_PRIVATE) tighten(join(path, name)); // I3
    claim(path);
    return {
      path,
      keys: keysOf(path),
      at: (...names) => join(path, ...names),
      write: (name, text, mode = 0o600) => writeWhole(join(path, name), text, mode),
      forgetTokens() {
        const { appApiToken, sidecarToken, ...others } = readKeys(join(path, 'keys.json'));
        writeWhole(join(path, 'keys.json'), `${JSON.stringify(others, null, 2)}\n`, 0o600);
      },
      release: () => rmSync(join(path, 'lock'), { force: true }),
    };
  } catch (error) {
    throw asFileProblem(error, path);
  }
}

/** Files with keys in them, or with what the pictures showed. */
const KEPT_PRIVATE = ['keys.json', 'endpoints.json', 'env', 'secrets.json', 'cosmos.db', 'config.yaml'];

/** Of a home that was made under another umask, or copied. */
function tighten(file: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found?.isFile() && (found.mode & 0o077) !== 0) chmodSync(file, 0o600);
}

interface Claim {
  readonly pid: number;
  readonly command: string | undefined;
}

function claim(path: string): void {
  const file = join(path, 'lock');
  const mine: Claim = { pid: process.pid, command: commandOf(process.pid) };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const holder = readClaim(file);
    if (holder && isAlive(holder.pid) && commandOf(holder.pid) === holder.command) {
      throw new Problem(
        `Contactsheet is already running in ${path} (process ${holder.pid}).`,
        'Stop it with Ctrl-C, or set CONTACTSHEET_HOME to another folder to run a second one.',
        2,
      );
    }
    rmSync(file, { force: true });
  }
  throw new Problem(`${file} cannot be claimed.`, 'Remove it when nothing runs in that folder, and start again.');
}

function readClaim(file: string): Claim | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Claim;
  } catch {
    return undefined;
  }
}

function keysOf(path: string): HomeKeys {
  const file = join(path, 'keys.json');
  const kept = readKeys(file);
  const keys: HomeKeys = {
    appApiToken: kept.appApiToken || randomBytes(24).toString('hex'),
    sidecarToken: kept.sidecarToken || randomBytes(32).toString('hex'),
    // Cosmos clients want base64.
    cosmosKey: kept.cosmosKey || randomBytes(48).toString('base64'),
    storageKey: kept.storageKey || randomBytes(64).toString('base64'),
    visionKey: kept.visionKey || randomBytes(16).toString('hex'),
    linkKey: kept.linkKey || randomBytes(32).toString('hex'),
  };
  const isMade = Object.entries(keys).some(([name, key]) => kept[name as keyof HomeKeys] !== key);
  if (isMade) writeWhole(file, `${JSON.stringify(keys, null, 2)}\n`, 0o600); // I3
  return keys;
}

/** Those that are there: a home of an earlier version lacks some. */
function readKeys(file: string): Partial<HomeKeys> {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Partial<HomeKeys> | null) ?? {};
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return {};
    throw error;
  }
}

function writeWhole(file: string, text: string, mode: number): void {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text, { mode });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw asFileProblem(error, file);
  }
}
