/** Which storage account, and how it is asked: with what a connection string holds, or with tokens of an identity. */
export type Account = KeyedAccount | IdentityAccount;

export interface KeyedAccount {
  readonly connectionString: string;
}

export interface IdentityAccount {
  /** `https://NAME.blob.core.windows.net` */
  readonly blobEndpoint: string;
  /** `https://NAME.queue.core.windows.net` */
  readonly queueEndpoint: string;
  readonly method: IdentityMethod;
  /** Of the identity; absent: as the environment or the place has it. */
  readonly clientId?: string;
  /** Of another cloud than public Azure; absent: public Azure. */
  readonly authorityHost?: string;
}

export const IDENTITY_METHODS = ['default', 'workload', 'managed', 'secret', 'cli'] as const;
export type IdentityMethod = (typeof IDENTITY_METHODS)[number];

/** What may be given, under whatever names. Empty counts as not given. */
export interface AccountWords {
  readonly connectionString: string;
  readonly blobEndpoint: string;
  readonly queueEndpoint: string;
  readonly method: string;
  readonly clientId: string;
  readonly authorityHost: string;
}

type Names = Readonly<Record<Exclude<keyof AccountWords, 'clientId' | 'authorityHost'>, string>>;

/** The account, and all that is wrong with what was given, each by its name. A connection string wins: it has the key. */
export function readAccount(words: AccountWords, names: Names): { account: Account; problems: readonly string[] } {
  const { connectionString, blobEndpoint, queueEndpoint, clientId, authorityHost } = words;
  if (connectionString !== '') return { account: { connectionString }, problems: [] };
  if (blobEndpoint === '' && queueEndpoint === '') {
    const problem = `${names.connectionString} is required, or ${names.blobEndpoint} and ${names.queueEndpoint}`;
    return { account: { connectionString }, problems: [problem] };
  }
  const method = IDENTITY_METHODS.find((one) => one === (words.method || 'default'));
  const problems = [
    ...endpointFaults(names.blobEndpoint, blobEndpoint),
    ...endpointFaults(names.queueEndpoint, queueEndpoint),
    ...(method ? [] : [`${names.method} is not one of ${IDENTITY_METHODS.join(', ')}`]),
  ];
  const account = {
    blobEndpoint,
    queueEndpoint,
    method: method ?? 'default',
    ...(clientId && { clientId }),
    ...(authorityHost && { authorityHost }),
  };
  return { account, problems };
}

function endpointFaults(name: string, text: string): string[] {
  if (text === '') return [`${name} is missing, and an identity needs both endpoints`];
  if (!URL.canParse(text)) return [`${name} is not a URL`];
  const { protocol, search, username } = new URL(text);
  if (search + username !== '') return [`${name} has more than an address`];
  return protocol === 'https:' ? [] : [`${name} is not https, and a token is sent by https alone`];
}
