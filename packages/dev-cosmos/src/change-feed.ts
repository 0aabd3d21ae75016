/**
 * The change feed of latest versions: what was written since a place, each document once, in the order of its last write.
 *
 * F1 A place is a sequence number, sent as the ETag of an answer and back in If-None-Match; `*` is now. Nothing new is 304.
 * F2 Deletions and versions in between are no part of this mode. The mode that has them is refused by name.
 * F3 A document that expired is gone. `_lsn` of a document is its place.
 * Source: "List Documents" of the REST reference (A-IM: Incremental feed), "Change feed modes in Azure Cosmos DB".
 */
import { effectivePartitionKey } from './effective-partition-key';
import type { PartitionKey } from './partition-key';
import { CosmosError, MAX_PAGE_BYTES, unsupported } from './protocol';
import { isObject } from './sql/values';
import type { ContainerEntry } from './store';

export interface FeedRequest {
  /** The A-IM header. */
  readonly mode: string;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly partitionKey: PartitionKey | undefined;
  readonly keyRange: KeyRange | undefined;
  readonly maxItems: number;
}

/** A feed range: hashes of partition keys (effective-partition-key.ts), the upper end left out. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

export interface FeedPage {
  /** JSON texts; none = nothing new (304). */
  readonly items: readonly string[];
  readonly etag: string;
}

const PLACE = /^"?(\d{1,16})"?$/;

/** @throws CosmosError 400 */
export function readChangeFeed(container: ContainerEntry, request: FeedRequest): FeedPage {
  const mode = request.mode.trim().toLowerCase();
  if (mode !== 'incremental feed') throw unsupported(`the change feed mode ${JSON.stringify(request.mode)}`);
  const after = startOf(container, request);
  const isWanted = keyFilter(container, request.keyRange);
  const items: string[] = [];
  let bytes = 0;
  let place = after;
  for (;;) {
    const scan = { after: place, partitionKey: request.partitionKey, nowMs: Date.now() };
    const rows = container.table.changes(scan, request.maxItems);
    for (const { lsn, partitionKey, text } of rows) {
      if (bytes >= MAX_PAGE_BYTES || items.length >= request.maxItems) return { items, etag: `"${place}"` };
      place = lsn;
      if (!isWanted(partitionKey)) continue;
      items.push(`${text.slice(0, -1)},"_lsn":${lsn}}`);
      bytes += text.length;
    }
    // With a range a page may be full of other keys' changes: it goes on until its own fill it or there are no more.
    if (rows.length < request.maxItems) return { items, etag: `"${place}"` };
  }
}

/** @throws CosmosError 400 */
function keyFilter(container: ContainerEntry, range: KeyRange | undefined): (key: PartitionKey) => boolean {
  if (range === undefined) return () => true;
  const { partitionKey } = container.resource;
  if (!isObject(partitionKey) || partitionKey.version !== 2) {
    throw unsupported('feed ranges of a container whose partition key is not of version 2');
  }
  const known = new Map<PartitionKey, boolean>();
  return (key) => {
    let isWanted = known.get(key);
    if (isWanted === undefined) {
      const hash = effectivePartitionKey(key);
      isWanted = hash >= range.from && hash < range.to;
      known.set(key, isWanted);
    }
    return isWanted;
  };
}

function startOf(container: ContainerEntry, { ifNoneMatch, ifModifiedSince }: FeedRequest): number {
  if (ifNoneMatch?.trim() === '*') return container.table.latestChange(); // F1
  if (ifNoneMatch !== undefined && ifNoneMatch !== '') {
    const match = PLACE.exec(ifNoneMatch.trim());
    const place = Number(match?.[1]);
    if (!Number.isSafeInteger(place)) throw new CosmosError(400, 'If-None-Match is no place of this change feed.');
    return place;
  }
  if (ifModifiedSince === undefined) return 0;
  const since = Date.parse(ifModifiedSince);
  if (Number.isNaN(since)) throw new CosmosError(400, 'If-Modified-Since is no date.');
  return container.table.changesBefore(since);
}
