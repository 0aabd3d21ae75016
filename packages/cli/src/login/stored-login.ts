import type { CliContext } from '../cli-context';
import { EXIT } from '../exit-codes';
import { Failure } from '../failure';
import { editLogins, type Login, loginPath, readLogins } from './login-file';
import { refreshed } from './provider';

/** A token that ends sooner is renewed before it is shown: clocks differ, and a request takes its time. */
const MARGIN_MS = 30_000;

/** Under which an address of an API stands in the file. */
export function loginKey(address: string): string {
  return new URL(address).href.replace(/\/+$/, '');
}

/**
 * The token of the login for this address, asked for at every request: a command may outlive it. undefined when there is
 * none. @throws Failure when it has ended
 */
export function storedToken(context: CliContext, address: string): () => Promise<string | undefined> {
  const path = loginPath(context);
  const key = loginKey(address);
  let known: Promise<Login | undefined> | undefined;
  const isFresh = ({ expiresAt }: Login) =>
    expiresAt === undefined || Date.parse(expiresAt) - MARGIN_MS > context.now();

  async function current(before: Promise<Login | undefined> | undefined): Promise<Login | undefined> {
    if (path === undefined) return undefined;
    const login = before === undefined ? (await readLogins(path))[key] : await before;
    return login === undefined || isFresh(login) ? login : renewed(path);
  }

  async function renewed(file: string): Promise<Login | undefined> {
    const logins = await editLogins(file, context, async (stored) => {
      const login = stored[key];
      if (login === undefined || isFresh(login)) return stored; // another command was faster
      const next = login.refreshToken && (await refreshed(login, login.refreshToken, context.now()));
      if (!next) throw ended(address, login);
      return { ...stored, [key]: next };
    });
    return logins[key];
  }

  return async () => {
    known = current(known);
    return (await known)?.accessToken;
  };
}

function ended(address: string, { issuer, clientId, scope, resource }: Login): Failure {
  const words = ['--address', address, '--issuer', issuer, '--client-id', clientId, '--scope', `'${scope}'`];
  return new Failure(EXIT.auth, `the login for ${address} has ended`, [
    `cure: Log in again: contactsheet login ${[...words, ...(resource ? ['--resource', resource] : [])].join(' ')}`,
  ]);
}
