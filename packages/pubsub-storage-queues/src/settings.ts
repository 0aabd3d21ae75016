/** The metadata of the component, checked. Names are compared without case, as daprd does for its own components. */
import { type Account, readAccount } from './account';
import type { Properties } from './proto/messages';
import { asPrefix, DEFAULT_PREFIX } from './queue-names';

export interface Settings {
  /** Empty with an identity. */
  readonly connectionString: string;
  /** Where the account is asked as an identity, instead of with a key. */
  readonly identity?: Exclude<Account, { connectionString: string }>;
  /** The group of this subscriber. daprd fills in the id of the app. */
  readonly consumerId: string;
  /** Between two looks at an empty queue. A publish through the same process is seen at once. */
  readonly pollingIntervalMs: number;
  /** How long a message stays with a process that died. Whole seconds; renewed while a handler runs. */
  readonly visibilityTimeoutMs: number;
  /** Deliveries before a message is parked in the poison queue. */
  readonly maxDeliveryCount: number;
  /** Messages held by one subscription. One is handled at a time; the others wait here instead of in the queue. */
  readonly prefetch: number;
  /** The longest pause after a refused delivery. The first is 1 s, each next twice as long. */
  readonly maxBackoffMs: number;
  /** How long an unread message lives. */
  readonly messageTtlMs: number;
  /** How long a message waits for the first group of its topic; 0 drops it, as a broker with subscriptions does. */
  readonly waitingTtlMs: number;
  /** First word of queue names, and name of the blob container. */
  readonly prefix: string;
}

/** All that is wrong with the metadata, at once. */
export class InvalidSettings extends Error {
  override readonly name = 'InvalidSettings';
}

const NAMES = [
  'connectionString',
  'blobEndpoint',
  'queueEndpoint',
  'azureIdentity',
  'azureClientId',
  'consumerID',
  'pollingInterval',
  'visibilityTimeout',
  'maxDeliveryCount',
  'prefetch',
  'maxBackoff',
  'messageTTL',
  'waitingTTL',
  'prefix',
] as const;
type Name = (typeof NAMES)[number];

const ACCOUNT_NAMES = {
  connectionString: 'connectionString',
  ...{ blobEndpoint: 'blobEndpoint', queueEndpoint: 'queueEndpoint' },
  method: 'azureIdentity',
} as const;

/** What daprd itself reads of any pub/sub component (pkg/scopes of 1.18.2), and passes on. */
const TOPIC_SCOPES = ['allowedTopics', 'protectedTopics', 'publishingScopes', 'subscriptionScopes'] as const;

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const WEEK = 168 * HOUR;

/** `env`: whose identity variables hold where a property is absent. @throws InvalidSettings naming every wrong property. */
export function readSettings(properties: Properties, env: NodeJS.ProcessEnv = {}): Settings {
  const given = new Map(Object.entries(properties).map(([name, value]) => [name.toLowerCase(), value.trim()]));
  const problems: string[] = [];
  const text = (name: Name): string => given.get(name.toLowerCase()) ?? '';
  const read = <T>(name: Name, fallback: T, parse: (value: string) => T): T => {
    try {
      return text(name) === '' ? fallback : parse(text(name));
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : error}`);
      return fallback;
    }
  };
  const duration = (name: Name, fallback: number, least: number, most: number): number =>
    read(name, fallback, (value) => durationMs(value, least, most));
  const count = (name: Name, fallback: number, most: number): number =>
    read(name, fallback, (value) => wholeNumber(value, most));

  const words = {
    connectionString: text('connectionString'),
    ...{ blobEndpoint: text('blobEndpoint'), queueEndpoint: text('queueEndpoint') },
    method: text('azureIdentity') || (env.AZURE_IDENTITY ?? ''),
    clientId: text('azureClientId') || (env.AZURE_CLIENT_ID ?? ''),
    authorityHost: env.AZURE_AUTHORITY_HOST ?? '',
  };
  const { account, problems: wrong } = readAccount(words, ACCOUNT_NAMES);
  problems.push(...wrong);
  if (text('consumerID') === '') problems.push('consumerID is required');
  const settings: Settings = {
    connectionString: words.connectionString,
    ...('connectionString' in account ? {} : { identity: account }),
    consumerId: text('consumerID'),
    pollingIntervalMs: duration('pollingInterval', SECOND, 50, 600 * SECOND),
    visibilityTimeoutMs: Math.ceil(duration('visibilityTimeout', 30 * SECOND, SECOND, HOUR) / SECOND) * SECOND,
    maxDeliveryCount: count('maxDeliveryCount', 10, 1_000),
    prefetch: count('prefetch', 8, 32),
    maxBackoffMs: duration('maxBackoff', 60 * SECOND, SECOND, HOUR),
    messageTtlMs: duration('messageTTL', WEEK, SECOND, 520 * WEEK),
    waitingTtlMs: duration('waitingTTL', HOUR, 0, WEEK),
    prefix: read('prefix', DEFAULT_PREFIX, asPrefix),
  };
  if (problems.length > 0) throw new InvalidSettings(`pubsub.storage-queues: ${problems.join('; ')}.`);
  return settings;
}

/** Properties that nobody reads: probably misspelt. */
export function unknownProperties(properties: Properties): string[] {
  const known = new Set<string>([...NAMES, ...TOPIC_SCOPES].map((name) => name.toLowerCase()));
  return Object.keys(properties).filter((name) => !known.has(name.toLowerCase()));
}

const UNITS = { ms: 1, s: SECOND, m: 60 * SECOND, h: HOUR } as const;

/** Reads a duration as Go writes it: `500ms`, `1.5s`, `1h30m`, `0`. */
function durationMs(value: string, least: number, most: number): number {
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === value;
  if (!isWhole && value !== '0') throw new Error(`is "${value}", not a duration such as 500ms, 30s or 1h`);
  const ms = parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit as keyof typeof UNITS], 0);
  if (ms < least || ms > most) throw new Error(`is ${value}; it lies between ${least} ms and ${most / SECOND} s`);
  return ms;
}

function wholeNumber(value: string, most: number): number {
  if (!/^\d{1,6}$/.test(value) || Number(value) < 1 || Number(value) > most) {
    throw new Error(`is "${value}", not a whole number from 1 to ${most}`);
  }
  return Number(value);
}
