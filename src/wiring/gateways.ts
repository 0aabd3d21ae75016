import type { Config } from '../config';
import { createWorkflowStarter } from '../dapr/workflow-client';
import { defined } from '../domain/defined';
import { createCosmosActivityLog } from '../gateways/activity-log/cosmos-activity-log';
import { createAzureBlobs } from '../gateways/blobs/azure-blobs';
import { createCosmosStores } from '../gateways/by-container/cosmos-by-container';
import { createCosmosCache } from '../gateways/cache/cosmos-cache';
import { createCosmosClient } from '../gateways/cosmos/client';
import { ensureCosmosSchema } from '../gateways/cosmos/schema';
import { createDaprEvents } from '../gateways/events/dapr-events';
import { createDaprManifests } from '../gateways/manifests/dapr-manifests';
import { createCosmosResults } from '../gateways/results/cosmos-results';
import { createCosmosRuns } from '../gateways/runs/cosmos-runs';
import { createSidecar } from '../gateways/sidecar/sidecar';
import { createVision } from '../gateways/vision';
import { accessOf } from './azure-access';
import type { Overrides } from './overrides';

export type Gateways = Awaited<ReturnType<typeof openGateways>>;

/** A start of a workflow, and each look at one, ends within so long whatever the sidecar does. */
const WORKFLOW_DEADLINE_MS = 10_000;

/** Everything outside of this process, as the rest knows it. @throws AppError when Cosmos DB cannot be reached or prepared */
export async function openGateways(config: Config, overrides: Overrides) {
  const apiToken = config.sidecar.token?.reveal();
  const token = defined({ apiToken });
  const sidecar = createSidecar({ port: config.sidecar.httpPort, ...token });
  const access = accessOf(config);
  await ensureCosmosSchema({ ...access.cosmos, throughput: config.cosmos.throughput });
  const cosmos = createCosmosClient(access.cosmos);
  const azureBlobs = createAzureBlobs(access.photos);
  const blobs = overrides.blobs?.(azureBlobs) ?? azureBlobs;
  const results = createCosmosResults({ client: cosmos, account: blobs.account });
  const vision = createVision(access.vision);
  const grpc = { host: '127.0.0.1', grpcPort: config.sidecar.grpcPort, ...token };
  const workflows = createWorkflowStarter({ ...grpc, deadlineMs: WORKFLOW_DEADLINE_MS });
  return {
    ...createCosmosStores(cosmos), // containers, watches, operations
    ...{ sidecar, blobs, results, vision, workflows },
    cache: createCosmosCache(cosmos),
    runs: createCosmosRuns(cosmos),
    activityLog: createCosmosActivityLog(cosmos, config.reportRetentionDays),
    manifests: createDaprManifests(sidecar),
    events: createDaprEvents(sidecar),
    async close(): Promise<void> {
      workflows.close();
      await results.close();
      cosmos.dispose();
      vision.close();
      blobs.close();
      sidecar.close();
    },
  };
}
