import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { EXIT, type ExitCode } from '../exit-codes';
import { Failure } from '../failure';
import type { Registrar } from '../session';

/**
 * `azure check` is a program of the product, which has the clients of Azure: this command only starts it. It runs where the
 * product is installed, with the settings of the product, and asks no API: nothing has to run yet.
 */
export function registerAzure(program: Command, { action }: Registrar): void {
  const azure = program.command('azure').description('look at the Azure services behind an installation');
  azure
    .command('check')
    .description('ask Azure for everything that the application needs, and name each missing role')
    .option('--container <name>', 'a container with photos (default: the first of the account)')
    .action(
      action<{ readonly container?: string }>(async ({ context, out }, _args, { container }) => {
        const words = [
          ...(container === undefined ? [] : ['--container', container]),
          ...(out.format === 'text' ? [] : ['--json']),
        ];
        return runProgram(context, [checkProgram(), ...words]);
      }),
    );
}

/** Beside this command line in a checkout and in the image, or the package that somebody has installed with it. */
function checkProgram(): string {
  const beside = join(__dirname, '..', '..', '..', '..', 'dist', 'azure-check.js');
  const besideBundle = join(__dirname, '..', '..', '..', 'dist', 'azure-check.js');
  const found = [beside, besideBundle].find(existsSync) ?? installed();
  if (found !== undefined) return found;
  throw new Failure(EXIT.unexpected, 'The application is not installed beside this command line.', [
    'cure: Run it where the application is: node dist/azure-check.js (in a pod: kubectl exec, container app).',
  ]);
}

function installed(): string | undefined {
  try {
    return createRequire(__filename).resolve('contactsheet/azure-check');
  } catch {
    return undefined;
  }
}

function runProgram({ env, stdout, stderr, interrupted }: CliContext, words: readonly string[]): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'pipe'], signal: interrupted });
    child.stdout.on('data', (chunk: Buffer) => stdout.write(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.write(chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0 || code === 2 ? code : EXIT.unexpected));
  });
}
