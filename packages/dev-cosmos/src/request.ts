/** A request as the routes see it: its link taken apart, its headers read by name, its body parsed once. */
import type { IncomingMessage } from 'node:http';
import type { SignedResource } from './authorization';
import { type PartitionKey, parsePartitionKeyHeader } from './partition-key';
import { CosmosError, HEADERS, MAX_REQUEST_BYTES } from './protocol';
import type { Json } from './sql/values';

/** `dbs/{database}/colls/{container}/{kind}/{id}`; what is absent is undefined. */
export interface Link {
  readonly segments: readonly string[];
  readonly database: string | undefined;
  readonly container: string | undefined;
  readonly kind: string | undefined;
  readonly id: string | undefined;
}

export class CosmosRequest {
  readonly method: string;
  readonly link: Link;
  readonly signed: SignedResource;

  constructor(
    private readonly message: IncomingMessage,
    private readonly body: Buffer,
  ) {
    this.method = message.method ?? 'GET';
    const path = (message.url ?? '/').split('?', 1)[0] ?? '/';
    const escaped = path.split('/').filter((segment) => segment !== '');
    this.link = readLink(escaped.map(unescapeSegment));
    this.signed = signedResource(escaped);
  }

  header(name: string): string | undefined {
    const value = this.message.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  flag(name: string): boolean {
    return this.header(name)?.toLowerCase() === 'true';
  }

  /** undefined when absent or `[]`. @throws CosmosError 400 */
  partitionKey(): PartitionKey | undefined {
    const header = this.header(HEADERS.partitionKey);
    return header === undefined ? undefined : parsePartitionKeyHeader(header);
  }

  /** @throws CosmosError 400 */
  json(): Json {
    try {
      return JSON.parse(this.body.toString('utf8')) as Json;
    } catch {
      throw new CosmosError(400, 'The request body is not valid JSON.');
    }
  }
}

/** @throws CosmosError 413 beyond 2 MB; the rest of the body is read and thrown away, so the client sees the answer. */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_REQUEST_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_REQUEST_BYTES) {
    throw new CosmosError(413, `Request size is too large: ${bytes} bytes, the limit is ${MAX_REQUEST_BYTES}.`);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function readLink(segments: readonly string[]): Link {
  const [, database, , container, kind, ...rest] = segments;
  return { segments, database, container, kind, id: rest.length === 0 ? undefined : rest.join('/') };
}

/** Even links name a resource and are signed whole; odd ones name a feed and are signed by their parent. */
function signedResource(escaped: readonly string[]): SignedResource {
  const isFeed = escaped.length % 2 === 1;
  const type = escaped[isFeed ? escaped.length - 1 : escaped.length - 2] ?? '';
  const raw = (isFeed ? escaped.slice(0, -1) : escaped).join('/');
  const plain = raw.split('/').map(unescapeSegment).join('/');
  return { type, links: raw === plain ? [raw] : [plain, raw] };
}

function unescapeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
