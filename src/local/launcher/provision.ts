import { ensureCosmosSchema } from '../../gateways/cosmos/schema';

/**
 * Creates the Cosmos database and its containers where they are missing. Before the sidecar: its component `statestore`
 * never creates any.
 */
export function provisionCosmos(settings: { readonly endpoint: string; readonly key: string }): Promise<void> {
  return ensureCosmosSchema(settings);
}
