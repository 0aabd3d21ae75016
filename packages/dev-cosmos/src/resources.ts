/** The JSON of databases, containers and the account, as "Azure Cosmos DB REST API reference" describes them. */
import { resourceId } from './documents';
import { parseIndexingPolicy } from './indexing-policy';
import { parsePropertyPath } from './property-path';
import { CosmosError, unsupported } from './protocol';
import { isArray, isObject, isWellFormed, type Json, type JsonObject } from './sql/values';
import type { ContainerDefinition, ContainerEntry, DatabaseEntry } from './store';

/** R1 Locations echo the origin of the request: whatever address a client reached the server by stays valid for it. */
export function accountResource(origin: string): JsonObject {
  const location = { name: 'Local', databaseAccountEndpoint: `${origin}/` };
  return {
    _self: '',
    id: 'contactsheet-development',
    _rid: 'contactsheet-development',
    media: '//media/',
    addresses: '//addresses/',
    _dbs: '//dbs/',
    writableLocations: [location],
    readableLocations: [location],
    enableMultipleWriteLocations: false,
    userReplicationPolicy: { asyncReplication: false, minReplicaSetSize: 1, maxReplicasetSize: 1 },
    userConsistencyPolicy: { defaultConsistencyLevel: 'Session' },
    systemReplicationPolicy: { minReplicaSetSize: 1, maxReplicasetSize: 1 },
    readPolicy: { primaryReadCoefficient: 1, secondaryReadCoefficient: 1 },
    queryEngineConfiguration: '{}',
  };
}

export function databaseResource(entry: DatabaseEntry): JsonObject {
  const rid = Buffer.from(entry.id).toString('base64url').slice(0, 8);
  return {
    id: entry.id,
    _rid: rid,
    _self: `dbs/${rid}/`,
    _etag: entry.etag,
    _colls: 'colls/',
    _users: 'users/',
    _ts: entry.timestampS,
  };
}

export function containerResource(entry: ContainerEntry): JsonObject {
  const rid = resourceId(entry.number);
  return {
    ...entry.resource,
    _rid: rid,
    _self: `dbs/${entry.database}/colls/${rid}/`,
    _etag: entry.etag,
    _ts: entry.timestampS,
    _docs: 'docs/',
    _sprocs: 'sprocs/',
    _triggers: 'triggers/',
    _udfs: 'udfs/',
    _conflicts: 'conflicts/',
  };
}

export const RANGE_ID = '0';

/** The one range that holds every key. */
export function partitionKeyRange(): JsonObject {
  return {
    _rid: '0',
    id: RANGE_ID,
    _etag: '"0"',
    minInclusive: '',
    maxExclusive: 'FF',
    ridPrefix: 0,
    _self: '',
    throughputFraction: 1,
    status: 'online',
    parents: [],
    _ts: 0,
  };
}

/** @throws CosmosError 400 */
export function parseResourceName(body: Json): string {
  const id = isObject(body) ? body.id : undefined;
  if (typeof id !== 'string' || id === '' || id.length > 255 || /[/\\?#\p{Cc}]| $/u.test(id) || !isWellFormed(id)) {
    throw new CosmosError(
      400,
      'An id of 1 to 255 characters without any of / \\ ? #, control characters or a space at its end is required.',
    );
  }
  return id;
}

/** @throws CosmosError 400 naming what this server cannot keep */
export function parseContainerDefinition(body: Json): ContainerDefinition {
  const id = parseResourceName(body);
  if (!isObject(body)) throw new CosmosError(400, 'A container is a JSON object.');
  const { partitionKey, uniqueKeyPolicy, defaultTtl } = body;
  const paths = isObject(partitionKey) && isArray(partitionKey.paths) ? partitionKey.paths : [];
  if (paths.length > 1) throw unsupported('hierarchical partition keys');
  const [path] = paths;
  if (typeof path !== 'string') {
    throw new CosmosError(400, 'A container needs a partition key such as {"paths": ["/key"], "kind": "Hash"}.');
  }
  parsePropertyPath(path);
  if (isObject(uniqueKeyPolicy) && isArray(uniqueKeyPolicy.uniqueKeys) && uniqueKeyPolicy.uniqueKeys.length > 0) {
    throw unsupported('unique keys');
  }
  const isTtl =
    typeof defaultTtl === 'number' &&
    Number.isInteger(defaultTtl) &&
    (defaultTtl === -1 || (defaultTtl > 0 && defaultTtl <= 2_147_483_647));
  if (defaultTtl !== undefined && defaultTtl !== null && !isTtl) {
    throw new CosmosError(400, 'defaultTtl is a positive whole number of seconds or -1.');
  }
  refuseIgnored(body);
  const indexingPolicy = parseIndexingPolicy(body.indexingPolicy);
  const resource = { ...withoutSystemProperties(body), indexingPolicy };
  return { id, partitionKeyPath: path, defaultTtlS: typeof defaultTtl === 'number' ? defaultTtl : undefined, resource };
}

/**
 * What a container of the service does and one of this server cannot. What only repeats a default is taken.
 * @throws CosmosError 400 naming it
 */
function refuseIgnored(body: JsonObject): void {
  const { partitionKey, conflictResolutionPolicy: conflicts, geospatialConfig: geo, changeFeedPolicy: feed } = body;
  const kind = isObject(partitionKey) ? (partitionKey.kind ?? 'Hash') : 'Hash';
  if (kind !== 'Hash') throw unsupported(`partition keys of kind ${JSON.stringify(kind)}`);
  for (const [name, value] of Object.entries(body))
    if (FEATURES.includes(name) && !isNothing(value)) throw unsupported(name);
  const isByTime =
    isObject(conflicts) &&
    (conflicts.mode === undefined || conflicts.mode === 'LastWriterWins') &&
    (isNothing(conflicts.conflictResolutionPath) || conflicts.conflictResolutionPath === '/_ts') &&
    isNothing(conflicts.conflictResolutionProcedure);
  if (!isNothing(conflicts) && !isByTime) throw unsupported('conflictResolutionPolicy');
  if (isObject(geo) && geo.type !== 'Geography') throw unsupported('geospatialConfig');
  if (isObject(feed) && !isNothing(feed.retentionDuration)) throw unsupported('changeFeedPolicy with a retention');
}

const FEATURES = [
  'computedProperties',
  'vectorEmbeddingPolicy',
  'fullTextPolicy',
  'analyticalStorageTtl',
  'clientEncryptionPolicy',
  'materializedViewDefinition',
  'dataMaskingPolicy',
];

/** Absent in one of the ways that clients write it. */
function isNothing(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '' || value === 0) return true;
  return typeof value === 'object' && Object.values(value).every(isNothing);
}

const withoutSystemProperties = (body: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(body).filter(([key]) => !key.startsWith('_')));
