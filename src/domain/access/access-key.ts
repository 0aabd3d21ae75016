import { defined } from '../defined';
import { msOf, timeOf } from '../time';
import { isContainerGlob } from './container-glob';
import { principalName } from './principal';
import { type GrantedRole, GRANTED_ROLES, isGrantedRole } from './role';

/**
 * Keys that callers show as `Authorization: Bearer cs_<id>_<secret>`, and the file that knows them.
 *
 * I1 The file holds no secret: only the SHA-256 of each, which is enough for 256 random bits.
 * I2 A file with anything in it that is not understood is refused whole: half of it might be the half that limits.
 */
export interface AccessKey {
  /** 12 characters of a-z and 0-9. */
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the secret, in hex. */
  readonly sha256: string;
  /** One at least. */
  readonly roles: readonly GrantedRole[];
  /** Globs, one at least. Absent: every container. */
  readonly containers?: readonly string[];
  /** RFC 3339 in UTC, with milliseconds. */
  readonly createdAt: string;
  /** The same; absent: never. */
  readonly expiresAt?: string;
}

export interface KeysFile {
  readonly version: 1;
  readonly keys: readonly AccessKey[];
}

/** What a secret is made of: 32 random bytes as base64url. */
export const KEY_SECRET_BYTES = 32;
export const KEY_ID_LENGTH = 12;
const KEY = /^cs_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;

export interface ShownKey {
  readonly id: string;
  readonly secret: string;
}

export function isAccessKey(bearer: string): boolean {
  return bearer.startsWith('cs_');
}

/** undefined when it has not the form of a key. */
export function parseAccessKey(text: string): ShownKey | undefined {
  const [, id, secret] = KEY.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

export function formatAccessKey({ id, secret }: ShownKey): string {
  return `cs_${id}_${secret}`;
}

export function isExpired({ expiresAt }: Pick<AccessKey, 'expiresAt'>, nowMs: number): boolean {
  return expiresAt !== undefined && msOf(expiresAt) <= nowMs;
}

/**
 * I2
 * @param value the file's JSON, parsed
 * @throws KeysFileError
 */
export function readKeysFile(value: unknown): KeysFile {
  const { version, keys, ...more } = recordOf(value, 'The file');
  if (version !== 1) throw new KeysFileError('Its version is not 1.');
  refuseMore(more, 'The file');
  if (!Array.isArray(keys)) throw new KeysFileError('It has no list of keys.');
  const read = keys.map((key, index) => keyOf(key, `Key ${index + 1}`));
  const twice = read.find(({ id }, index) => read.findIndex((other) => other.id === id) !== index);
  if (twice) throw new KeysFileError(`The id ${twice.id} is there twice.`);
  return { version, keys: read };
}

export class KeysFileError extends Error {
  override readonly name = 'KeysFileError';
}

function keyOf(value: unknown, where: string): AccessKey {
  const { id, name, sha256, roles, containers, createdAt, expiresAt, ...more } = recordOf(value, where);
  refuseMore(more, where);
  if (typeof id !== 'string' || !/^[a-z0-9]{12}$/.test(id)) throw new KeysFileError(`${where} has no id.`);
  if (typeof name !== 'string' || principalName(name) !== name) throw new KeysFileError(`${where} has no usable name.`);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) throw new KeysFileError(`${where} has no hash.`);
  if (!isList(roles, isGrantedRole)) {
    throw new KeysFileError(`${where} has not one or more of the roles ${GRANTED_ROLES.join(', ')}.`);
  }
  if (containers !== undefined && !isList(containers, isGlob)) {
    throw new KeysFileError(`${where} has containers that are no list of globs.`);
  }
  if (!isDate(createdAt)) throw new KeysFileError(`${where} does not say when it was created.`);
  if (expiresAt !== undefined && !isDate(expiresAt)) throw new KeysFileError(`${where} expires at no date.`);
  return {
    ...{ id, name, sha256, roles, createdAt },
    ...defined({ containers, expiresAt }),
  };
}

function recordOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KeysFileError(`${where} is no JSON object.`);
  }
  return value as Record<string, unknown>;
}

function refuseMore(more: object, where: string): void {
  const [field] = Object.keys(more);
  if (field !== undefined) throw new KeysFileError(`${where} has a field that is not known: ${field}.`);
}

function isList<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.length > 0 && value.every(isItem);
}

function isGlob(value: unknown): value is string {
  return typeof value === 'string' && isContainerGlob(value);
}

function isDate(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(msOf(value)) && timeOf(msOf(value)) === value;
}
