/**
 * Loaded into Azurite before itself (`node --require`): without it reading, deleting and listing a blob cost time in
 * proportion to all blobs. Its database uses an index for the first property of a query alone, and Azurite asks for the
 * account first, which all blobs share; a deletion by query makes it sort all its indexes anew, where the deletion of a
 * document mends them; and every page of a listing looks at all blobs of the container and sorts what is left. Here the
 * name is asked for first, what is named is deleted as a document, and a container is sorted once for all its pages.
 *
 * Source: azurite 3.35 `LokiBlobMetadataStore`, `PageWithDelimiter`; lokijs 1.5 `Resultset.find`, `findAnd`,
 * `removeBatchByPositions`, `remove`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

type Query = Readonly<Record<string, unknown>>;

interface BlobDocument {
  readonly accountName: string;
  readonly containerName: string;
  readonly name: string;
  readonly snapshot: string;
  readonly isCommitted: boolean;
  readonly $loki: number;
}

interface Collection {
  find(query: Query): readonly BlobDocument[];
  get(id: number, withPosition: true): readonly [BlobDocument, number] | null;
  on(events: readonly string[], listener: (document: BlobDocument) => void): void;
  remove(document: object): void;
  findAndRemove(query: Query): void;
}

interface Resultset {
  readonly collection: Collection;
  /** Positions of documents in the collection. */
  filteredrows: readonly number[];
  filterInitialized: boolean;
  find(query?: Query, firstOnly?: boolean): unknown;
}

interface Loki {
  readonly Resultset: { readonly prototype: Resultset };
  readonly Collection: { readonly prototype: Collection };
}

interface BlobStore {
  readonly db: { getCollection(name: string): Collection };
  readonly BLOBS_COLLECTION: string;
  listBlobs(...listing: Listing): Promise<unknown>;
}

/** The first eight of its arguments. */
type Listing = [
  context: unknown,
  account: string | undefined,
  container: string | undefined,
  delimiter: string | undefined,
  blob: string | undefined,
  prefix: string | undefined,
  maxResults: number | undefined,
  marker: string | undefined,
  ...rest: unknown[],
];

const loki = require('lokijs') as Loki;
const { default: azurite } = require('azurite/dist/src/blob/persistence/LokiBlobMetadataStore') as {
  readonly default: { readonly prototype: BlobStore };
};
const resultset = loki.Resultset.prototype;
const collection = loki.Collection.prototype;
const { find } = resultset;
const { findAndRemove } = collection;
const { listBlobs } = azurite.prototype;

/** What the listing under way has to look at: it asks once for its page and once whether anything comes after it. */
const page = new AsyncLocalStorage<readonly BlobDocument[]>();

const hasName = (query: Query | undefined): query is Query => typeof query?.name === 'string';

resultset.find = function ofPageOrNameFirst(this: Resultset, query?: Query, firstOnly?: boolean) {
  const documents = page.getStore();
  if (documents) {
    this.filteredrows = documents.flatMap(({ $loki }) => this.collection.get($loki, true)?.[1] ?? []);
    this.filterInitialized = true;
    return this;
  }
  const isMixed = hasName(query) && Object.keys(query).length > 1;
  return find.call(this, isMixed ? { name: query.name, ...query } : query, firstOnly);
};

collection.findAndRemove = function oneByOne(this: Collection, query: Query) {
  if (!hasName(query)) return findAndRemove.call(this, query);
  for (const document of [...this.find(query)]) this.remove(document);
};

azurite.prototype.listBlobs = function ofSorted(this: BlobStore, ...listing: Listing) {
  const [, account, container, delimiter, blob, prefix, maxResults, marker] = listing;
  const isPlain = account && container && maxResults && delimiter === undefined && blob === undefined && !prefix;
  if (!isPlain) return listBlobs.apply(this, listing);
  const sorted = sortedBlobs(this.db.getCollection(this.BLOBS_COLLECTION), account, container);
  return page.run(after(sorted, marker ?? '', 2 * maxResults), () => listBlobs.apply(this, listing));
};

const sortedContainers = new WeakMap<Collection, Map<string, readonly BlobDocument[]>>();

/** Kept until the container gets or loses a blob. */
function sortedBlobs(blobs: Collection, account: string, container: string): readonly BlobDocument[] {
  const known = sortedContainers.get(blobs) ?? watched(blobs);
  const key = keyOf({ accountName: account, containerName: container });
  const kept = known.get(key);
  if (kept) return kept;
  const sorted = [...blobs.find({ containerName: container, accountName: account })].sort((one, other) =>
    one.name < other.name ? -1 : Number(one.name > other.name),
  );
  known.set(key, sorted);
  return sorted;
}

function watched(blobs: Collection): Map<string, readonly BlobDocument[]> {
  const known = new Map<string, readonly BlobDocument[]>();
  blobs.on(['insert', 'delete'], (document) => known.delete(keyOf(document)));
  sortedContainers.set(blobs, known);
  return known;
}

const keyOf = ({ accountName, containerName }: Pick<BlobDocument, 'accountName' | 'containerName'>) =>
  `${accountName}/${containerName}`;

/** From behind the marker on, with at least `count` blobs that every listing shows (not snapshots, not uncommitted). */
function after(sorted: readonly BlobDocument[], marker: string, count: number): readonly BlobDocument[] {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] as BlobDocument).name > marker) to = middle;
    else from = middle + 1;
  }
  let end = from;
  for (let shown = 0; end < sorted.length && shown < count; end += 1) {
    const { snapshot, isCommitted } = sorted[end] as BlobDocument;
    if (snapshot === '' && isCommitted) shown += 1;
  }
  return sorted.slice(from, end);
}
