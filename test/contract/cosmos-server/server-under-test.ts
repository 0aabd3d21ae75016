/** A server on a free port with a file of its own, and a client of the real SDK with its default settings. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Container, CosmosClient, type Database } from '@azure/cosmos';
import { startCosmosServer } from '../../../packages/dev-cosmos/src/server';

export const KEY = Buffer.from('a key for tests only').toString('base64');

export interface ServerUnderTest {
  readonly endpoint: string;
  readonly file: string;
  readonly client: CosmosClient;
  readonly database: Database;
  container(id: string, partitionKey: string, defaultTtl?: number): Promise<Container>;
  stop(): Promise<void>;
}

export async function startServerUnderTest(): Promise<ServerUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'cosmos-server-'));
  const file = join(folder, 'cosmos.sqlite');
  const server = await startCosmosServer({ port: 0, file, key: KEY });
  const client = new CosmosClient({ endpoint: server.endpoint, key: KEY });
  const { database } = await client.databases.createIfNotExists({ id: 'db' });
  return {
    endpoint: server.endpoint,
    file,
    client,
    database,
    container: async (id, partitionKey, defaultTtl) => {
      const ttl = defaultTtl === undefined ? {} : { defaultTtl };
      const definition = { id, partitionKey: { paths: [partitionKey] }, ...ttl };
      return (await database.containers.createIfNotExists(definition)).container;
    },
    stop: async () => {
      client.dispose();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The rejection of a promise, for its code and message. */
export async function refusalOf(promise: Promise<unknown>): Promise<{ code?: unknown; message: string }> {
  try {
    await promise;
  } catch (error) {
    return error as { code?: unknown; message: string };
  }
  throw new Error('it was expected to be refused');
}
