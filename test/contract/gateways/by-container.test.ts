import { createCosmosStores } from '../../../src/gateways/by-container/cosmos-by-container';
import { createMemoryStores } from '../../../src/gateways/by-container/memory-by-container';
import { createCosmosClient } from '../../../src/gateways/cosmos/client';
import { describeStores } from './by-container-suite';
import { startCosmos } from './cosmos';

describe('in memory', () =>
  describeStores('in memory', async () => ({ stores: createMemoryStores(), stop: async () => {} })));

describe('on the development server', () =>
  describeStores('Cosmos development server', async () => {
    const cosmos = await startCosmos();
    const client = createCosmosClient(cosmos.settings);
    const stop = async () => {
      client.dispose();
      await cosmos.stop();
    };
    return { stores: createCosmosStores(client), stop };
  }));
