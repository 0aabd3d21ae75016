import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { CliContext } from '../cli-context';
import { EXIT } from '../exit-codes';
import { Failure } from '../failure';
import { isRecord } from '../text/plain';

/**
 * The logins of this user, one for each address of an API.
 *
 * I1 Only its owner can read the file or its folder. A file that others can read is refused: they may have the tokens.
 * I2 It is replaced whole or not at all.
 * I3 One edit at a time. A provider may take a refresh token once only: two commands must not both show the same one.
 */
export interface Login {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  /** What the token is for, as the provider wants it said (RFC 8707). */
  readonly resource?: string;
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** ISO 8601; undefined when the provider did not say. */
  readonly expiresAt?: string;
}

export type Logins = Readonly<Record<string, Login>>;

/** undefined where the user has no folder for settings. */
export function loginPath({ env, platform }: Pick<CliContext, 'env' | 'platform'>): string | undefined {
  const folder =
    platform === 'win32' ? env.APPDATA : (absolute(env.XDG_CONFIG_HOME) ?? (env.HOME && `${env.HOME}/.config`));
  return folder ? join(folder, 'contactsheet', 'login.json') : undefined;
}

/** The XDG specification ignores a path that is not absolute. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

/** @throws Failure when it cannot be read or understood, or when others can read it; a missing file has no logins */
export async function readLogins(path: string): Promise<Logins> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unusable(path, `it cannot be read (${error.code})`, error);
  });
  if (handle === undefined) return {};
  try {
    const { mode, uid } = await handle.stat();
    if (!isPrivate(mode, uid)) throw unusable(path, 'others can read it, so its tokens may be known'); // I1
    return loginsOf(JSON.parse(await handle.readFile('utf8')));
  } catch (error) {
    throw error instanceof Failure ? error : unusable(path, 'it is not understood', error);
  } finally {
    await handle.close();
  }
}

/** Windows guards the folder of a user by other means than these bits. */
function isPrivate(mode: number, uid: number): boolean {
  const me = process.getuid?.();
  return me === undefined || ((mode & 0o077) === 0 && uid === me);
}

/** @throws Failure */
export async function editLogins(
  path: string,
  context: Pick<CliContext, 'sleep'>,
  edit: (logins: Logins) => Logins | Promise<Logins>,
): Promise<Logins> {
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (process.getuid !== undefined) await chmod(folder, 0o700);
  } catch (error) {
    throw unusable(path, `its folder cannot be made private (${(error as NodeJS.ErrnoException).code})`, error);
  }
  const claim = `${path}.lock`;
  await claimed(claim, context); // I3
  try {
    const before = await readLogins(path);
    const after = await edit(before);
    if (after !== before) await replace(path, after);
    return after;
  } finally {
    await rm(claim, { force: true });
  }
}

const CLAIM_POLL_MS = 200;
/** Longer than an edit takes, its requests to a provider included. */
const CLAIM_WAIT_MS = 60_000;

/** Takes over a claim that nobody has moved for CLAIM_WAIT_MS: whoever made it is gone. */
async function claimed(claim: string, { sleep }: Pick<CliContext, 'sleep'>): Promise<void> {
  let holder: number | undefined;
  for (let waitedMs = 0; ; waitedMs += CLAIM_POLL_MS) {
    try {
      await (await open(claim, 'wx', 0o600)).close();
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') throw unusable(claim, `it cannot be written (${code})`, error);
    }
    const { ino } = (await stat(claim).catch(() => undefined)) ?? {};
    if (ino !== holder) [holder, waitedMs] = [ino, 0];
    else if (waitedMs >= CLAIM_WAIT_MS) await rm(claim, { force: true });
    await sleep(CLAIM_POLL_MS);
  }
}

/** I1 I2 */
async function replace(path: string, logins: Logins): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  const handle = await open(beside, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw unusable(path, `its folder cannot be written (${error.code})`, error);
  });
  try {
    await handle.writeFile(`${JSON.stringify({ version: 1, logins }, null, 2)}\n`);
    await handle.sync();
    await handle.close();
    await rename(beside, path);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(beside, { force: true });
    throw unusable(path, `it cannot be written (${(error as NodeJS.ErrnoException).code})`, error);
  }
}

function loginsOf(value: unknown): Logins {
  if (!isRecord(value) || value.version !== 1 || !isRecord(value.logins)) throw new TypeError('no logins');
  if (!Object.values(value.logins).every(isLogin)) throw new TypeError('no login');
  return value.logins as Logins;
}

function isLogin(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const isText = (key: string) => typeof value[key] === 'string';
  const isTextOrNone = (key: string) => value[key] === undefined || isText(key);
  return (
    ['issuer', 'clientId', 'scope', 'accessToken'].every(isText) &&
    ['resource', 'refreshToken', 'expiresAt'].every(isTextOrNone)
  );
}

function unusable(path: string, why: string, cause?: unknown): Failure {
  const cure = `cure: Remove ${path} and log in again with \`contactsheet login\`.`;
  return new Failure(EXIT.auth, `the logins in ${path}: ${why}`, [cure], { cause });
}
