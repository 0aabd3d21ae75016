import { printable } from '@contactsheet/terminal';
import { type Command, Option } from 'commander';
import { defined } from 'contactsheet/contract';
import type { CliContext } from '../cli-context';
import { usage } from '../failure';
import { editLogins, loginPath } from '../login/login-file';
import { type Invitation, issuerUrl, logIn } from '../login/provider';
import { loginKey } from '../login/stored-login';
import type { Registrar } from '../session';

/** `login` and `logout`. They ask the provider, and no API. */
export function registerLogin(program: Command, { action }: Registrar): void {
  program
    .command('login')
    .description('log in at an OpenID provider, for the API at this address')
    .option('--issuer <url>', 'the provider, as OIDC_ISSUER of the server (default: CONTACTSHEET_OIDC_ISSUER)')
    .option('--client-id <id>', 'of this command line at the provider (default: CONTACTSHEET_OIDC_CLIENT_ID)')
    .addOption(new Option('--scope <scopes>', 'what to ask for, between spaces').default('openid offline_access'))
    .option('--resource <uri>', 'what the token is for, where the provider wants it said')
    .action(
      action<LoginOptions>(async ({ context, api, out }, _args, options) => {
        const client = clientOf(options, context);
        const path = fileOf(context);
        const login = await logIn(client, context, (invitation) => {
          // Quiet or not: without it nobody can log in.
          for (const line of invitationLines(invitation)) context.stderr.write(`${printable(line)}\n`);
        });
        await editLogins(path, context, (logins) => ({ ...logins, [loginKey(api.address)]: login }));
        const { issuer, expiresAt } = login;
        await out.value({ address: api.address, issuer, ...defined({ expiresAt }) }, () => []);
        out.note(`Logged in for ${api.address}.`);
        if (login.refreshToken === undefined && expiresAt !== undefined) {
          out.note(`The login ends at ${expiresAt}: the provider gave no refresh token.`);
        }
      }),
    );
  program
    .command('logout')
    .description('forget the login for the API at this address')
    .action(
      action(async ({ context, api, out }) => {
        const key = loginKey(api.address);
        let isKnown = false;
        await editLogins(fileOf(context), context, (logins) => {
          const { [key]: login, ...others } = logins;
          isKnown = login !== undefined;
          return isKnown ? others : logins;
        });
        out.note(isKnown ? `Logged out of ${api.address}.` : `There is no login for ${api.address}.`);
      }),
    );
}

interface LoginOptions {
  readonly issuer?: string;
  readonly clientId?: string;
  readonly scope: string;
  readonly resource?: string;
}

function clientOf({ issuer, clientId, scope, resource }: LoginOptions, { env }: CliContext) {
  const client = {
    issuer: needed(issuer || env.CONTACTSHEET_OIDC_ISSUER, '--issuer or CONTACTSHEET_OIDC_ISSUER'),
    clientId: needed(clientId || env.CONTACTSHEET_OIDC_CLIENT_ID, '--client-id or CONTACTSHEET_OIDC_CLIENT_ID'),
    scope,
    ...defined({ resource }),
  };
  issuerUrl(client.issuer);
  return client;
}

function needed(text: string | undefined, where: string): string {
  if (text) return text;
  throw usage(`A login needs ${where}.`, ['Who runs the server knows both.']);
}

function fileOf(context: CliContext): string {
  const path = loginPath(context);
  if (path === undefined) throw usage('There is no folder to keep a login in.', ['Set HOME or XDG_CONFIG_HOME.']);
  return path;
}

function invitationLines({ address, completeAddress, code, minutes }: Invitation): string[] {
  return [
    `Open ${address} in a browser and enter the code ${code}`,
    ...(completeAddress === undefined ? [] : [`or open ${completeAddress}`]),
    `The code is good for ${minutes} min. Waiting; Ctrl-C ends it.`,
  ];
}
