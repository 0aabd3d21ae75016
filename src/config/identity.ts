import { isUrl, type Reader, type Secret } from './reader';

/** How the application proves to Azure who it is, where an endpoint is named without a key. */
export interface IdentityConfig {
  readonly method: IdentityMethod;
  /** Of the workload, the registered application or the managed identity; absent: the one that the place has. */
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: Secret | undefined;
  /** Holds the token of the Kubernetes service account. */
  readonly tokenFile: string | undefined;
  /** Of another cloud than public Azure, such as https://login.microsoftonline.us. */
  readonly authorityHost: string | undefined;
}

export const IDENTITY_METHODS = ['default', 'workload', 'managed', 'secret', 'cli'] as const;
export type IdentityMethod = (typeof IDENTITY_METHODS)[number];

const METHOD = 'AZURE_IDENTITY';
const TENANT = 'AZURE_TENANT_ID';
const CLIENT = 'AZURE_CLIENT_ID';
const SECRET = 'AZURE_CLIENT_SECRET';
const TOKEN_FILE = 'AZURE_FEDERATED_TOKEN_FILE';
const AUTHORITY = 'AZURE_AUTHORITY_HOST';

/** What each way cannot do without. */
const NEEDED: Readonly<Record<IdentityMethod, readonly string[]>> = {
  default: [],
  workload: [TENANT, CLIENT, TOKEN_FILE],
  managed: [],
  secret: [TENANT, CLIENT, SECRET],
  cli: [],
};

const CURES: Readonly<Record<string, string>> = {
  [TENANT]: 'Set it to the id of the tenant (directory) that the identity belongs to.',
  [CLIENT]: 'Set it to the client id of the identity or of the registered application.',
  [SECRET]: 'Set it to a secret of the registered application.',
  [TOKEN_FILE]:
    'Label the pod azure.workload.identity/use: "true", or mount a token of the service account and name its file.',
};

/**
 * @param isUsed does any service ask for a token?
 * @returns undefined where none does
 */
export function identityOf(read: Reader, isUsed: boolean): IdentityConfig | undefined {
  const named = read.text(METHOD, 'default');
  const method = IDENTITY_METHODS.find((one) => one === named);
  if (method === undefined)
    read.problem(METHOD, 'has an unknown value.', `Give one of ${IDENTITY_METHODS.join(', ')}.`);
  if (!isUsed || method === undefined) return undefined;
  for (const name of NEEDED[method]) {
    if (!read.first(name)) read.problem(name, `is missing, and ${METHOD} is ${method}.`, CURES[name] ?? '');
  }
  return {
    method,
    tenantId: read.first(TENANT)?.value,
    clientId: read.first(CLIENT)?.value,
    clientSecret: read.secret(SECRET),
    tokenFile: read.first(TOKEN_FILE)?.value,
    authorityHost: authorityOf(read),
  };
}

function authorityOf(read: Reader): string | undefined {
  const host = read.first(AUTHORITY)?.value;
  if (host === undefined || (isUrl(host) && new URL(host).protocol === 'https:')) return host;
  read.problem(AUTHORITY, 'is no https address.', 'Use https://login.microsoftonline.com/, or take it away.');
  return undefined;
}

/**
 * What is wrong with an address that is asked with a token, in words that follow the name of the setting.
 *
 * A token opens everything that the identity may do: it never travels by plain http, not even on one machine.
 */
export function faultOfTokenEndpoint(text: string): string | undefined {
  if (!isUrl(text)) return 'is not a URL';
  const { protocol, username, password, search, hash } = new URL(text);
  if (username + password + search + hash !== '') return 'has more than an address';
  return protocol === 'https:' ? undefined : 'is plain http, and a token is sent by https alone';
}
