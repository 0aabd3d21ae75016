import { faultOfKey, readConnectionString } from './connection-string';
import type { CosmosThroughput } from '../gateways/cosmos/throughput';
import { isUrl, type Reader, Secret } from './reader';

export interface CosmosConfig {
  /** Without a path: `https://photos.documents.azure.com:443/`. */
  readonly endpoint: string;
  /** Empty with an identity. */
  readonly key: Secret;
  /** How it signs: with a key of the account, or with a token of the application's identity. */
  readonly credential: 'key' | 'identity';
  /** Regions of the account, those that are asked first in front; empty: as the account orders them. */
  readonly regions: readonly string[];
  /** Asked for when the database is made; absent: whatever the account does by itself. */
  readonly throughput: CosmosThroughput | undefined;
}

const ENDPOINT = 'COSMOS_ENDPOINT';
const KEY = 'COSMOS_KEY';
/** Of Azure Functions and the tutorial: both in one. */
const WHOLE = 'CosmosDBConnection';
/** The last two are of other SDKs and change nothing here. */
const NAMES = ['AccountEndpoint', 'AccountKey', 'Database', 'DisableServerCertificateValidation'];

const LOOKS = 'Use an address such as https://NAME.documents.azure.com:443/';

const MISSING_KEY = `Set it to a key of your Cosmos account (or set ${WHOLE}).`;

export function cosmosOf(read: Reader): CosmosConfig {
  return { ...accountOf(read), throughput: throughputOf(read), regions: read.list('COSMOS_REGIONS') };
}

type Account = Pick<CosmosConfig, 'endpoint' | 'key' | 'credential'>;

function accountOf(read: Reader): Account {
  const endpoint = read.first(ENDPOINT);
  const key = read.first(KEY);
  const whole = read.first(WHOLE);
  if (!endpoint && !key && whole) return { ...cosmosOfWhole(read, whole.value), credential: 'key' };
  if (!endpoint) read.problem(ENDPOINT, 'is missing.', `Set it to the URI of your Cosmos account (or set ${WHOLE}).`);
  else if (/AccountEndpoint=/i.test(endpoint.value)) {
    read.problem(ENDPOINT, 'is a whole connection string.', `Set it as ${WHOLE}, and take COSMOS_ENDPOINT away.`);
  } else {
    const fault = faultOfEndpoint(endpoint.value);
    if (fault !== undefined) read.problem(ENDPOINT, `${fault}.`, LOOKS);
  }
  if (!key && endpoint && !whole && takesToken(endpoint.value)) {
    return { endpoint: endpoint.value, key: new Secret(''), credential: 'identity' };
  }
  if (!key) read.problem(KEY, 'is missing.', MISSING_KEY);
  else {
    const fault = faultOfKey(key.value, isOfAzure(endpoint?.value));
    if (fault !== undefined) read.problem(KEY, `${fault}.`, 'Copy the whole key from "Keys" of the Cosmos account.');
  }
  return { endpoint: endpoint?.value ?? '', key: new Secret(key?.value ?? ''), credential: 'key' };
}

function cosmosOfWhole(read: Reader, text: string): Pick<CosmosConfig, 'endpoint' | 'key'> {
  const { values, faults: malformed } = readConnectionString(text, NAMES);
  const endpoint = values.get('accountendpoint') ?? '';
  const key = values.get('accountkey') ?? '';
  const faults = [...malformed];
  if (endpoint === '') faults.push('has no AccountEndpoint');
  else {
    const fault = faultOfEndpoint(endpoint);
    if (fault !== undefined) faults.push(`has an AccountEndpoint that ${fault}`);
  }
  if (key === '') faults.push('has no AccountKey');
  else {
    const fault = faultOfKey(key, isOfAzure(endpoint));
    if (fault !== undefined) faults.push(`has an AccountKey that ${fault}`);
  }
  if (faults.length > 0) {
    const cure =
      'Copy the complete string from "Keys" of the Cosmos account: AccountEndpoint=https://...;AccountKey=...;';
    read.problem(WHOLE, `is not a connection string of Cosmos DB: it ${faults.join(', and it ')}.`, cure);
    return { endpoint: '', key: new Secret('') };
  }
  return { endpoint, key: new Secret(key) };
}

/** "Azure Cosmos DB service quotas": what one database or container may be given without a ticket. */
const LIMITS = {
  shared: { least: 400, step: 100 },
  each: { least: 400, step: 100 },
  autoscale: { least: 1_000, step: 1_000 },
} as const;
const MOST = 1_000_000;

export function throughputOf(read: Reader): CosmosThroughput | undefined {
  const name = 'COSMOS_THROUGHPUT';
  const found = read.first(name);
  if (!found) return undefined;
  const { kind, ru } = /^(?<kind>shared|autoscale|each):(?<ru>\d{1,9})$/.exec(found.value)?.groups ?? {};
  if (kind !== 'shared' && kind !== 'autoscale' && kind !== 'each') {
    const cure = 'Give RU/s: shared:1000 (all containers share it), autoscale:4000 (the same, up to it), or each:400.';
    read.problem(name, 'has an unknown value.', cure);
    return undefined;
  }
  const { least, step } = LIMITS[kind];
  const ruPerSecond = Number(ru);
  if (ruPerSecond < least || ruPerSecond > MOST || ruPerSecond % step !== 0) {
    const cure = `Give ${kind}: and from ${least} to ${MOST}, in steps of ${step}.`;
    read.problem(name, 'is no throughput that Cosmos DB gives.', cure);
  }
  return { kind, ruPerSecond };
}

/** A token is sent by https alone: where that is not spoken, a key is missing. */
function takesToken(endpoint: string): boolean {
  return /^https:/i.test(endpoint) || !isUrl(endpoint);
}

/** In words that follow the name of the setting. */
function faultOfEndpoint(text: string): string | undefined {
  if (!isUrl(text)) return 'is not a URL';
  const { hostname, pathname, search, hash, username, password } = new URL(text);
  if (username + password !== '') return 'holds a user name or a password';
  if (pathname !== '/' || search + hash !== '') return 'has a path or a query';
  if (/\.(mongo|cassandra|gremlin|table|postgres)\.cosmos\./.test(hostname)) {
    return 'leads to another API of Cosmos DB, and the account must have that for NoSQL';
  }
  return undefined;
}

function isOfAzure(endpoint = ''): boolean {
  return isUrl(endpoint) && /\.documents\.azure\.(com|cn|us)$/.test(new URL(endpoint).hostname);
}
