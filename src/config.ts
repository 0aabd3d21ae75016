import { type AddressSettings, addressOf } from './config/address';
import { type AuthSettings, authOf } from './config/auth';
import { type CosmosConfig, cosmosOf } from './config/cosmos';
import { checkExposure } from './config/exposure';
import { checkPorts } from './config/ports';
import { ConfigError, type Environment, isLoopback, Reader, type Secret } from './config/reader';
import { type IdentityConfig, identityOf } from './config/identity';
import { photosOf, type StorageSettings, storageOf } from './config/storage';
import { type VisionConfig, visionOf } from './config/vision';
import type { ApprovalRule } from './domain/run/approval';

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
  /** The account of the system. */
  readonly storage: StorageSettings;
  /** The account with the photos, which is only read; mostly the same one. */
  readonly photos: StorageSettings;
  readonly cosmos: CosmosConfig;
  readonly vision: VisionConfig;
  /** Who the application is for services that are named without a key; undefined: each has its key. */
  readonly identity: IdentityConfig | undefined;
  /** Where Prometheus asks; undefined: nothing is measured. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
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
    ...outsideOf(read),
    metrics: metricsOf(read),
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
  checkPorts(read, config);
  checkExposure(read, config);
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return config;
}

/** What lies outside of this process. */
export type OutsideConfig = Pick<Config, 'sidecar' | 'storage' | 'photos' | 'cosmos' | 'vision' | 'identity'>;

/** That alone, whatever else is wrong: for a look at Azure before anything else can start. @throws ConfigError with every problem */
export function readOutside(env: Environment): OutsideConfig {
  const read = new Reader(env);
  const outside = outsideOf(read);
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return outside;
}

function outsideOf(read: Reader): OutsideConfig {
  const now = new Date();
  const storage = storageOf(read, now);
  const photos = photosOf(read, now, storage);
  const cosmos = cosmosOf(read);
  const vision = visionOf(read);
  const isByIdentity = [storage, photos, cosmos, vision].some(({ credential }) => credential === 'identity');
  return {
    sidecar: {
      httpPort: read.port('DAPR_HTTP_PORT', 3500),
      grpcPort: read.port('DAPR_GRPC_PORT', 50001),
      token: read.secret('DAPR_API_TOKEN'),
    },
    ...{ storage, photos, cosmos, vision },
    identity: identityOf(read, isByIdentity),
  };
}

/** Counts and durations say nothing of anybody's pictures, but who reads them needs no key: loopback by default. */
function metricsOf(read: Reader): Config['metrics'] {
  const host = read.text('METRICS_HOST', '127.0.0.1');
  return read.first('METRICS_PORT') === undefined ? undefined : { host, port: read.port('METRICS_PORT', 9464) };
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
