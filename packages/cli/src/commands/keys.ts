import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import {
  type AccessKey,
  defined,
  formatAccessKey,
  GRANTED_ROLES,
  type GrantedRole,
  isContainerGlob,
  isExpired,
  isGrantedRole,
  KEY_ID_LENGTH,
  KEY_SECRET_BYTES,
  principalName,
} from 'contactsheet/contract';
import type { CliContext } from '../cli-context';
import { EXIT } from '../exit-codes';
import { Failure, usage } from '../failure';
import { editKeys, readKeys } from '../keys/keys-file';
import type { ListView } from '../output';
import { commaList, durationMs, type Registrar } from '../session';

/** The keys of a server: they lie in a file of its machine (KEYS_FILE), so these commands ask no API. */
export function registerKeys(program: Command, { action }: Registrar): void {
  const keys = program.command('keys').description('keys that open the API of a server on this machine');
  keys
    .command('create')
    .description('make a key and print it, once: the file keeps only its hash')
    .argument('<name>', 'who or what it is for, as the audit trail will show it')
    .requiredOption('--role <role>', `${GRANTED_ROLES.join(', ')}: each may do what the ones before it may`, role)
    .option('--containers <globs>', 'only these containers, such as team-a-*', globs)
    .option('--expires <time>', 'until when, such as 90d (default: never)', durationMs)
    .option(...FILE)
    .action(
      action<CreateOptions>(async ({ context, out }, [name = ''], options) => {
        const { key, text } = made(name, options, context.now());
        await editKeys(fileOf(options, context), (file) => ({ ...file, keys: [...file.keys, key] }));
        const { sha256: _, ...shown } = key;
        await out.value({ ...shown, key: text }, () => [text]);
        out.note(`Key ${key.id} of ${key.name}: it is not shown again. Give it as CONTACTSHEET_KEY.`);
      }),
    );
  keys
    .command('list')
    .alias('ls')
    .description('list the keys, without what opens')
    .option(...FILE)
    .action(
      action<FileOption>(async ({ context, out }, _args, options) => {
        const file = await readKeys(fileOf(options, context));
        const value = file.keys.map(({ sha256: _, ...key }) => key);
        await out.list(onePage(value), viewAt(context.now()));
      }),
    );
  keys
    .command('revoke')
    .description('take a key away: it opens nothing from the next request on')
    .argument('<id>')
    .option(...FILE)
    .action(
      action<FileOption>(async ({ context, out }, [id = ''], options) => {
        const path = fileOf(options, context);
        await editKeys(path, (file) => {
          if (!file.keys.some((key) => key.id === id)) {
            throw new Failure(EXIT.notFound, `no key of ${path} has the id ${id}`, [
              'cure: Take the id from `contactsheet keys list`.',
            ]);
          }
          return { ...file, keys: file.keys.filter((key) => key.id !== id) };
        });
        out.note(`Key ${id} is revoked.`);
      }),
    );
}

const FILE = ['--file <path>', 'the keys file of the server (default: KEYS_FILE)'] as const;

interface FileOption {
  readonly file?: string;
}

interface CreateOptions extends FileOption {
  readonly role: GrantedRole;
  readonly containers?: readonly string[];
  readonly expires?: number;
}

function fileOf({ file }: FileOption, { env }: CliContext): string {
  const path = file ?? env.KEYS_FILE;
  if (path) return path;
  throw usage('Which file?', ['cure: Name the keys file of the server with --file or KEYS_FILE.']);
}

function made(name: string, { role: granted, containers, expires }: CreateOptions, nowMs: number) {
  if (principalName(name) !== name) throw usage('The name takes 1 to 128 characters that print.');
  const secret = randomBytes(KEY_SECRET_BYTES).toString('base64url');
  const id = Array.from({ length: KEY_ID_LENGTH }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join('');
  const key: AccessKey = {
    id,
    name,
    sha256: createHash('sha256').update(secret).digest('hex'),
    roles: [granted],
    ...defined({ containers }),
    createdAt: new Date(nowMs).toISOString(),
    ...(expires !== undefined && { expiresAt: new Date(nowMs + expires).toISOString() }),
  };
  return { key, text: formatAccessKey({ id, secret }) };
}

const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

type Listed = Omit<AccessKey, 'sha256'>;

function viewAt(nowMs: number): ListView<Listed> {
  return {
    columns: [
      { title: 'ID' },
      { title: 'NAME', shrinks: 'end' },
      { title: 'ROLE' },
      { title: 'CONTAINERS', shrinks: 'end' },
      { title: 'EXPIRES', drops: 1 },
    ],
    row: (key) => [
      key.id,
      key.name,
      key.roles.join(', '),
      key.containers?.join(', ') ?? 'all',
      `${key.expiresAt ?? 'never'}${isExpired(key, nowMs) ? ' (expired)' : ''}`,
    ],
    empty: 'There are no keys.',
  };
}

async function* onePage<T>(value: readonly T[]) {
  yield { value };
}

function role(text: string): GrantedRole {
  if (!isGrantedRole(text)) throw new InvalidArgumentError(`It is one of ${GRANTED_ROLES.join(', ')}.`);
  return text;
}

function globs(text: string, before?: readonly string[]): readonly string[] {
  const all = commaList(text, before);
  if (!all.every(isContainerGlob)) throw new InvalidArgumentError('It takes names of containers with * and ?.');
  return all;
}
