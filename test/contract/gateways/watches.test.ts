import { createCosmosClient } from '../../../src/gateways/cosmos/client';
import { createCosmosWatches } from '../../../src/gateways/watches/cosmos-watches';
import { createMemoryWatches } from '../../../src/gateways/watches/memory-watches';
import { startCosmos } from './cosmos';
import { describeWatches } from './watches-suite';

describeWatches('in memory', async () => ({ watches: createMemoryWatches(), stop: async () => {} }));

describeWatches('Cosmos development server', async () => {
  const cosmos = await startCosmos();
  const client = createCosmosClient(cosmos.settings);
  const stop = async () => {
    client.dispose();
    await cosmos.stop();
  };
  return { watches: createCosmosWatches(client), stop };
});
