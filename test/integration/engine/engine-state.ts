import { CosmosClient } from '@azure/cosmos';
import { COSMOS } from '../../../src/names';

/** What Dapr's engine keeps in the store, seen from outside of it. */
export interface EngineState {
  /** Names of the rows of one workflow instance: `metadata`, `history-000001`, `inbox-000000`. */
  rows(appId: string, instanceId: string): Promise<string[]>;
  close(): void;
}

/** The product's own limit: Cosmos DB takes 100 operations a batch, and continue-as-new deletes every row in one. */
export const MOST_ROWS = 90;

export function openEngineState(settings: { readonly endpoint: string; readonly key: string }): EngineState {
  const client = new CosmosClient(settings);
  const { items } = client.database(COSMOS.database).container(COSMOS.engineState.id);
  return {
    async rows(appId, instanceId) {
      const partitionKey = `${appId}||dapr.internal.default.${appId}.workflow||${instanceId}`;
      const query = items.query<string>('SELECT VALUE c.id FROM c', { partitionKey, maxItemCount: 1_000 });
      return (await query.fetchAll()).resources.map((id) => id.slice(id.lastIndexOf('||') + 2));
    },
    close: () => client.dispose(),
  };
}

export const historyIn = (rows: readonly string[]): number => rows.filter((row) => row.startsWith('history-')).length;

/** The server's own count of the batches that the engine sent. */
export async function engineBatches(endpoint: string): Promise<{ batches: number; largestBatch: number }> {
  const stats = await (await fetch(new URL('/_dev/stats', endpoint))).json();
  const { containers } = stats as { containers: Record<string, { batches: number; largestBatch: number }> };
  return containers[`${COSMOS.database}/${COSMOS.engineState.id}`] ?? { batches: 0, largestBatch: 0 };
}
