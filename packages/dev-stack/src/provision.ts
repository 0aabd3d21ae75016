import { AppError, ensureCosmosSchema } from 'contactsheet/setup';
import { Problem } from './problem';

/**
 * Creates the Cosmos database and its containers where they are missing. Before the sidecar: its component `statestore`
 * never creates any.
 */
export async function provisionCosmos(settings: Parameters<typeof ensureCosmosSchema>[0]): Promise<void> {
  try {
    await ensureCosmosSchema(settings);
  } catch (error) {
    const sentence = `The database in Cosmos DB cannot be created. ${error instanceof Error ? error.message : error}`;
    // What the account refuses is told with its cure.
    const isRefusal = error instanceof AppError && !error.retryable;
    const cure = isRefusal ? 'Then start again.' : 'Check COSMOS_ENDPOINT, COSMOS_KEY and the logs.';
    throw new Problem(sentence, cure, isRefusal ? 2 : 1);
  }
}
