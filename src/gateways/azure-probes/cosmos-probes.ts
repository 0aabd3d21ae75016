import { randomUUID } from 'node:crypto';
import { COSMOS } from '../../names';
import { createCosmosClient } from '../cosmos/client';
import { ensureCosmosSchema, RUNS_PARTITION, type SchemaSettings } from '../cosmos/schema';

/** One small request for each thing that the product does with Cosmos DB. Each throws what the SDK or the gateway throws. */
export interface CosmosProbes {
  /** @throws AppError with the commands that make what is missing */
  schema(): Promise<void>;
  query(): Promise<void>;
  /** Writes a small document and deletes it. */
  writeAndDelete(): Promise<void>;
  close(): void;
}

export function createCosmosProbes(settings: SchemaSettings): CosmosProbes {
  const client = createCosmosClient(settings);
  const database = client.database(COSMOS.database);
  return {
    schema: () => ensureCosmosSchema(settings),
    async query() {
      const partitionKey = RUNS_PARTITION.value;
      await database.container(COSMOS.runs.id).items.query('SELECT TOP 1 c.id FROM c', { partitionKey }).fetchNext();
    },
    async writeAndDelete() {
      const id = `contactsheet-check-${randomUUID()}`;
      const container = database.container(COSMOS.cache.id);
      await container.items.create({ id });
      await container.item(id, id).delete();
    },
    close: () => client.dispose(),
  };
}
