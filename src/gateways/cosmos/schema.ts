import { type ContainerDefinition, type CosmosClient, type Database, PartitionKeyKind } from '@azure/cosmos';
import { AppError } from '../../domain/errors';
import { COSMOS } from '../../names';
import { type CosmosSettings, createCosmosClient } from './client';
import { cosmosError, isNotFound } from './failure';
import { creationCommands } from './creation-commands';
import type { CosmosThroughput } from './throughput';

/**
 * Creates the database and its containers where they are missing. What exists is left as it is. An identity may create
 * nothing ("Connect to Azure Cosmos DB for NoSQL using role-based access control": data-plane roles cover no management): what
 * is missing is named then, with the commands that make it.
 *
 * I1 Idempotent, and safe when several replicas start at once: "exists already" counts as created.
 * I2 Only what is queried is indexed: an index over every tag and confidence of an analysis would make each write cost
 *    several times as much. `id` and `_ts` are always indexed.
 * I3 No query orders by two keys, so no composite index is needed.
 */

/** Runs lie in one partition: they are listed newest first, and an ORDER BY over many partitions needs a query pipeline
 *  in the client. A run is 2 KB: a partition (20 GB) holds ten million. */
export const RUNS_PARTITION = { path: '/kind', value: 'run' } as const;

/** Watches lie beside them, in a partition of their own. */
export const WATCHES_PARTITION = { path: '/kind', value: 'watch' } as const;

/** And what is known of each container. */
export const CONTAINERS_PARTITION = { path: '/kind', value: 'container' } as const;

/** And which operations have a record. */
export const OPERATIONS_PARTITION = { path: '/kind', value: 'operations' } as const;

/** And which run has an id that a caller chose. */
export const INSTANCES_PARTITION = { path: '/kind', value: 'instance' } as const;

/** deploy/azure makes the same ones: roles for data make none. */
export const CONTAINERS: readonly ContainerDefinition[] = [
  container(COSMOS.images.id, COSMOS.images.partitionKey, ['/blob/?', '/status/?', '/chunkId/?', '/tagNames/[]/?']),
  container(COSMOS.runs.id, COSMOS.runs.partitionKey, ['/container/?', '/status/?', '/startedAt/?']),
  container(COSMOS.cache.id, COSMOS.cache.partitionKey, []),
  // -1: nothing expires unless a document carries a `ttl` of its own, which is how Dapr's ttlInSeconds arrives.
  { ...container(COSMOS.activity.id, COSMOS.activity.partitionKey, ['/time/?']), defaultTtl: -1 },
  { ...container(COSMOS.engineState.id, COSMOS.engineState.partitionKey, []), defaultTtl: -1 },
];

export interface SchemaSettings extends CosmosSettings {
  /** Absent: none is asked for. A container then gets 400 RU/s of its own, unless the account is serverless. */
  readonly throughput?: CosmosThroughput | undefined;
}

/** How long a server may take to come up. */
const STARTING_MS = 30_000;
const RETRY_MS = 500;

/** @throws AppError results-forbidden, results-full, or results-unavailable after 30 s without an answer. */
export async function ensureCosmosSchema(settings: SchemaSettings): Promise<void> {
  const client = createCosmosClient(settings);
  const prepare = () => (settings.identity ? tryToFind(client, settings) : tryToCreate(client, settings.throughput));
  const deadline = performance.now() + STARTING_MS;
  try {
    while (true) {
      const error = await prepare();
      if (error === undefined) return;
      if (!error.retryable || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  } finally {
    client.dispose();
  }
}

/** The containers that are missing; undefined: so is the database. */
export async function missingSchema(client: CosmosClient): Promise<readonly ContainerDefinition[] | undefined> {
  const database = client.database(COSMOS.database);
  if (!(await exists(database.read()))) return undefined;
  const found = await Promise.all(CONTAINERS.map(({ id = '' }) => exists(database.container(id).read())));
  return CONTAINERS.filter((_one, index) => !found[index]);
}

async function exists(look: Promise<unknown>): Promise<boolean> {
  try {
    await look;
    return true;
  } catch (thrown) {
    if (isNotFound(thrown)) return false;
    throw thrown;
  }
}

async function tryToFind(client: CosmosClient, settings: SchemaSettings): Promise<AppError | undefined> {
  try {
    const missing = await missingSchema(client);
    if (missing?.length === 0) return undefined;
    const what = missing
      ? `the containers ${missing.map(({ id }) => id).join(', ')}`
      : 'the database and all containers';
    const commands = creationCommands(settings, missing ?? CONTAINERS, missing === undefined);
    const message = `In Cosmos DB ${what} of ${COSMOS.database} are missing, and an identity makes none. Make them:`;
    return new AppError('results-forbidden', [message, ...commands].join('\n'));
  } catch (thrown) {
    return cosmosError(thrown, 'a look at its database and containers');
  }
}

async function tryToCreate(client: CosmosClient, throughput?: CosmosThroughput): Promise<AppError | undefined> {
  try {
    await tolerateExisting(client.databases.createIfNotExists({ id: COSMOS.database, ...sharedOffer(throughput) }));
    const database = client.database(COSMOS.database);
    await refuseSharingOfNothing(database, throughput);
    const own = throughput?.kind === 'each' ? { throughput: throughput.ruPerSecond } : {};
    for (const definition of CONTAINERS) {
      await tolerateExisting(database.containers.createIfNotExists({ ...definition, ...own }));
    }
    return undefined;
  } catch (thrown) {
    return cosmosError(thrown, 'the creation of its database and containers');
  }
}

function sharedOffer(throughput?: CosmosThroughput) {
  if (throughput?.kind === 'shared') return { throughput: throughput.ruPerSecond };
  return throughput?.kind === 'autoscale' ? { maxThroughput: throughput.ruPerSecond } : {};
}

/**
 * A database gets a throughput to share when it is made, and never afterwards. One that was made without, as by a start that
 * failed before the setting was there, would give each new container 400 RU/s of its own.
 *
 * @throws AppError results-forbidden
 */
async function refuseSharingOfNothing(database: Database, throughput?: CosmosThroughput): Promise<void> {
  if (throughput === undefined || throughput.kind === 'each') return;
  const { resources } = await database.containers.readAll().fetchAll();
  const isComplete = CONTAINERS.every(({ id }) => resources.some((one) => one.id === id));
  if (isComplete || (await database.readOffer()).resource !== undefined) return;
  const cure = `Delete the database if it holds nothing that you need, or set COSMOS_THROUGHPUT=each:400.`;
  const problem = `The database ${COSMOS.database} was made without a throughput that its containers could share.`;
  throw new AppError('results-forbidden', `${problem} ${cure}`);
}

/** I1 Another replica was faster between the SDK's look and its creation. */
async function tolerateExisting(created: Promise<unknown>): Promise<void> {
  try {
    await created;
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code !== 409) throw thrown;
  }
}

function container(id: string, partitionKey: string, indexed: readonly string[]): ContainerDefinition {
  return {
    id,
    partitionKey: { paths: [partitionKey], kind: PartitionKeyKind.Hash, version: 2 },
    indexingPolicy: {
      indexingMode: 'consistent',
      automatic: true,
      includedPaths: [`${partitionKey}/?`, ...indexed].map((path) => ({ path })),
      excludedPaths: [{ path: '/*' }],
    },
  };
}
