import { ConfigError, readConfig } from './config';
import { ensureCosmosSchema } from './gateways/cosmos/schema';
import { accessOf } from './wiring/azure-access';

/**
 * `node dist/schema-job.js`: makes the database and its containers where they are missing, and ends; with an identity it
 * makes nothing and says what is missing. It runs before a sidecar starts: the state store of Dapr makes nothing and ends
 * where its container is missing.
 */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  await ensureCosmosSchema({ ...accessOf(config).cosmos, throughput: config.cosmos.throughput });
  process.stdout.write('The database and its containers are there.\n');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof ConfigError ? 2 : 1;
});
