import { createCosmosClient } from '../../../src/gateways/cosmos/client';
import { createCosmosResults } from '../../../src/gateways/results/cosmos-results';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { startCosmos } from './cosmos';
import { ACCOUNT } from './documents';
import { describeResults } from './results-suite';

describeResults('in memory', async () => ({ results: createMemoryResults(), stop: async () => {} }));

describeResults('Cosmos development server', async () => {
  const cosmos = await startCosmos();
  const client = createCosmosClient(cosmos.settings);
  const results = createCosmosResults({ client, account: ACCOUNT });
  return {
    results,
    stop: async () => {
      await results.close();
      client.dispose();
      await cosmos.stop();
    },
  };
});
