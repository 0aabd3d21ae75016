import { ensureCosmosSchema } from 'contactsheet/setup';
import { Problem } from './problem';

/**
 * Creates the Cosmos database and its containers where they are missing. Before the sidecar: its component `statestore`
 * never creates any.
 */
export async function provisionCosmos(settings: { readonly endpoint: string; readonly key: string }): Promise<void> {
  try {
    await ensureCosmosSchema(settings);
  } catch (error) {
    throw new Problem(
      `The database in Cosmos DB cannot be created: ${error instanceof Error ? error.message : error}.`,
      'Check COSMOS_ENDPOINT, COSMOS_KEY and the logs.',
    );
  }
}
