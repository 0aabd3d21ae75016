/** A request as the routes see it: its link taken apart, its headers read by name, its body parsed once. */
import type { IncomingMessage } from 'node:http';
import type { SignedResource } from './authorization';
import { refuseDeepBody } from './nesting';
import { type PartitionKey, parsePartitionKeyHeader } from './partition-key';
import { CosmosError, HEADERS, MAX_DRAINED_BYTES, MAX_REQUEST_BYTES } from './protocol';
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

  /** As the client wrote it, such as `http://127.0.0.1:8081`. */
  get origin(): string {
    const scheme = 'encrypted' in this.message.socket ? 'https' : 'http';
    return `${scheme}://${this.header('host') ?? '127.0.0.1'}`;
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
    return parseBody(this.body);
  }
}

/** @throws CosmosError 400 for what is no JSON or is nested too deeply. */
export function parseBody(body: Buffer): Json {
  refuseDeepBody(body);
  try {
    return JSON.parse(body.toString('utf8')) as Json;
  } catch {
    throw new CosmosError(400, 'The request body is not valid JSON.');
  }
}

/**
 * @throws CosmosError 413 beyond 2 MB; a good part of the rest is read and thrown away, so that the client sees the answer,
 *   and a body without end closes its connection.
 */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const parts: AsyncIterable<Buffer> = message.iterator({ destroyOnReturn: false });
  for await (const chunk of parts) {
    bytes += chunk.length;
    if (bytes <= MAX_REQUEST_BYTES) chunks.push(chunk);
    else chunks.length = 0;
    if (bytes > MAX_DRAINED_BYTES) {
      throw new CosmosError(413, `Request size is too large: the limit is ${MAX_REQUEST_BYTES}.`, {
        connection: 'close',
      });
    }
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
  // An operation on a container: `dbs/x/colls/y/operations/partitionkeydelete` is signed as the container.
  if (escaped[4] === 'operations') {
    return { ...signedResource(escaped.slice(0, 4)), otherTypes: ['partitionkey', 'partitionKey'] };
  }
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
