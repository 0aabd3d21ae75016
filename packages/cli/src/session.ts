import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ApiClient, createApiClient } from './api/client';
import type { ExitCode } from './exit-codes';
import { usage } from './failure';
import { storedToken } from './login/stored-login';
import { createOutput, FORMATS, type Format, type Output } from './output';
import { createProgress, type Progress } from './progress';
import type { ColorWhen } from './text/colors';
import { parseDuration } from './text/quantities';
import type { CliContext } from './cli-context';

/** What every command works with: the options that all of them take, made into things. */
export interface Session {
  readonly context: CliContext;
  readonly api: ApiClient;
  readonly out: Output;
  progress(): Progress;
}

export const DEFAULT_ADDRESS = 'http://localhost:8080';

/** Package version: both src and dist lie one folder below package.json. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

export function addSharedOptions(program: Command): void {
  program
    .option('--address <url>', `where the API is (default: CONTACTSHEET_ADDRESS, then ${DEFAULT_ADDRESS})`)
    .option(
      '--key <key>',
      'who you are: a key, or a token (default: CONTACTSHEET_KEY, which no list of processes shows; then the login)',
    )
    .addOption(new Option('-o, --output <format>', 'how data is printed').choices(FORMATS).default('text'))
    .option('-q, --quiet', 'data and errors only: no progress, no hints')
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'));
}

interface SharedOptions {
  readonly address?: string;
  readonly key?: string;
  readonly output: Format;
  readonly quiet?: boolean;
  readonly color: ColorWhen;
}

export function openSession(context: CliContext, command: Command): Session {
  const { key: given, output, quiet = false, color, ...shared } = command.optsWithGlobals<SharedOptions>();
  const address = checkedAddress(shared.address ?? context.env.CONTACTSHEET_ADDRESS ?? DEFAULT_ADDRESS);
  const key = checkedKey(given ?? context.env.CONTACTSHEET_KEY);
  return {
    context,
    api: createApiClient({
      address,
      userAgent: `contactsheet-cli/${packageVersion()}`,
      user: context.env.CONTACTSHEET_USER ?? context.user,
      key: key === undefined ? storedToken(context, address) : () => Promise.resolve(key),
      interrupted: context.interrupted,
      sleep: context.sleep,
    }),
    out: createOutput(context, { format: output, isQuiet: quiet, color }),
    progress: () => createProgress(context, quiet),
  };
}

/** With a scheme, without a slash at the end. */
export function checkedAddress(text: string): string {
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw usage(`'${text}' is not an address.`, [`Use one such as ${DEFAULT_ADDRESS}.`]);
  }
  return address.replace(/\/+$/, '');
}

/** undefined when none is given. It is never repeated in a message. */
export function checkedKey(text: string | undefined): string | undefined {
  const key = text?.trim();
  if (key === undefined || key === '') return undefined;
  if (!/^[\x21-\x7e]{1,8192}$/.test(key)) throw usage('The key holds what no key or token holds.', ['Copy it whole.']);
  return key;
}

/** What a command does; no code means 0. */
export type Action<Options> = (
  session: Session,
  args: readonly string[],
  options: Options,
) => Promise<ExitCode | undefined> | Promise<void>;

/** How a family of commands is put on the tree. */
export interface Registrar {
  readonly context: CliContext;
  /** Commander's action for one of ours. */
  action<Options>(run: Action<Options>): (...given: unknown[]) => Promise<void>;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Use a whole number.');
  return Number(text);
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('Use a whole number above 0.');
  return value;
}

export function durationMs(text: string): number {
  const value = parseDuration(text);
  if (value === undefined) throw new InvalidArgumentError('Use a time such as 90s, 30m, 24h or 7d.');
  return value;
}

/** `a,b` and repeated options. */
export function commaList(text: string, before: readonly string[] = []): readonly string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.includes('')) throw new InvalidArgumentError('Separate the words with commas.');
  return [...before, ...parts];
}
