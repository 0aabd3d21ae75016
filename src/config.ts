import type { ApprovalRule } from './domain/run/approval';
import { type AddressSettings, addressOf } from './config/address';
import { type AuthSettings, authOf } from './config/auth';
import { checkExposure } from './config/exposure';
import { ConfigError, type Environment, isLoopback, isUrl, Reader, Secret } from './config/reader';
import { MAX_ASPECT_RATIOS, readAspectRatios } from './domain/image/smart-crops';
import { DEFAULT_VISION_FEATURES, parseVisionUrl, type VisionApiVersion } from './gateways/vision';

export { ConfigError, type ConfigProblem, Secret } from './config/reader';

/**
 * The one reader of the environment.
 *
 * I1 All problems are reported at once, each with the variable's name and the cure.
 * I2 A secret cannot print: it is wrapped, and no message repeats a value that may hold one.
 * I3 The tutorial's names work beside today's; where both are set, today's wins.
 */
export interface Config {
  readonly api: AddressSettings;
  readonly auth: AuthSettings;
  /** Whether management links need a code, and the key that makes it; without one, links live as long as the process. */
  readonly links: { readonly withCodes: boolean; readonly key: Secret | undefined };
  /** Only the sidecar talks to it. */
  readonly appChannel: { readonly port: number; readonly token: Secret | undefined };
  readonly sidecar: { readonly httpPort: number; readonly grpcPort: number; readonly token: Secret | undefined };
  readonly storage: { readonly connectionString: Secret };
  readonly cosmos: { readonly endpoint: string; readonly key: Secret };
  readonly vision: {
    readonly endpoint: string;
    readonly key: Secret;
    readonly apiVersion: VisionApiVersion;
    readonly features: readonly string[];
    /** Of smart crops, width / height, two decimals each; none: the service chooses one. */
    readonly smartCropsAspectRatios: readonly string[];
    readonly language: string;
    readonly timeoutMs: number;
    /** Who answers there: `azure`, or `NAME.VERSION` of a stand-in. It is part of what makes a stored result current. */
    readonly provider: string;
    /** `10/s`, `20/min`, `unlimited`; absent: as of tier S1. */
    readonly rate: string | undefined;
  };
  readonly limits: {
    /** Images downloaded or at Vision at once, in this process. */
    readonly imagesInFlight: number;
    readonly bytesInFlight: number;
    /** Requests a second of one caller; undefined: no limit. */
    readonly callerRate: number | undefined;
  };
  /** What a calendar month may cost, in transactions, until somebody sets it by the API; undefined: no limit. */
  readonly monthlyCaps: { readonly resource: number | undefined; readonly container: number | undefined };
  readonly price: { readonly unit: number; readonly currency: string };
  /** When a run must be approved, where its start does not say. */
  readonly approval: ApprovalRule;
  /** How long a quote, and the question for its approval, stands. */
  readonly approvalExpiresMs: number;
  /** Share of known images, 0..1, that may be missing from a listing before it is mistrusted. */
  readonly maxLostShare: number;
  /** How long reports, receipts and the index of ended runs are kept. */
  readonly reportRetentionDays: number;
  readonly logLevel: string;
}

/** Cosmos DB takes 2,147,483,647 seconds at most as a time to live. */
const MAX_RETENTION_DAYS = 24_855;

/** @throws ConfigError with every problem */
export function readConfig(env: Environment): Config {
  const read = new Reader(env);
  const api = addressOf(read);
  const auth = authOf(read);
  const config: Config = {
    api,
    auth,
    links: linksOf(read, isLoopback(api.host), auth.modes.length > 0),
    appChannel: { port: read.port('APP_PORT', 3000), token: read.secret('APP_API_TOKEN') },
    sidecar: {
      httpPort: read.port('DAPR_HTTP_PORT', 3500),
      grpcPort: read.port('DAPR_GRPC_PORT', 50001),
      token: read.secret('DAPR_API_TOKEN'),
    },
    storage: storageOf(read),
    cosmos: cosmosOf(read),
    vision: visionOf(read),
    limits: {
      imagesInFlight: read.integer('MAX_IMAGES_IN_FLIGHT', 100, 1, 1_000),
      bytesInFlight: read.integer('MAX_BYTES_IN_FLIGHT', 128 * 1024 * 1024, 1024 * 1024, 8 * 1024 * 1024 * 1024),
      callerRate: callerRateOf(read, auth.modes.length > 0),
    },
    monthlyCaps: {
      resource: read.limit('VISION_MONTHLY_TRANSACTIONS'),
      container: read.limit('CONTAINER_MONTHLY_TRANSACTIONS'),
    },
    price: {
      unit: read.millionths('PRICE_PER_TRANSACTION', 0.001, 0, 1_000),
      currency: read.matching('PRICE_CURRENCY', 'USD', /^[A-Z]{3}$/, 'Give three capital letters such as USD or EUR.'),
    },
    approval: approvalOf(read),
    approvalExpiresMs: read.integer('APPROVAL_EXPIRES_SECONDS', 7 * 24 * 3_600, 1, 365 * 24 * 3_600) * 1_000,
    reportRetentionDays: read.integer('REPORT_RETENTION_DAYS', 90, 1, MAX_RETENTION_DAYS),
    maxLostShare: read.number('SHRINK_GUARD_PERCENT', 20, 0, 100) / 100,
    logLevel: read.matching(
      'LOG_LEVEL',
      'info',
      /^(fatal|error|warn|info|debug|trace|silent)$/,
      'Give one of fatal, error, warn, info, debug, trace, silent.',
    ),
  };
  checkExposure(read, config);
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return config;
}

function storageOf(read: Reader): Config['storage'] {
  const name = 'AZURE_STORAGE_CONNECTION_STRING';
  const found = read.first(name, 'AzureWebJobsStorage');
  const isValid =
    found &&
    (/^UseDevelopmentStorage=true;?/i.test(found.value) || /Account(Name|Key)=|BlobEndpoint=/i.test(found.value));
  if (!found) {
    read.problem(
      name,
      'is missing.',
      'Set it to the connection string of your storage account, or UseDevelopmentStorage=true for Azurite.',
    );
  } else if (!isValid) {
    read.problem(
      found.name,
      'is not a connection string.',
      'Copy the complete string from "Access keys" of the storage account: DefaultEndpointsProtocol=...;AccountName=...;AccountKey=...',
    );
  }
  return { connectionString: new Secret(found?.value ?? '') };
}

/** `auto`: off only where nobody but this machine reaches the API, and nobody is asked who they are. Without a key of its own, that of the app channel. */
function linksOf(read: Reader, isLocal: boolean, hasAuth: boolean): Config['links'] {
  const mode = read.matching('LINK_TOKENS', 'auto', /^(on|off|auto)$/, 'Give on, off or auto.');
  const key = read.secret('LINK_KEY') ?? read.secret('APP_API_TOKEN');
  if (mode === 'on' && !key) {
    read.problem('LINK_KEY', 'is missing.', 'Set it to a long random text, the same for every replica.');
  }
  return { withCodes: mode === 'on' || (mode === 'auto' && (!isLocal || hasAuth)), key };
}

/** Where nobody is asked who they are, only this machine asks, and all of it from one address. */
function callerRateOf(read: Reader, hasAuth: boolean): number | undefined {
  const cure = 'Give requests a second of one caller such as 100/s, or unlimited.';
  const value = read.matching('CALLER_RATE', hasAuth ? '100/s' : 'unlimited', /^(unlimited|[1-9]\d{0,5}\/s)$/, cure);
  return value === 'unlimited' ? undefined : Number.parseInt(value, 10);
}

function approvalOf(read: Reader): ApprovalRule {
  const cure = 'Give auto, always, or above:AMOUNT such as above:5.';
  const value = read.matching('APPROVAL', 'auto', /^(auto|always|above:\d{1,9}(\.\d{1,6})?)$/, cure);
  return value === 'auto' || value === 'always' ? value : { above: Number(value.slice('above:'.length)) };
}

function cosmosOf(read: Reader): Config['cosmos'] {
  const endpoint = read.first('COSMOS_ENDPOINT');
  const key = read.first('COSMOS_KEY');
  const whole = read.first('CosmosDBConnection');
  if (!endpoint && !key && whole) {
    const parts = Object.fromEntries(
      whole.value.split(';').map((part) => [part.split('=')[0]?.trim(), part.slice(part.indexOf('=') + 1)]),
    );
    if (isUrl(parts.AccountEndpoint) && parts.AccountKey)
      return { endpoint: parts.AccountEndpoint, key: new Secret(parts.AccountKey) };
    read.problem(
      whole.name,
      'is not a connection string.',
      'Copy the complete string from "Keys" of the Cosmos account: AccountEndpoint=https://...;AccountKey=...;',
    );
    return { endpoint: '', key: new Secret('') };
  }
  if (!endpoint)
    read.problem(
      'COSMOS_ENDPOINT',
      'is missing.',
      'Set it to the URI of your Cosmos account (or set CosmosDBConnection).',
    );
  else if (!isUrl(endpoint.value))
    read.problem('COSMOS_ENDPOINT', 'is not a URL.', 'Use an address such as https://NAME.documents.azure.com:443/');
  if (!key)
    read.problem('COSMOS_KEY', 'is missing.', 'Set it to a key of your Cosmos account (or set CosmosDBConnection).');
  return { endpoint: endpoint?.value ?? '', key: new Secret(key?.value ?? '') };
}

function visionOf(read: Reader): Config['vision'] {
  const url = read.first('VISION_ENDPOINT', 'ComputerVisionUrl');
  const key = read.first('VISION_KEY', 'ComputerValidationToken');
  const version = read.matching('VISION_API_VERSION', '', /^(3\.2|4\.0)?$/, 'Give 3.2 or 4.0.');
  let endpoint = '';
  let apiVersion: VisionApiVersion = '3.2';
  if (!url) {
    read.problem(
      'VISION_ENDPOINT',
      'is missing.',
      'Set it to the endpoint of your Computer Vision resource: https://NAME.cognitiveservices.azure.com',
    );
  } else {
    const parsed = parseVisionUrl(url.value);
    if ('problem' in parsed) read.problem(url.name, parsed.problem, '');
    else {
      endpoint = parsed.endpoint;
      apiVersion = parsed.apiVersion ?? apiVersion;
    }
  }
  if (!key) read.problem('VISION_KEY', 'is missing.', 'Set it to a key of your Computer Vision resource.');
  const rate = read.matching(
    'VISION_RATE',
    '',
    /^(unlimited|\d+(\.\d+)?\/(s|min))?$/,
    'Give calls per second or minute: 10/s, 20/min, or unlimited.',
  );
  if (version !== '') apiVersion = version as VisionApiVersion;
  return {
    endpoint,
    key: new Secret(key?.value ?? ''),
    apiVersion,
    features: read.list('VISION_FEATURES', DEFAULT_VISION_FEATURES),
    smartCropsAspectRatios: aspectRatiosOf(read, apiVersion),
    language: read.matching('VISION_LANGUAGE', 'en', /^[a-z]{2}(-[A-Za-z]{2,4})?$/, 'Give a language code such as en.'),
    timeoutMs: read.integer('VISION_TIMEOUT_MS', 30_000, 100, 600_000),
    provider: read.matching(
      'VISION_PROVIDER',
      'azure',
      /^(azure|[a-z][a-z0-9-]{0,31}\.\d{1,4})$/,
      'Give azure, or NAME.VERSION such as local-pixels.1.',
    ),
    rate: rate === '' ? undefined : rate,
  };
}

function aspectRatiosOf(read: Reader, apiVersion: VisionApiVersion): readonly string[] {
  const name = 'VISION_SMARTCROPS_ASPECT_RATIOS';
  const words = read.list(name, []);
  const found = readAspectRatios(words);
  if ('problem' in found) {
    const cure = `Give up to ${MAX_ASPECT_RATIOS} numbers from 0.75 to 1.80, separated by commas, such as 1.00,1.78.`;
    read.problem(name, `holds what is no list of aspect ratios: ${found.problem}.`, cure);
    return [];
  }
  if (words.length > 0 && apiVersion !== '4.0') {
    read.problem(
      name,
      `is set, and Vision ${apiVersion} has no smart crops.`,
      'Set VISION_API_VERSION=4.0, or remove it.',
    );
  }
  return found.ratios;
}
