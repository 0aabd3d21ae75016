import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { packageVersion, type Registrar } from '../session';
import type { CliContext } from '../cli-context';

/** `open` and `version`. */
export function registerVisit(program: Command, { action, context }: Registrar): void {
  program
    .command('open')
    .description('print the address and open it in a browser')
    .option('--print', 'only print it')
    .action(
      action<{ readonly print?: true }>(async ({ api, out }, _args, { print }) => {
        await out.value({ address: api.address }, () => [api.address]);
        if (!print && !(await openBrowser(context, api.address))) out.note('No browser could be opened.');
      }),
    );
  program
    .command('version')
    .description('print the version')
    .action(
      action(async ({ out }) => {
        const version = packageVersion();
        await out.value({ version, node: process.versions.node }, () => [version]);
      }),
    );
}

/** False when there is nothing to open it with. The browser outlives the command. */
function openBrowser({ env, platform }: CliContext, address: string): Promise<boolean> {
  const [program, ...words] = browserCommand(env.BROWSER, platform);
  return new Promise((resolve) => {
    const child = spawn(program, [...words, address], { detached: true, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

function browserCommand(browser: string | undefined, platform: string): [string, ...string[]] {
  if (browser) return [browser];
  switch (platform) {
    case 'darwin':
      return ['open'];
    case 'win32':
      return ['explorer.exe'];
    default:
      return ['xdg-open'];
  }
}
