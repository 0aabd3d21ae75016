import { createCosmosActivityLog } from '../../../src/gateways/activity-log/cosmos-activity-log';
import { createMemoryActivityLog } from '../../../src/gateways/activity-log/memory-activity-log';
import { createCosmosClient } from '../../../src/gateways/cosmos/client';
import { createCosmosRuns } from '../../../src/gateways/runs/cosmos-runs';
import { createMemoryRuns } from '../../../src/gateways/runs/memory-runs';
import { describeActivityLog } from './activity-log-suite';
import { startCosmos } from './cosmos';
import { describeRuns } from './runs-suite';

async function startClient() {
  const cosmos = await startCosmos();
  const client = createCosmosClient(cosmos.settings);
  const stop = async () => {
    client.dispose();
    await cosmos.stop();
  };
  return { client, stop };
}

describeRuns('in memory', async () => ({ runs: createMemoryRuns(), stop: async () => {} }));

describeRuns('Cosmos development server', async () => {
  const { client, stop } = await startClient();
  return { runs: createCosmosRuns(client), stop };
});

describeActivityLog('in memory', async () => ({ log: createMemoryActivityLog(), stop: async () => {} }));

describeActivityLog('Cosmos development server', async () => {
  const { client, stop } = await startClient();
  return { log: createCosmosActivityLog(client), stop };
});
