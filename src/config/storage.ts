import { faultOfKey, readConnectionString } from './connection-string';
import { faultOfTokenEndpoint } from './identity';
import { isUrl, type Reader, Secret } from './reader';

/**
 * The storage accounts: that of the system, and that of the photos, which is the same one where nobody names another.
 *
 * I1 What leaves here is a connection string that every SDK takes: with the names as they write them, and with a protocol and
 *    an endpoint suffix where Azure's own are meant.
 *
 * Source: "Configure Azure Storage connection strings", "Create an account SAS".
 */
export interface StorageSettings {
  /** Empty with an identity. */
  readonly connectionString: Secret;
  /**
   * How it signs: with the key of the account, with a shared access signature, which only reads photos, or with a token of
   * the application's identity.
   */
  readonly credential: 'key' | 'sas' | 'identity';
  /** With an identity alone; without a slash at the end. */
  readonly blobEndpoint?: string;
  readonly queueEndpoint?: string;
}

/** An account as its connection string tells it. */
export interface StorageAccount {
  readonly name: string;
  readonly credential: { readonly key: string } | { readonly sas: string };
  /** `core.windows.net`, where no endpoint is named. */
  readonly suffix: string;
  /** Where they are named; without a slash at the end. */
  readonly blobEndpoint: string | undefined;
  readonly queueEndpoint: string | undefined;
  /** I1 */
  readonly connectionString: string;
}

/** The names that lead to an account. */
interface Names {
  readonly connectionString: string;
  /** Of Azure Functions and the tutorial. */
  readonly older?: string;
  readonly blobEndpoint: string;
  readonly queueEndpoint?: string;
}

export const SYSTEM_STORAGE: Names = {
  connectionString: 'AZURE_STORAGE_CONNECTION_STRING',
  older: 'AzureWebJobsStorage',
  blobEndpoint: 'AZURE_STORAGE_BLOB_ENDPOINT',
  queueEndpoint: 'AZURE_STORAGE_QUEUE_ENDPOINT',
};
export const PHOTO_STORAGE: Names = {
  connectionString: 'PHOTOS_STORAGE_CONNECTION_STRING',
  blobEndpoint: 'PHOTOS_STORAGE_BLOB_ENDPOINT',
};

const SERVICES = ['Blob', 'Queue', 'Table', 'File', 'Dfs', 'Web'];
const NAMES = [
  ...['DefaultEndpointsProtocol', 'AccountName', 'AccountKey', 'EndpointSuffix', 'SharedAccessSignature'],
  ...['UseDevelopmentStorage', 'DevelopmentStorageProxyUri'],
  ...SERVICES.flatMap((service) => [`${service}Endpoint`, `${service}SecondaryEndpoint`]),
];
const PUBLIC_AZURE = 'core.windows.net';
const COPY_IT =
  'Copy the complete string from "Access keys" of the storage account: DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...;EndpointSuffix=core.windows.net';

/** The account of the system. */
export function storageOf(read: Reader, now: Date): StorageSettings {
  const settings = accountOf(read, SYSTEM_STORAGE, now);
  if (settings) return settings;
  const cure = 'Set it to the connection string of your storage account, or UseDevelopmentStorage=true for Azurite.';
  read.problem(SYSTEM_STORAGE.connectionString, 'is missing.', cure);
  return { connectionString: new Secret(''), credential: 'key' };
}

/** The account of the photos, from which nothing but reading is asked; that of the system where none is named. */
export function photosOf(read: Reader, now: Date, system: StorageSettings): StorageSettings {
  return accountOf(read, PHOTO_STORAGE, now) ?? system;
}

/** The name of the setting that leads to the account. */
export function settingOf(read: Reader, names: Names): string {
  const { connectionString, older = connectionString, blobEndpoint } = names;
  return read.first(connectionString, older, blobEndpoint)?.name ?? connectionString;
}

/** A connection string wins over an endpoint: it has the key. */
function accountOf(read: Reader, names: Names, now: Date): StorageSettings | undefined {
  const { connectionString, older = connectionString } = names;
  const found = read.first(connectionString, older);
  if (!found) return accountByIdentity(read, names);
  const account = readStorageAccount(found.value, now);
  if ('faults' in account) {
    read.problem(found.name, `is not a connection string of a storage account: it ${inOne(account.faults)}.`, COPY_IT);
    return { connectionString: new Secret(found.value), credential: 'key' };
  }
  const credential = 'sas' in account.credential ? 'sas' : 'key';
  return { connectionString: new Secret(account.connectionString), credential };
}

function accountByIdentity(read: Reader, names: Names): StorageSettings | undefined {
  const blobEndpoint = endpointOf(read, names.blobEndpoint, 'blob');
  const queueEndpoint = names.queueEndpoint && endpointOf(read, names.queueEndpoint, 'queue');
  if (blobEndpoint === undefined) return undefined;
  return {
    connectionString: new Secret(''),
    credential: 'identity',
    blobEndpoint,
    ...(queueEndpoint && { queueEndpoint }),
  };
}

function endpointOf(read: Reader, name: string, service: 'blob' | 'queue'): string | undefined {
  const found = read.first(name);
  if (!found) return undefined;
  const other = /\.(blob|queue|table|file|dfs|web)\./.exec(found.value)?.[1] ?? service;
  const isElsewhere = other !== service;
  const fault = faultOfTokenEndpoint(found.value) ?? (isElsewhere ? `leads to the ${other} service` : undefined);
  if (fault !== undefined)
    read.problem(name, `${fault}.`, `Use https://NAME.${service}.${PUBLIC_AZURE}, or set a connection string.`);
  return found.value.replace(/\/+$/, '');
}

/** The account, or all that is wrong, each in words that follow "it". */
export function readStorageAccount(text: string, now: Date): StorageAccount | { readonly faults: readonly string[] } {
  const { values, faults: malformed } = readConnectionString(text, NAMES);
  if (values.size === 0) return { faults: malformed.length > 0 ? malformed : ['is empty'] };
  const faults = [...malformed];
  const value = (name: string) => values.get(name.toLowerCase()) ?? '';
  if (values.has('usedevelopmentstorage')) return developmentStorage(value, faults);

  const protocol = value('DefaultEndpointsProtocol').toLowerCase() || 'https';
  if (!/^https?$/.test(protocol)) faults.push('has a DefaultEndpointsProtocol that is neither https nor http');
  const suffix = value('EndpointSuffix').toLowerCase() || PUBLIC_AZURE;
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(suffix)) faults.push('has an EndpointSuffix that is no name of a host');
  for (const service of SERVICES) {
    const endpoint = value(`${service}Endpoint`);
    if (endpoint !== '') faults.push(...endpointFaults(`${service}Endpoint`, endpoint));
  }
  const blobEndpoint = value('BlobEndpoint').replace(/\/+$/, '') || undefined;
  const queueEndpoint = value('QueueEndpoint').replace(/\/+$/, '') || undefined;
  const name = value('AccountName');
  const sas = value('SharedAccessSignature').replace(/^\?/, '');
  const isByKey = values.has('accountkey') || sas === '';
  if (name === '' && (isByKey || blobEndpoint === undefined)) faults.push('has no AccountName');
  else if (name !== '' && blobEndpoint === undefined && !/^[a-z0-9]{2,24}$/.test(name)) {
    faults.push('has an AccountName that is not of lower-case letters and digits');
  }
  if (!isByKey) faults.push(...sasFaults(sas, now));
  else if (value('AccountKey') === '') faults.push('has neither AccountKey nor SharedAccessSignature');
  else {
    const isAzure = blobEndpoint === undefined || isOfAzure(blobEndpoint);
    const fault = faultOfKey(value('AccountKey'), isAzure);
    if (fault !== undefined) faults.push(`has an AccountKey that ${fault}`);
  }
  if (faults.length > 0) return { faults };

  const blobs = blobEndpoint ?? `${protocol}://${name}.blob.${suffix}`;
  const parts = isByKey
    ? [`DefaultEndpointsProtocol=${protocol}`, `AccountName=${name}`, `AccountKey=${value('AccountKey')}`]
    : [`SharedAccessSignature=${sas}`];
  return {
    ...{ name: name || nameIn(blobs), suffix, blobEndpoint, queueEndpoint },
    credential: isByKey ? { key: value('AccountKey') } : { sas },
    connectionString: [
      ...parts,
      `EndpointSuffix=${suffix}`,
      ...(blobEndpoint !== undefined || !isByKey ? [`BlobEndpoint=${blobs}`] : []),
      ...(queueEndpoint !== undefined ? [`QueueEndpoint=${queueEndpoint}`] : []),
    ].join(';'),
  };
}

/** The account of the emulators: published by its authors, no secret. */
const DEVELOPMENT = {
  name: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
} as const;

function developmentStorage(value: (name: string) => string, malformed: readonly string[]) {
  const faults = [...malformed];
  if (value('UseDevelopmentStorage').toLowerCase() !== 'true') {
    faults.push('has a UseDevelopmentStorage that is not true');
  }
  const proxy = value('DevelopmentStorageProxyUri').replace(/\/+$/, '');
  if (proxy !== '') faults.push(...endpointFaults('DevelopmentStorageProxyUri', proxy));
  if (faults.length > 0) return { faults };
  const base = proxy || 'http://127.0.0.1';
  return {
    name: DEVELOPMENT.name,
    credential: { key: DEVELOPMENT.key },
    suffix: PUBLIC_AZURE,
    blobEndpoint: `${base}:10000/${DEVELOPMENT.name}`,
    queueEndpoint: `${base}:10001/${DEVELOPMENT.name}`,
    connectionString: `UseDevelopmentStorage=true${proxy === '' ? '' : `;DevelopmentStorageProxyUri=${proxy}`}`,
  };
}

function endpointFaults(name: string, text: string): string[] {
  if (!isUrl(text)) return [`has a ${name} that is no URL`];
  const { username, password, search, hash } = new URL(text);
  return username + password + search + hash === '' ? [] : [`has a ${name} with more than an address`];
}

/** What a signature must allow for photos: to list and to read blobs. */
function sasFaults(sas: string, now: Date): string[] {
  const query = new URLSearchParams(sas);
  const field = (name: string) => query.get(name) ?? '';
  if (field('sig') === '' || field('sv') === '') return ['has a SharedAccessSignature without sv or sig'];
  const faults: string[] = [];
  const isOfAccount = query.has('ss') || query.has('srt');
  if (isOfAccount && !field('ss').includes('b')) faults.push('has a SharedAccessSignature that is not for blobs (ss)');
  if (isOfAccount && !/c/.test(field('srt').replace(/[^co]/g, '')))
    faults.push('has a SharedAccessSignature that is not for containers (srt)');
  if (isOfAccount && !field('srt').includes('o'))
    faults.push('has a SharedAccessSignature that is not for objects (srt)');
  if (!isOfAccount && !/^[cd]$/.test(field('sr')))
    faults.push('has a SharedAccessSignature that is not for a whole container (sr)');
  if (!query.has('si') && !(field('sp').includes('r') && field('sp').includes('l')))
    faults.push('has a SharedAccessSignature that does not allow to read and list (sp)');
  const ends = Date.parse(field('se'));
  if (ends <= now.getTime()) faults.push(`has a SharedAccessSignature that ended ${new Date(ends).toISOString()}`);
  return faults;
}

function isOfAzure(endpoint: string): boolean {
  return /\.(core\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)|storage\.azure\.net)$/.test(
    new URL(isUrl(endpoint) ? endpoint : 'http://x').hostname,
  );
}

/** In the host name of Azure, else in the path, as emulators have it. */
function nameIn(endpoint: string): string {
  const { hostname, pathname } = new URL(endpoint);
  return pathname.split('/')[1] || (hostname.split('.')[0] ?? '');
}

function inOne(faults: readonly string[]): string {
  return faults.join(', and it ');
}
