/**
 * From a request to an answer: which resource, which operation. What it does not know it refuses by name.
 *
 * H1 A write is answered after its transaction was committed (write-queue.ts).
 */
import { type BatchAnswer, BatchFailed, parseBatch, runBatch } from './batch';
import type { BatchBook } from './batch-book';
import { type KeyRange, readChangeFeed } from './change-feed';
import {
  type Conditions,
  deleteDocument,
  type Outcome,
  readDocument,
  resourceId,
  type WriteKind,
  writeDocument,
} from './documents';
import { isIndexed } from './indexing-policy';
import type { PartitionKey } from './partition-key';
import { checkTotal, DEFAULT_OFFER, type Offer, offerResource, parseOffer } from './offers';
import {
  conflict,
  CosmosError,
  DEFAULT_PAGE_ITEMS,
  HEADERS,
  LARGEST_PAGE_ITEMS,
  ownerNotFound,
  type StatusCode,
  unsupported,
} from './protocol';
import { runQuery } from './query-runner';
import type { CosmosRequest } from './request';
import {
  accountResource,
  containerResource,
  databaseResource,
  parseContainerDefinition,
  parseResourceName,
  partitionKeyRange,
  RANGE_ID,
} from './resources';
import { parseQuery } from './sql/parser';
import { isArray, isObject, type Json, type JsonObject } from './sql/values';
import type { ContainerEntry, Store } from './store';

export interface Answer {
  readonly status: StatusCode;
  /** JSON text. */
  readonly text?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What a server knows besides its file. */
export interface Surroundings {
  readonly batches: BatchBook;
  /** RU/s that the account may have in all. */
  readonly throughputLimit?: number | undefined;
}

export async function route(store: Store, request: CosmosRequest, around: Surroundings): Promise<Answer> {
  const { segments, database, container, kind } = request.link;
  if (segments.length === 0 && request.method === 'GET') {
    return json(200, accountResource(request.origin));
  }
  const [root, , second] = segments;
  if (root === 'offers') return offers(store, request);
  if (root !== 'dbs') throw unsupported(`the resource /${segments.join('/')}`);
  if (database === undefined) return databases(store, request, around);
  if (second === undefined) return oneDatabase(store, request, database);
  if (second !== 'colls') throw unsupported(`the resource type ${second}`);
  if (container === undefined) return containers(store, request, database, around);
  if (kind === undefined) return oneContainer(store, request, database, container);
  const entry = ownerNamed(store, database, container);
  if (kind === 'pkranges') return partitionKeyRanges(request, entry);
  if (kind === 'operations') return operation(store, request, entry);
  if (kind !== 'docs') throw unsupported(`the resource type ${kind} of a container`);
  refuseIgnored(request);
  return request.link.id === undefined
    ? documents(store, request, entry, around.batches)
    : oneDocument(store, request, entry, request.link.id);
}

/**
 * The ranges of a container never change, so of those that are new since an ETag there are none. Clients read on until they
 * see 304.
 */
function partitionKeyRanges(request: CosmosRequest, { number }: ContainerEntry): Answer {
  if (request.method !== 'GET') throw notAllowed(request);
  const headers = { etag: `"${number}"` };
  const known = request.header('if-none-match');
  const isIncremental = request.header(HEADERS.aIm) !== undefined;
  if (isIncremental && (known === headers.etag || known === '*')) return { status: 304, headers };
  const answer = feed('PartitionKeyRanges', [partitionKeyRange()]);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** What is asked of a container as a whole. */
async function operation(store: Store, request: CosmosRequest, container: ContainerEntry): Promise<Answer> {
  const { id } = request.link;
  if (id?.toLowerCase() !== 'partitionkeydelete') throw unsupported(`the operation ${id}`);
  if (request.method !== 'POST') throw notAllowed(request);
  const partitionKey = requiredPartitionKey(request);
  await store.write(() => container.table.deletePartition(partitionKey));
  return { status: 200, text: '' };
}

/** What would change the outcome on the service and does nothing here. @throws CosmosError 400 naming it */
function refuseIgnored(request: CosmosRequest): void {
  for (const name of [HEADERS.preTrigger, HEADERS.postTrigger]) {
    const trigger = request.header(name);
    if (trigger) throw unsupported(`triggers (${name}: ${trigger})`);
  }
  const directive = request.header(HEADERS.indexingDirective);
  if (directive && directive.toLowerCase() !== 'include' && directive.toLowerCase() !== 'default') {
    throw unsupported(`the indexing directive ${directive}`);
  }
  const range = request.header(HEADERS.partitionKeyRange);
  if (range && range.split(',').at(-1) !== RANGE_ID) {
    throw new CosmosError(410, `There is no partition key range ${range}.`, { [HEADERS.substatus]: '1002' });
  }
}

/** Part of the keys, as the change feed can be asked for it. undefined = all. @throws CosmosError 400 */
function keyRange(request: CosmosRequest): KeyRange | undefined {
  const from = (request.header(HEADERS.startEpk) ?? '').toUpperCase();
  const to = (request.header(HEADERS.endEpk) ?? 'FF').toUpperCase();
  if (!/^[0-9A-F]*$/.test(from) || !/^[0-9A-F]+$/.test(to)) throw new CosmosError(400, 'A feed range is hexadecimal.');
  return from === '' && to === 'FF' ? undefined : { from, to };
}

/** @throws CosmosError 404/1003 */
function ownerNamed(store: Store, database: string, id: string): ContainerEntry {
  const entry = store.listContainers(database).find((one) => one.id === id);
  if (entry === undefined) throw ownerNotFound(`container ${database}/${id}`);
  return entry;
}

function offers(store: Store, request: CosmosRequest): Answer {
  if (request.link.segments.length > 1) throw unsupported('changing throughput');
  const all = [
    ...store.listDatabases().map((entry) => ({ offer: entry.offer, owner: databaseResource(entry) })),
    ...allContainers(store).map((entry) => ({ offer: entry.offer, owner: containerResource(entry) })),
  ].flatMap(({ offer, owner }) => (offer === undefined ? [] : [offerResource(offer, owner)]));
  if (request.method === 'GET') return feed('Offers', all);
  const body = request.json();
  const text = isObject(body) && typeof body.query === 'string' ? body.query : '';
  const wanted = /^\s*SELECT \* FROM root WHERE root\.resource = "([^"]*)"\s*$/i.exec(text)?.[1];
  if (wanted === undefined) throw unsupported('other queries over offers than that of one resource');
  return feed(
    'Offers',
    all.filter(({ resource }) => resource === wanted),
  );
}

const allContainers = (store: Store): ContainerEntry[] =>
  store.listDatabases().flatMap(({ id }) => store.listContainers(id));

const allOffers = (store: Store): Offer[] =>
  [...store.listDatabases(), ...allContainers(store)].flatMap(({ offer }) => offer ?? []);

async function databases(store: Store, request: CosmosRequest, { throughputLimit }: Surroundings): Promise<Answer> {
  if (request.method === 'GET') return feed('Databases', store.listDatabases().map(databaseResource));
  if (request.method !== 'POST') throw notAllowed(request);
  if (isQuery(request)) throw unsupported('queries over databases (list them instead)');
  const id = parseResourceName(request.json());
  const offer = parseOffer(request);
  checkTotal(allOffers(store), offer, throughputLimit);
  return json(201, databaseResource(await store.createDatabase(id, offer)));
}

async function oneDatabase(store: Store, request: CosmosRequest, database: string): Promise<Answer> {
  if (request.method === 'GET') return json(200, databaseResource(store.databaseNamed(database)));
  if (request.method !== 'DELETE') throw notAllowed(request);
  await store.deleteDatabase(database);
  return { status: 204 };
}

async function containers(
  store: Store,
  request: CosmosRequest,
  database: string,
  { throughputLimit }: Surroundings,
): Promise<Answer> {
  const owner = store.listDatabases().find(({ id }) => id === database);
  if (owner === undefined) throw ownerNotFound(`database ${database}`);
  if (request.method === 'GET')
    return feed('DocumentCollections', store.listContainers(database).map(containerResource));
  if (request.method !== 'POST') throw notAllowed(request);
  if (isQuery(request)) throw unsupported('queries over containers (list them instead)');
  const definition = parseContainerDefinition(request.json());
  if (store.listContainers(database).some(({ id }) => id === definition.id)) throw conflict();
  const offer = parseOffer(request) ?? (owner.offer === undefined ? DEFAULT_OFFER : undefined); // O1
  checkTotal(allOffers(store), offer, throughputLimit);
  return json(201, containerResource(await store.createContainer(database, { ...definition, offer })));
}

async function oneContainer(store: Store, request: CosmosRequest, database: string, id: string): Promise<Answer> {
  const existing = store.containerNamed(database, id);
  switch (request.method) {
    case 'GET':
      return json(200, containerResource(existing));
    case 'PUT': {
      const definition = parseContainerDefinition(request.json());
      if (definition.id !== id) throw new CosmosError(400, 'The id of a container cannot be replaced.');
      if (definition.partitionKeyPath !== existing.partitionKeyPath) {
        throw new CosmosError(400, 'The partition key of a container cannot be replaced.');
      }
      return json(200, containerResource(await store.replaceContainer(database, definition)));
    }
    case 'DELETE':
      await store.deleteContainer(database, id);
      return { status: 204 };
    default:
      throw notAllowed(request);
  }
}

async function documents(
  store: Store,
  request: CosmosRequest,
  container: ContainerEntry,
  batches: BatchBook,
): Promise<Answer> {
  if (request.method === 'GET') {
    const mode = request.header(HEADERS.aIm);
    if (mode !== undefined) return changes(container, request, mode);
    return query(container, request, 'SELECT * FROM c', []);
  }
  if (request.method === 'DELETE') throw unsupported('deletion by partition key');
  if (request.method !== 'POST') throw notAllowed(request);
  if (request.flag(HEADERS.isQueryPlan))
    throw unsupported('query plans (send the query itself: it is answered in one call)');
  if (isQuery(request)) {
    const body = request.json();
    const text = isObject(body) ? body.query : undefined;
    if (!isObject(body) || typeof text !== 'string')
      throw new CosmosError(400, 'A query is {"query": ..., "parameters": [...]}.');
    return query(container, request, text, body.parameters);
  }
  if (request.flag(HEADERS.isBatch)) return batch(store, container, request, batches);
  const kind: WriteKind = request.flag(HEADERS.isUpsert) ? 'upsert' : 'create';
  const partitionKey = requiredPartitionKey(request);
  const resource = request.json();
  const outcome = await store.write(() =>
    writeDocument(container, kind, partitionKey, resource, conditionsOf(request)),
  );
  return written(outcome, request);
}

async function oneDocument(
  store: Store,
  request: CosmosRequest,
  container: ContainerEntry,
  id: string,
): Promise<Answer> {
  const partitionKey = requiredPartitionKey(request);
  const conditions = conditionsOf(request);
  switch (request.method) {
    case 'GET': {
      const outcome = readDocument(container, partitionKey, id, conditions);
      return { status: outcome.status, text: outcome.text, headers: etagHeader(outcome) };
    }
    case 'PUT': {
      const resource = request.json();
      return written(
        await store.write(() => writeDocument(container, 'replace', partitionKey, resource, conditions, id)),
        request,
      );
    }
    case 'DELETE':
      return written(await store.write(() => deleteDocument(container, partitionKey, id, conditions)), request);
    case 'PATCH':
      throw unsupported('PATCH (replace the document with If-Match instead)');
    default:
      throw notAllowed(request);
  }
}

async function batch(
  store: Store,
  container: ContainerEntry,
  request: CosmosRequest,
  batches: BatchBook,
): Promise<Answer> {
  const isAtomic = request.flag(HEADERS.batchAtomic);
  const partitionKey = isAtomic ? requiredPartitionKey(request) : request.partitionKey();
  const body = request.json();
  if (isAtomic && isArray(body)) batches.asked(`${container.database}/${container.id}`, body.length);
  const operations = parseBatch(body);
  const options = {
    isAtomic,
    partitionKey,
    continuesOnError: request.flag(HEADERS.batchContinueOnError),
    isMinimal: isMinimal(request),
  };
  let answer: BatchAnswer;
  try {
    answer = await store.write(() => runBatch(container, operations, options));
  } catch (error) {
    if (!(error instanceof BatchFailed)) throw error;
    answer = error.answer;
  }
  return answer;
}

function changes(container: ContainerEntry, request: CosmosRequest, mode: string): Answer {
  const { items, etag } = readChangeFeed(container, {
    mode,
    ifNoneMatch: request.header('if-none-match'),
    ifModifiedSince: request.header('if-modified-since'),
    partitionKey: request.partitionKey(),
    keyRange: keyRange(request),
    maxItems: pageItems(request),
  });
  const headers = { etag, [HEADERS.itemCount]: String(items.length) };
  return items.length === 0 ? { status: 304, headers } : { status: 200, text: documentsOf(container, items), headers };
}

const documentsOf = (container: ContainerEntry, items: readonly string[]): string =>
  `{"_rid":"${resourceId(container.number)}","Documents":[${items.join(',')}],"_count":${items.length}}`;

function query(container: ContainerEntry, request: CosmosRequest, text: string, parameters: Json | undefined): Answer {
  const partitionKey: PartitionKey | undefined = request.partitionKey();
  if (keyRange(request) !== undefined) throw unsupported('queries over part of a partition range (x-ms-start-epk)');
  if (partitionKey === undefined && request.method === 'POST' && !request.flag(HEADERS.crossPartition)) {
    throw new CosmosError(
      400,
      'Cross partition query is required but disabled. Please set x-ms-documentdb-query-enablecrosspartition to true or name a partition key.',
    );
  }
  const parsed = parseQuery(text, parametersOf(parameters));
  const order = parsed.orderBy?.keys;
  if (order !== undefined && !isIndexed(container.resource.indexingPolicy, order)) {
    throw new CosmosError(400, 'The index path corresponding to the specified order-by item is excluded.');
  }
  const page = runQuery(container, {
    query: parsed,
    partitionKey,
    maxItems: pageItems(request),
    continuation: request.header(HEADERS.continuation),
    identity: JSON.stringify([text, parameters ?? []]),
  });
  const headers: Record<string, string> = { [HEADERS.itemCount]: String(page.items.length) };
  if (page.continuation !== undefined) headers[HEADERS.continuation] = page.continuation;
  return { status: 200, text: documentsOf(container, page.items), headers };
}

function parametersOf(parameters: Json | undefined): Map<string, Json> {
  const named = new Map<string, Json>();
  if (!isArray(parameters)) return named;
  for (const parameter of parameters) {
    const { name, value } = isObject(parameter) ? parameter : {};
    if (typeof name === 'string' && value !== undefined) named.set(name, value);
  }
  return named;
}

function pageItems(request: CosmosRequest): number {
  const asked = Number(request.header(HEADERS.maxItemCount) ?? DEFAULT_PAGE_ITEMS);
  if (!Number.isInteger(asked) || asked === 0 || asked < -1)
    throw new CosmosError(400, 'x-ms-max-item-count is -1 or positive.');
  return asked === -1 ? LARGEST_PAGE_ITEMS : Math.min(asked, LARGEST_PAGE_ITEMS);
}

const isQuery = (request: CosmosRequest): boolean =>
  request.flag(HEADERS.isQuery) ||
  request.flag(HEADERS.isQueryGo) ||
  request.header('content-type')?.startsWith('application/query+json') === true;

const isMinimal = (request: CosmosRequest): boolean => request.header('prefer')?.includes('return=minimal') === true;

const conditionsOf = (request: CosmosRequest): Conditions => ({
  ifMatch: request.header('if-match'),
  ifNoneMatch: request.header('if-none-match'),
});

function requiredPartitionKey(request: CosmosRequest): PartitionKey {
  const key = request.partitionKey();
  if (key === undefined) throw new CosmosError(400, 'PartitionKey value must be supplied for this operation.');
  return key;
}

const etagHeader = (outcome: Outcome): Record<string, string> =>
  outcome.etag === undefined ? {} : { etag: outcome.etag };

const written = (outcome: Outcome, request: CosmosRequest): Answer => ({
  status: outcome.status,
  text: isMinimal(request) ? undefined : outcome.text,
  headers: etagHeader(outcome),
});

function json(status: StatusCode, resource: JsonObject): Answer {
  const etag = resource._etag;
  return { status, text: JSON.stringify(resource), headers: typeof etag === 'string' ? { etag } : undefined };
}

function feed(name: string, items: readonly JsonObject[]): Answer {
  return {
    status: 200,
    text: JSON.stringify({ _rid: '', [name]: items, _count: items.length }),
    headers: { [HEADERS.itemCount]: String(items.length) },
  };
}

const notAllowed = (request: CosmosRequest): CosmosError =>
  new CosmosError(405, `${request.method} is not allowed on /${request.link.segments.join('/')}.`);
