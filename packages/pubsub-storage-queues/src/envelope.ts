/**
 * What stands in one message of a queue: a line of JSON about the event, a line feed, the bytes of the event, all in base64.
 *
 * I1 The bytes of an event are never changed: ids of CloudEvents, their order of fields, their encoding stay as published.
 * I2 The text of a message has at most 65,536 characters (64 KiB). What does not fit keeps its bytes in a blob.
 *    Source: https://learn.microsoft.com/rest/api/storageservices/put-message
 */

/** About an event, without its bytes. */
export interface Label {
  /** Ours, one for each publish; the event's own id lies in its bytes. */
  readonly id: string;
  readonly topic: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly publishedAt: string;
  /** Why it lies in a poison queue. */
  readonly parked?: Parked;
}

export interface Parked {
  readonly reason: string;
  readonly deliveries: number;
  readonly at: string;
}

export interface Envelope {
  readonly label: Label;
  readonly data: Buffer;
}

/** A decoded message: the event itself, or where its bytes are. */
export type Sealed =
  | { readonly kind: 'inline'; readonly envelope: Envelope }
  | { readonly kind: 'claim'; readonly label: Label; readonly blob: string };

/** A message that this component did not write. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

const FORMAT = 1;
const MOST_TEXT = 65_536;
/** Bytes that fit a message in base64, label included. */
const MOST_BYTES = (MOST_TEXT / 4) * 3;

/** The text of a message that carries the bytes, or undefined when they do not fit (I2). */
export function sealInline({ label, data }: Envelope): string | undefined {
  return textOf({ v: FORMAT, ...label }, data);
}

/** @throws RangeError when already the label is too long. */
export function sealClaim(label: Label, blob: string): string {
  const text = textOf({ v: FORMAT, ...label, claim: blob }, Buffer.alloc(0));
  if (text === undefined) throw new RangeError('The metadata of the event is longer than a queue message.');
  return text;
}

function textOf(header: object, data: Buffer): string | undefined {
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  return line.length + data.length > MOST_BYTES ? undefined : Buffer.concat([line, data]).toString('base64');
}

/** @throws UnreadableMessage */
export function unseal(text: string): Sealed {
  const bytes = Buffer.from(text, 'base64');
  const end = bytes.indexOf(0x0a);
  const header = end < 0 ? undefined : parseHeader(bytes.subarray(0, end).toString());
  if (!header) throw new UnreadableMessage('The message was not written by pubsub.storage-queues.');
  const { v, claim, ...label } = header;
  return claim === undefined
    ? { kind: 'inline', envelope: { label, data: bytes.subarray(end + 1) } }
    : { kind: 'claim', label, blob: claim };
}

type Header = Label & { readonly v: number; readonly claim?: string };

function parseHeader(text: string): Header | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isHeader(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHeader(value: unknown): value is Header {
  if (typeof value !== 'object' || value === null) return false;
  const { v, id, topic, contentType, metadata, claim } = value as Record<string, unknown>;
  return (
    v === FORMAT &&
    [id, topic, contentType].every((each) => typeof each === 'string') &&
    typeof metadata === 'object' &&
    metadata !== null &&
    (claim === undefined || typeof claim === 'string')
  );
}
