import { randomUUID } from 'node:crypto';
import type { CosmosClient } from '@azure/cosmos';
import { createCosmosCache } from '../../../src/gateways/cache/cosmos-cache';
import { createMemoryCache } from '../../../src/gateways/cache/memory-cache';
import { createCosmosClient } from '../../../src/gateways/cosmos/client';
import { cacheSuite } from './cache-suite';
import { type Cosmos, startCosmos } from './cosmos';

describe('in memory', () => cacheSuite(createMemoryCache, randomUUID));

describe('Cosmos development server', () => {
  let cosmos: Cosmos;
  let client: CosmosClient;
  beforeAll(async () => {
    cosmos = await startCosmos();
    client = createCosmosClient(cosmos.settings);
  });
  afterAll(async () => {
    client.dispose();
    await cosmos.stop();
  });
  cacheSuite(() => createCosmosCache(client), randomUUID);
});
