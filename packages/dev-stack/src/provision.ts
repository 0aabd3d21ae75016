import { AppError, createAzureBlobs, ensureCosmosSchema, SYSTEM_BLOB_CONTAINERS } from 'contactsheet/setup';
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

/**
 * Asks a person's own storage account once, before the sidecar does: its components end it without a cure, again and again.
 *
 * @throws Problem when the account refuses, or does not answer
 */
export async function checkStorage(connectionString: string): Promise<void> {
  const blobs = createAzureBlobs({ connectionString });
  try {
    await blobs.containerExists(SYSTEM_BLOB_CONTAINERS.manifests);
  } catch (error) {
    const sentence = `The storage account cannot be used. ${error instanceof Error ? error.message : error}`;
    const isRefusal = (error as { retryable?: unknown }).retryable === false;
    throw new Problem(
      sentence,
      isRefusal ? 'Then start again.' : 'Check its address and the network.',
      isRefusal ? 2 : 1,
    );
  } finally {
    blobs.close();
  }
}
