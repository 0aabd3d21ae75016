import { CosmosClient, type CosmosClientOptions } from '@azure/cosmos';
import type { AzureIdentity } from '../azure-identity/azure-identity';
import { refusePlans } from './query-plans';
import { renewTokens } from './token-renewal';

/**
 * The one way to a Cosmos DB client. Connections are kept alive by the SDK's own agents: a custom agent cannot be given,
 * since the SDK then refuses plain http, which the development server speaks (@azure/cosmos 4.9.3, RequestHandler).
 *
 * I1 A 429 is obeyed (x-ms-retry-after-ms) for up to 30 s in all; only then does a caller hear of it.
 * I2 No request outlives REQUEST_TIMEOUT_MS.
 */

export interface CosmosSettings {
  readonly endpoint: string;
  /** Of the account; with an identity it is not asked for. */
  readonly key?: string;
  readonly identity?: AzureIdentity | undefined;
  /** Regions of the account that are asked first; absent or empty: as the account orders them. */
  readonly regions?: readonly string[];
}

/** The SDK's own default is 60 s: longer than anybody here waits for one document. */
const REQUEST_TIMEOUT_MS = 10_000;
const THROTTLED_WAIT_SECONDS = 30;
/** Only a bound for a server that says "retry after 0": the wait above ends the retries of a real one first. */
const THROTTLED_ATTEMPTS = 100;

export function createCosmosClient({ endpoint, key = '', identity, regions = [] }: CosmosSettings): CosmosClient {
  // \`plugins\` is the SDK's own seam (plugins/Plugin.d.ts) but left out of its public types.
  const plugins = {
    plugins: [refusePlans, ...(identity ? [renewTokens(identity)] : [])],
  } as Partial<CosmosClientOptions>;
  return new CosmosClient({
    endpoint,
    ...(identity ? { aadCredentials: identity.credential } : { key }),
    connectionPolicy: {
      ...(regions.length > 0 && { preferredLocations: [...regions] }),
      requestTimeout: REQUEST_TIMEOUT_MS,
      // Regions and failover are Azure's; the development server is one address.
      enableEndpointDiscovery: endpoint.startsWith('https:'),
      // Would ask for the partition ranges of a container before each request.
      enablePartitionLevelFailover: false,
      retryOptions: { maxRetryAttemptCount: THROTTLED_ATTEMPTS, maxWaitTimeInSeconds: THROTTLED_WAIT_SECONDS },
    },
    ...plugins,
  });
}
