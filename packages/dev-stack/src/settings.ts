/**
 * Which services a person brings along, and which are started here.
 *
 * I1 A service that is named in the environment is used as it is named, and not started. The value goes to the app
 *    untouched, also when it is wrong: the app reports everything that is wrong at once.
 * I2 What an earlier `.contactsheet/env` exported into this shell is ours, not a person's: it carries the keys of this home.
 */
import { type ConfigProblem, readStorageAccount } from 'contactsheet/setup';
import type { HomeKeys } from './home';
import { Problem } from './problem';

export interface StorageAccount {
  readonly name: string;
  readonly key: string;
  /** Base address without the account; empty for Azure itself. */
  readonly blobEndpoint: string;
  readonly queueEndpoint: string;
}

export interface Brought {
  readonly storage: boolean;
  readonly cosmos: boolean;
  readonly vision: boolean;
}

/** Names of today and of the tutorial that lead to a service. */
const NAMES = {
  storage: ['AZURE_STORAGE_CONNECTION_STRING', 'AzureWebJobsStorage'],
  cosmos: ['COSMOS_ENDPOINT', 'COSMOS_KEY', 'CosmosDBConnection'],
  vision: ['VISION_ENDPOINT', 'VISION_KEY', 'ComputerVisionUrl', 'ComputerValidationToken'],
} as const;

/** The account of Azurite: published by its authors, no secret. */
export const AZURITE_ACCOUNT = {
  name: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
} as const;

/**
 * The account of the local storage. `LOCAL_KEYS=random`: with a key of this home, where the published one lets every user of
 * the machine read.
 *
 * @throws Problem for another value
 */
export function localStorageAccount(env: NodeJS.ProcessEnv, keys: Pick<HomeKeys, 'storageKey'>) {
  const { LOCAL_KEYS = 'published' } = env;
  if (LOCAL_KEYS === 'random') return { name: AZURITE_ACCOUNT.name, key: keys.storageKey };
  if (LOCAL_KEYS === 'published' || LOCAL_KEYS === '') return AZURITE_ACCOUNT;
  throw new Problem(`LOCAL_KEYS=${LOCAL_KEYS} is not valid.`, 'Use published or random.', 2);
}

export function broughtAlong(env: NodeJS.ProcessEnv): Brought {
  const storage = NAMES.storage.map((name) => env[name]).find(Boolean);
  return {
    storage: storage !== undefined && !/^UseDevelopmentStorage=true;?$/i.test(storage.trim()),
    cosmos: NAMES.cosmos.some((name) => env[name]),
    vision: NAMES.vision.some((name) => env[name]),
  };
}

/** Services of a person's own under the names that the person chose: what is wrong is told by them. */
export function asGiven(env: NodeJS.ProcessEnv, brought: Brought): NodeJS.ProcessEnv {
  const names = [...(brought.storage ? NAMES.storage : []), ...(brought.cosmos ? NAMES.cosmos : [])];
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}

/** The environment without what an earlier start exported (I2). */
export function withoutOwnExports(env: NodeJS.ProcessEnv, keys: HomeKeys): NodeJS.ProcessEnv {
  const own = (names: readonly string[]) => names.map((name): [string, undefined] => [name, undefined]);
  return dropUndefined({
    ...env,
    ...(env.COSMOS_KEY === keys.cosmosKey ? Object.fromEntries(own(['COSMOS_ENDPOINT', 'COSMOS_KEY'])) : {}),
    ...(env.VISION_KEY === keys.visionKey
      ? Object.fromEntries(own(['VISION_ENDPOINT', 'VISION_KEY', 'VISION_PROVIDER', 'VISION_RATE']))
      : {}),
    ...([AZURITE_ACCOUNT.key, keys.storageKey].some((key) => env.AZURE_STORAGE_CONNECTION_STRING?.includes(key))
      ? Object.fromEntries(own(['AZURE_STORAGE_CONNECTION_STRING']))
      : {}),
    ...(env.LINK_KEY === keys.linkKey ? Object.fromEntries(own(['LINK_KEY'])) : {}),
    ...(env.DAPR_API_TOKEN === keys.sidecarToken
      ? Object.fromEntries(own(['DAPR_API_TOKEN', 'CONTACTSHEET_SECRETS_FILE']))
      : {}),
    ...(env.APP_API_TOKEN === keys.appApiToken ? Object.fromEntries(own(['APP_API_TOKEN', 'API_PORT'])) : {}),
  });
}

/** The environment without any setting that names a service: for tests, which bring their own. */
export function withoutServices(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = new Set<string>([
    ...Object.values(NAMES).flat(),
    'API_PORT',
    'API_HOST',
    'PUBLIC_URL',
    'ALLOWED_HOSTS',
    'AUTH',
    'KEYS_FILE',
    'DAPR_API_TOKEN',
    'LOCAL_KEYS',
  ]);
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) =>
        !names.has(name) &&
        !/^(VISION|COSMOS|CONTACTSHEET|PRICE|LINK|OIDC|PROXY|PHOTOS_STORAGE|AZURE_STORAGE)_|^AZURE_IDENTITY$|^MAX_(BYTES|IMAGES)_|^LOG_LEVEL$/.test(
          name,
        ),
    ),
  );
}

/** The parts of a storage connection string that the components need, or undefined when it has no account key. */
export function storageAccountOf(connectionString: string): StorageAccount | undefined {
  const account = readStorageAccount(connectionString, new Date());
  if ('faults' in account || 'sas' in account.credential) return undefined;
  const { name, credential, blobEndpoint, queueEndpoint } = account;
  const base = (service: string, endpoint?: string) => baseAddress(name, service, endpoint) ?? '';
  return {
    ...{ name, key: credential.key },
    ...{ blobEndpoint: base('blob', blobEndpoint), queueEndpoint: base('queue', queueEndpoint) },
  };
}

/**
 * Where a component reaches a service of the account: it appends name and container to a base address, and knows public Azure
 * by itself (empty). undefined: it cannot reach that endpoint.
 */
function baseAddress(name: string, service: string, endpoint?: string): string | undefined {
  if (endpoint === undefined || endpoint === `https://${name}.${service}.${PUBLIC_AZURE}`) return '';
  return endpoint.endsWith(`/${name}`) ? endpoint.slice(0, -name.length - 1) : undefined;
}

const PUBLIC_AZURE = 'core.windows.net';

/** What the app can work with, and the launcher and the components of this checkout cannot. */
export function problemsOfLauncher(env: NodeJS.ProcessEnv): ConfigProblem[] {
  return [...problemsOfStorage(env), ...problemsOfIdentity(env), ...problemsOfLocalKeys(env)];
}

/** The app asks as its identity where no key is named; the components of this checkout only sign with keys. */
function problemsOfIdentity(env: NodeJS.ProcessEnv): ConfigProblem[] {
  const has = (name: string) => Boolean(env[name]?.trim());
  const problems: ConfigProblem[] = [];
  const blobs = 'AZURE_STORAGE_BLOB_ENDPOINT';
  if (has(blobs) && !NAMES.storage.some(has)) {
    const problem = 'is set, and the components of the sidecar (manifests, pubsub, blob-events) sign with a key.';
    const cure =
      'Set AZURE_STORAGE_CONNECTION_STRING, or run the app with components of your own (components/azure). Photos alone are read without a key: PHOTOS_STORAGE_BLOB_ENDPOINT.';
    problems.push({ name: blobs, problem, cure });
  }
  // Where https is not spoken the app says the same.
  if (/^\s*["']?https:/i.test(env.COSMOS_ENDPOINT ?? '') && !has('COSMOS_KEY') && !has('CosmosDBConnection')) {
    const cure = 'Set it to a key of your Cosmos account (or set CosmosDBConnection).';
    problems.push({ name: 'COSMOS_KEY', problem: 'is missing.', cure });
  }
  return problems;
}

function problemsOfStorage(env: NodeJS.ProcessEnv): ConfigProblem[] {
  const name = NAMES.storage.find((one) => env[one]?.trim());
  const account = name === undefined ? undefined : readStorageAccount(env[name]?.trim() ?? '', new Date());
  if (name === undefined || account === undefined || 'faults' in account) return []; // the app tells
  const components = 'the components of the sidecar (manifests, pubsub, blob-events)';
  if ('sas' in account.credential) {
    const problem = `has a SharedAccessSignature and no AccountKey, and ${components} sign with the key.`;
    const cure =
      'Give the connection string with AccountKey, or run the app with components of your own (components/azure).';
    return [{ name, problem, cure }];
  }
  const { blobEndpoint, queueEndpoint, suffix } = account;
  const isReached =
    (blobEndpoint !== undefined || suffix === PUBLIC_AZURE) &&
    baseAddress(account.name, 'blob', blobEndpoint) !== undefined &&
    baseAddress(account.name, 'queue', queueEndpoint) !== undefined;
  if (isReached) return [];
  const problem = `leads to where ${components} do not go: they know NAME.blob.${PUBLIC_AZURE} and addresses that end in /NAME.`;
  const cure = 'Use such an address, or run the app with components of your own (components/azure).';
  return [{ name, problem, cure }];
}

function problemsOfLocalKeys({ LOCAL_KEYS = '' }: NodeJS.ProcessEnv): ConfigProblem[] {
  if (['', 'published', 'random'].includes(LOCAL_KEYS)) return [];
  return [{ name: 'LOCAL_KEYS', problem: 'has an unknown value.', cure: 'Use published or random.' }];
}

/** Connection strings of the local Azurite: one with both services, as every Azure client reads it. */
export function azuriteConnectionString(
  ports: { readonly blob: number; readonly queue: number },
  { name, key }: Pick<StorageAccount, 'name' | 'key'> = AZURITE_ACCOUNT,
): string {
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${name}`,
    `AccountKey=${key}`,
    `BlobEndpoint=http://127.0.0.1:${ports.blob}/${name}`,
    `QueueEndpoint=http://127.0.0.1:${ports.queue}/${name}`,
    '',
  ].join(';');
}

function dropUndefined(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}
