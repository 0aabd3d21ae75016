import { faultOfKey, readConnectionString } from './connection-string';
import { isUrl, type Reader, Secret } from './reader';

export interface CosmosConfig {
  /** Without a path: `https://photos.documents.azure.com:443/`. */
  readonly endpoint: string;
  readonly key: Secret;
}

const ENDPOINT = 'COSMOS_ENDPOINT';
const KEY = 'COSMOS_KEY';
/** Of Azure Functions and the tutorial: both in one. */
const WHOLE = 'CosmosDBConnection';
/** The last two are of other SDKs and change nothing here. */
const NAMES = ['AccountEndpoint', 'AccountKey', 'Database', 'DisableServerCertificateValidation'];

const LOOKS = 'Use an address such as https://NAME.documents.azure.com:443/';

export function cosmosOf(read: Reader): CosmosConfig {
  const endpoint = read.first(ENDPOINT);
  const key = read.first(KEY);
  const whole = read.first(WHOLE);
  if (!endpoint && !key && whole) return cosmosOfWhole(read, whole.value);
  if (!endpoint) read.problem(ENDPOINT, 'is missing.', `Set it to the URI of your Cosmos account (or set ${WHOLE}).`);
  else if (/AccountEndpoint=/i.test(endpoint.value)) {
    read.problem(ENDPOINT, 'is a whole connection string.', `Set it as ${WHOLE}, and take COSMOS_ENDPOINT away.`);
  } else {
    const fault = faultOfEndpoint(endpoint.value);
    if (fault !== undefined) read.problem(ENDPOINT, `${fault}.`, LOOKS);
  }
  if (!key) read.problem(KEY, 'is missing.', `Set it to a key of your Cosmos account (or set ${WHOLE}).`);
  else {
    const fault = faultOfKey(key.value, isOfAzure(endpoint?.value));
    if (fault !== undefined) read.problem(KEY, `${fault}.`, 'Copy the whole key from "Keys" of the Cosmos account.');
  }
  return { endpoint: endpoint?.value ?? '', key: new Secret(key?.value ?? '') };
}

function cosmosOfWhole(read: Reader, text: string): CosmosConfig {
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
