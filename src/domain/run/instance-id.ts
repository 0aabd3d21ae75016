/**
 * Ids of runs: those that callers choose and see, and those that runs have inside.
 *
 * I1 An instance id is what Durable Functions takes: 1 to 100 characters, the first one no `@`, none of `/`, `\`, `#`, `?` and no
 *    control character ("Orchestration identity" in "Durable orchestrations", Azure documentation). `.` and `..` vanish from
 *    every URL, and half a surrogate pair is no text: no client can ask for those. Case counts. Dapr's scheduler takes names of
 *    jobs up to a length, and they hold the name of the workflow: 1.18.2 ran those of 405 characters and left one of 419
 *    waiting for ever.
 * I2 A run id is a UUID v7 that this product made, in hexadecimal; where a caller chose the instance id, that id follows it in
 *    a form that names of workflows, actors, blobs, documents and URLs can all have: lower-case letters, digits and `_`, at most
 *    322 of them. So an id that is used again, even after a purge, is another run: no record of the first is taken for its own.
 * I3 The form is injective, and instance ids follow from run ids. A run id without a chosen part is its own instance id. So
 *    are all run ids of older builds.
 */

const MAX_LENGTH = 100;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const REFUSED = /[/\\#?\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/u;

export const INSTANCE_ID_RULE =
  'An instance id has 1 to 100 characters, does not start with @, is not . or .., and contains none of / \\ # ? and no control character.';

/** I1. Characters are UTF-16 units, as .NET counts them. */
export function isInstanceId(text: string): boolean {
  if (text.length === 0 || text.length > MAX_LENGTH) return false;
  return !text.startsWith('@') && text !== '.' && text !== '..' && !REFUSED.test(text);
}

/** The same for a description of the API, in words that every engine of regular expressions knows. */
export const INSTANCE_ID_PATTERN = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_LENGTH,
  pattern: '^[^@/\\\\#?\\x00-\\x1f\\x7f-\\x9f][^/\\\\#?\\x00-\\x1f\\x7f-\\x9f]*$',
} as const;

const MADE = '[0-9a-f]{32}';
const RUN_ID = new RegExp(`^(${MADE})(?:_([0-9a-z_]{1,322}))?$`);

/** For patterns of ids that begin with a run id. */
export const RUN_ID_PATTERN = `${MADE}(?:_[0-9a-z_]{1,322})?`;

/** Can a run have this id inside? (I2) */
export function isRunId(id: string): boolean {
  const parts = RUN_ID.exec(id);
  return parts !== null && (parts[2] === undefined || read(parts[2]) !== undefined);
}

/** `made`: a UUID v7 in hexadecimal without dashes, made for this run. */
export function runIdFor(made: string, instanceId: string): string {
  return `${made}_${storedInstanceId(instanceId)}`;
}

/** What callers know this run as. What is no run id stays as it is. */
export function instanceIdOf(runId: string): string {
  const [, , stored] = RUN_ID.exec(runId) ?? [];
  return (stored === undefined ? undefined : read(stored)) ?? runId;
}

/** May a run have this id inside and outside? So it is where no caller chose it, and in older builds always (I3). */
export function isOwnId(id: string): boolean {
  return isRunId(id) && instanceIdOf(id) === id;
}

/** The longest form that stays readable: each byte but a lower-case letter or digit is `_` and two hexadecimal digits. */
const MAX_READABLE = 250;
/** Begins no readable form, where two digits follow each `_`. */
const PACKED = '__';
/** The same for UTF-16, which holds 100 characters of any script in 200 bytes, where UTF-8 needs 300. */
const PACKED_WIDE = '_w';
/** Bytes in UTF-8 that have room when they are packed. */
const MAX_PACKED = 200;

/** I2, I3 */
export function storedInstanceId(instanceId: string): string {
  const bytes = [...bytesOf(instanceId)];
  const readable = bytes.map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : `_${hex(byte)}`)).join('');
  if (readable.length <= MAX_READABLE) return readable;
  return bytes.length <= MAX_PACKED ? PACKED + packed(bytes) : PACKED_WIDE + packed(unitsOf(instanceId));
}

/** undefined for what `storedInstanceId` makes of nothing. */
function read(stored: string): string | undefined {
  const instanceId = stored.startsWith(PACKED_WIDE)
    ? textOfUnits(unpacked(stored.slice(PACKED_WIDE.length)))
    : textOf(stored.startsWith(PACKED) ? unpacked(stored.slice(PACKED.length)) : unescaped(stored));
  if (instanceId === undefined || !isInstanceId(instanceId)) return undefined;
  return storedInstanceId(instanceId) === stored ? instanceId : undefined;
}

/** undefined for what is not UTF-8. */
function textOf(bytes: readonly number[]): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch {
    return undefined;
  }
}

/** UTF-16, the high byte of a unit first. */
function unitsOf(text: string): number[] {
  return [...Array(text.length).keys()].flatMap((at) => [text.charCodeAt(at) >> 8, text.charCodeAt(at) & 0xff]);
}

function textOfUnits(bytes: readonly number[]): string {
  const units = bytes.flatMap((byte, at) => (at % 2 === 0 ? [(byte << 8) | (bytes[at + 1] ?? 0)] : []));
  return String.fromCharCode(...units);
}

function unescaped(readable: string): number[] {
  const parts = readable.match(/_[0-9a-f]{2}|./gs) ?? [];
  return parts.map((part) => (part.length === 3 ? Number.parseInt(part.slice(1), 16) : part.charCodeAt(0)));
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function isPlain(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** Base 32 with the digits of `toString(32)`: five bits each, the last one filled up with zeros. */
function packed(bytes: readonly number[]): string {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => Number.parseInt(five.padEnd(5, '0'), 2).toString(32)).join('');
}

function unpacked(text: string): number[] {
  const bits = [...text].map((digit) => Number.parseInt(digit, 32).toString(2).padStart(5, '0')).join('');
  return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
}
