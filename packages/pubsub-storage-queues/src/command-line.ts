/** What `main.ts` is asked to do. */
import { parseArgs } from 'node:util';
import { type Account, readAccount } from './account';
import { type Sidecar, sidecarOf } from './sidecar';
import { asPrefix, DEFAULT_PREFIX, type Membership } from './queue-names';

export type Command =
  | { readonly kind: 'serve'; readonly socket: string; readonly sidecar: Sidecar | undefined }
  | { readonly kind: 'groups'; readonly account: AccountArguments }
  | { readonly kind: 'redrive' | 'forget'; readonly account: AccountArguments; readonly membership: Membership };

export interface AccountArguments {
  readonly account: Account;
  readonly prefix: string;
}

export class UsageProblem extends Error {
  override readonly name = 'UsageProblem';
}

export const USAGE = `dapr-pubsub-azure-storage-queues: Dapr pub/sub on Azure Storage Queues

  --socket PATH                       serve daprd on a Unix socket (or PUBSUB_SOCKET)
  --sidecar URL                       ask a daprd that runs already to end, so that it starts anew and finds this process
  groups                              every group with what waits and what is parked
  redrive --topic T --group G         put parked messages back into the group's queue
  forget --topic T --group G          end a group: its queues are deleted with all they hold

The last three read the account from AZURE_STORAGE_CONNECTION_STRING, or from AZURE_STORAGE_BLOB_ENDPOINT and
AZURE_STORAGE_QUEUE_ENDPOINT (then as the identity that AZURE_IDENTITY chooses), and take --prefix (default ${DEFAULT_PREFIX}).`;

const OPTIONS = {
  socket: { type: 'string' },
  sidecar: { type: 'string' },
  topic: { type: 'string' },
  group: { type: 'string' },
  prefix: { type: 'string' },
} as const;

/** @throws UsageProblem */
export function readCommand(words: readonly string[], env: NodeJS.ProcessEnv): Command {
  const { values, positionals } = parse(words);
  const [kind = 'serve', ...more] = positionals;
  if (more.length > 0) throw new UsageProblem(`There is no place for ${more.join(' ')}.`);
  switch (kind) {
    case 'serve':
      return {
        kind,
        socket: needed('--socket', values.socket ?? env.PUBSUB_SOCKET),
        sidecar: sidecarAt(values.sidecar, env),
      };
    case 'groups':
      return { kind, account: accountOf(values.prefix, env) };
    case 'redrive':
    case 'forget':
      return {
        kind,
        account: accountOf(values.prefix, env),
        membership: { topic: needed('--topic', values.topic), group: needed('--group', values.group) },
      };
    default:
      throw new UsageProblem(`There is no command ${kind}.`);
  }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageProblem(error instanceof Error ? error.message : String(error));
  }
}

function sidecarAt(url: string | undefined, env: NodeJS.ProcessEnv): Sidecar | undefined {
  if (url === undefined) return undefined;
  if (!URL.canParse(url)) throw new UsageProblem(`--sidecar is not a URL: ${url}`);
  return sidecarOf(url, env.DAPR_API_TOKEN);
}

const VARIABLES = {
  connectionString: 'AZURE_STORAGE_CONNECTION_STRING',
  blobEndpoint: 'AZURE_STORAGE_BLOB_ENDPOINT',
  queueEndpoint: 'AZURE_STORAGE_QUEUE_ENDPOINT',
  method: 'AZURE_IDENTITY',
  clientId: 'AZURE_CLIENT_ID',
  authorityHost: 'AZURE_AUTHORITY_HOST',
} as const;

/** From the environment alone: a key in the arguments is readable by everybody on the machine. */
function accountOf(prefix: string | undefined, env: NodeJS.ProcessEnv): AccountArguments {
  const words = Object.fromEntries(Object.entries(VARIABLES).map(([key, name]) => [key, env[name]?.trim() ?? '']));
  const { account, problems } = readAccount(words as Record<keyof typeof VARIABLES, string>, VARIABLES);
  if (problems.length > 0) throw new UsageProblem(`${problems.join('; ')}.`);
  try {
    return { account, prefix: asPrefix(prefix ?? DEFAULT_PREFIX) };
  } catch (error) {
    throw new UsageProblem(`--prefix ${error instanceof Error ? error.message : error}.`);
  }
}

function needed(name: string, value: string | undefined): string {
  if (!value) throw new UsageProblem(`${name} is missing.`);
  return value;
}
