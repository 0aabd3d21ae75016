import { createCosmosContainers } from '../../../src/gateways/containers/cosmos-containers';
import { createMemoryContainers } from '../../../src/gateways/containers/memory-containers';
import { createCosmosClient } from '../../../src/gateways/cosmos/client';
import { describeContainers } from './containers-suite';
import { startCosmos } from './cosmos';

describeContainers('in memory', async () => ({ containers: createMemoryContainers(), stop: async () => {} }));

describeContainers('Cosmos development server', async () => {
  const cosmos = await startCosmos();
  const client = createCosmosClient(cosmos.settings);
  const stop = async () => {
    client.dispose();
    await cosmos.stop();
  };
  return { containers: createCosmosContainers(client), stop };
});
