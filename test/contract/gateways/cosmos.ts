import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CosmosSettings } from '../../../src/gateways/cosmos/client';
import { ensureCosmosSchema } from '../../../src/gateways/cosmos/schema';
import { startCosmosServer } from '../../../packages/dev-cosmos/src/server';

/** The Cosmos development server in this process, on a free port, with the product's schema. */
export interface Cosmos {
  readonly settings: CosmosSettings;
  stop(): Promise<void>;
}

export const COSMOS_KEY = Buffer.from('a key of the contract suites').toString('base64');

export interface CosmosOptions {
  readonly schema?: boolean;
  readonly port?: number;
  /** RU/s of the whole account. */
  readonly throughputLimit?: number;
}

export async function startCosmos({ schema = true, port = 0, throughputLimit }: CosmosOptions = {}): Promise<Cosmos> {
  const folder = mkdtempSync(join(tmpdir(), 'contactsheet-cosmos-'));
  const server = await startCosmosServer({
    port,
    file: join(folder, 'cosmos.sqlite'),
    key: COSMOS_KEY,
    throughputLimit,
  });
  const settings = { endpoint: server.endpoint, key: COSMOS_KEY };
  if (schema) await ensureCosmosSchema(settings);
  return {
    settings,
    async stop() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
