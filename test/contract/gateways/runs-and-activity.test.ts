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
  return { log: createCosmosActivityLog(client, 90), stop };
});

test('what happened is forgotten with the records of its run', async () => {
  const { client, stop } = await startClient();
  try {
    const log = createCosmosActivityLog(client, 1 / 86_400);
    const entry = { id: 'e', container: 'old', type: 't', subject: 's', time: '2026-01-01T00:00:00.000Z', data: {} };
    expect(await log.record(entry)).toBe(true);
    expect((await log.list('old', { size: 10 })).value).toEqual([entry]);
    const isGone = async () => (await log.list('old', { size: 10 })).value.length === 0;
    const until = Date.now() + 20_000;
    while (!(await isGone()) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await isGone()).toBe(true);
  } finally {
    await stop();
  }
}, 30_000);
