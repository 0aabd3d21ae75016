/** What `main.ts` is asked to do. */
import { parseArgs } from 'node:util';
import { type Sidecar, sidecarOf } from './sidecar';
import { asPrefix, DEFAULT_PREFIX, type Membership } from './queue-names';

export type Command =
  | { readonly kind: 'serve'; readonly socket: string; readonly sidecar: Sidecar | undefined }
  | { readonly kind: 'groups'; readonly account: Account }
  | { readonly kind: 'redrive' | 'forget'; readonly account: Account; readonly membership: Membership };

export interface Account {
  readonly connectionString: string;
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

The last three read the account from AZURE_STORAGE_CONNECTION_STRING and take --prefix (default ${DEFAULT_PREFIX}).`;

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

/** From the environment alone: a key in the arguments is readable by everybody on the machine. */
function accountOf(prefix: string | undefined, env: NodeJS.ProcessEnv): Account {
  const connectionString = needed('AZURE_STORAGE_CONNECTION_STRING', env.AZURE_STORAGE_CONNECTION_STRING);
  try {
    return { connectionString, prefix: asPrefix(prefix ?? DEFAULT_PREFIX) };
  } catch (error) {
    throw new UsageProblem(`--prefix ${error instanceof Error ? error.message : error}.`);
  }
}

function needed(name: string, value: string | undefined): string {
  if (!value) throw new UsageProblem(`${name} is missing.`);
  return value;
}
