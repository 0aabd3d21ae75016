import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Creates the Cosmos database and its containers where they are missing. Before the sidecar: its component `statestore`
 * never creates any.
 */
export async function provisionCosmos(settings: { readonly endpoint: string; readonly key: string }): Promise<void> {
  const path = resolve(__dirname, '..', '..', 'gateways', 'cosmos', 'schema');
  if (!['.js', '.ts'].some((end) => existsSync(path + end))) return;
  const { ensureCosmosSchema } = require(path);
  await ensureCosmosSchema(settings);
}
