import type { AuthSettings } from './auth';
import { isLoopback, type Reader, type Secret } from './reader';
import { PHOTO_STORAGE, settingOf, SYSTEM_STORAGE } from './storage';

interface Settings {
  readonly api: { readonly host: string };
  readonly auth: AuthSettings;
  readonly links: { readonly key: Secret | undefined };
  readonly appChannel: { readonly token: Secret | undefined };
  readonly sidecar: { readonly token: Secret | undefined };
  readonly storage: { readonly connectionString: Secret };
  readonly photos: { readonly connectionString: Secret };
  readonly cosmos: { readonly endpoint: string };
}

/**
 * What may not be open or readable where others reach it. The start ends with these problems.
 *
 * I1 On loopback, outside of production, everything but plain http to other machines is allowed: a laptop needs no keys.
 */
export function checkExposure(read: Reader, config: Settings): void {
  if (!isLoopback(config.api.host)) checkPublic(read, config);
  if (read.text('NODE_ENV', '') === 'production') checkProduction(read, config);
  checkPlainHttp(read, config);
}

function checkPublic(read: Reader, { auth, links }: Settings): void {
  if (auth.modes.length === 0) {
    const cure = 'Set AUTH to keys, oidc or proxy (docs/authentication.md), or API_HOST to 127.0.0.1.';
    read.problem('AUTH', 'is none, and API_HOST is not loopback: whoever reaches it could spend and read.', cure);
  }
  if (read.text('LINK_TOKENS', 'auto') === 'off') {
    const cure = 'Take it away, or set it to auto.';
    read.problem('LINK_TOKENS', 'is off, and API_HOST is not loopback: every link would open for everybody.', cure);
  }
  const name = read.first('LINK_KEY') ? 'LINK_KEY' : 'APP_API_TOKEN';
  if (links.key && randomBytesOf(links.key.reveal()) < LINK_KEY_BYTES) {
    const cure = 'Set LINK_KEY to 32 random bytes, the same for every replica: openssl rand -hex 32';
    read.problem(name, 'is too weak to make the codes of links: it has under 32 random bytes.', cure);
  }
}

const LINK_KEY_BYTES = 32;

/** At most so many random bytes can be in it, by its alphabet and length; 0 for what nobody has drawn. */
export function randomBytesOf(text: string): number {
  if (new Set(text).size < 8) return 0;
  if (/^[0-9a-f]+$/i.test(text)) return Math.floor(text.length / 2);
  return Math.floor((text.replace(/=+$/, '').length * 6) / 8);
}

function checkProduction(read: Reader, { appChannel, sidecar, ...accounts }: Settings): void {
  const both = 'Give app and sidecar the same long random text (Kubernetes: annotation';
  if (!appChannel.token) {
    const cure = `${both} dapr.io/app-token-secret).`;
    read.problem('APP_API_TOKEN', 'is missing, and NODE_ENV=production requires it.', cure);
  }
  // Without it whoever reaches the sidecar calls actors, publishes events and reads state in our name.
  if (!sidecar.token) {
    const cure = `${both} dapr.io/api-token-secret).`;
    read.problem('DAPR_API_TOKEN', 'is missing, and NODE_ENV=production requires it.', cure);
  }
  for (const { name, connectionString } of storageAccounts(read, accounts)) {
    if (!isEmulator(connectionString)) continue;
    const cure = 'Give the connection string of a storage account: the key of the emulator is published.';
    read.problem(name, 'leads to the storage emulator, and NODE_ENV is production.', cure);
  }
}

function isEmulator(connectionString: string): boolean {
  return /UseDevelopmentStorage=true|AccountName=devstoreaccount1\b/i.test(connectionString);
}

/** Of Vision, parseVisionUrl says the same. */
function checkPlainHttp(read: Reader, { cosmos, ...accounts }: Settings): void {
  const problem = 'leads to another machine by plain http: the key and what it opens could be read on the way.';
  if (isPlainUrl(cosmos.endpoint)) {
    read.problem(read.first('COSMOS_ENDPOINT') ? 'COSMOS_ENDPOINT' : 'CosmosDBConnection', problem, 'Use https.');
  }
  for (const { name, connectionString } of storageAccounts(read, accounts)) {
    if (isPlainStorage(connectionString)) read.problem(name, problem, 'Use https: DefaultEndpointsProtocol=https;...');
  }
}

function isPlainStorage(connectionString: string): boolean {
  const fields = connectionString.split(';').map((field) => {
    const cut = field.indexOf('=');
    return [field.slice(0, cut).trim().toLowerCase(), field.slice(cut + 1).trim()] as const;
  });
  const endpoints = fields.filter(([key]) => key === 'blobendpoint').map(([, url]) => url);
  if (endpoints.length > 0) return endpoints.some(isPlainUrl);
  const proxy = fields.find(([key]) => key === 'developmentstorageproxyuri')?.[1];
  if (proxy !== undefined) return isPlainUrl(proxy);
  return fields.some(([key, value]) => key === 'defaultendpointsprotocol' && value.toLowerCase() === 'http');
}

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'http:' && !isLoopback(hostname);
}

/** Each account once, by the setting that names it. */
function storageAccounts(read: Reader, { storage, photos }: Pick<Settings, 'storage' | 'photos'>) {
  const accounts = [{ name: settingOf(read, SYSTEM_STORAGE), connectionString: storage.connectionString.reveal() }];
  if (photos === storage) return accounts;
  return [...accounts, { name: settingOf(read, PHOTO_STORAGE), connectionString: photos.connectionString.reveal() }];
}
