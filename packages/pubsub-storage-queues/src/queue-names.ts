/**
 * Names of queues and blobs.
 *
 * I1 A name is a function of prefix, topic and group alone: publishers and subscribers of any process find the same queue.
 * I2 Two pairs of topic and group never share a queue: the name ends in a hash of both; what stands before it is for readers.
 * I3 3-63 lower case letters, digits and single dashes, a letter or digit at both ends.
 *    Source: https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata
 */
import { createHash } from 'node:crypto';

export const DEFAULT_PREFIX = 'contactsheet-pubsub';

const MOST_LETTERS = 63;
const MOST_PREFIX_LETTERS = 30;
const HASH_LETTERS = 16;
/** Base64url of both must fit a blob name of 1,024 characters. */
const MOST_NAME_BYTES = 256;

/** What a queue is for: deliveries of a group, what the group could not handle, or what came before the first group. */
export type QueueRole = 'group' | 'poison' | 'waiting';

/** @throws Error when it cannot begin the name of a queue and be that of a blob container. */
export function asPrefix(value: string): string {
  if (value.length >= 3 && value.length <= MOST_PREFIX_LETTERS && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value)) return value;
  throw new Error(`is "${value}", not 3 to ${MOST_PREFIX_LETTERS} lower case letters, digits and single dashes`);
}

export function queueName(prefix: string, role: QueueRole, topic: string, group: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([topic, group]))
    .digest('hex')
    .slice(0, HASH_LETTERS);
  const ending = role === 'group' ? hash : `${hash}-${role}`;
  const room = MOST_LETTERS - prefix.length - ending.length - 2;
  const readable = `${topic}-${group}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, Math.max(0, room))
    .replace(/^-+|-+$/g, '');
  return [prefix, readable, ending].filter(Boolean).join('-');
}

/** @throws Error for a name that cannot be remembered. */
export function checkName(what: 'topic' | 'group', name: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0) throw new RangeError(`The ${what} has no name.`);
  if (bytes > MOST_NAME_BYTES)
    throw new RangeError(`The name of the ${what} has ${bytes} bytes; ${MOST_NAME_BYTES} fit.`);
}

export interface Membership {
  readonly topic: string;
  readonly group: string;
}

const GROUPS = 'groups/';

/** Folder of the groups of a topic. */
export function topicFolder(topic: string): string {
  return `${GROUPS}${encode(topic)}/`;
}

export function membershipBlob({ topic, group }: Membership): string {
  return `${topicFolder(topic)}${encode(group)}`;
}

/** The reverse of `membershipBlob`; undefined for a blob that somebody else put there. */
export function parseMembershipBlob(name: string): Membership | undefined {
  const [, topic, group] = /^groups\/([\w-]+)\/([\w-]+)$/.exec(name) ?? [];
  return topic && group ? { topic: decode(topic), group: decode(group) } : undefined;
}

export const ALL_GROUPS = GROUPS;

const encode = (text: string): string => Buffer.from(text).toString('base64url');
const decode = (text: string): string => Buffer.from(text, 'base64url').toString();
