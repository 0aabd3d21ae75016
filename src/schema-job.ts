import { ConfigError, readConfig } from './config';
import { ensureCosmosSchema } from './gateways/cosmos/schema';

/**
 * `node dist/schema-job.js`: makes the database and its containers where they are missing, and ends. It runs before a
 * sidecar starts: the state store of Dapr makes nothing and ends where its container is missing.
 */
async function main(): Promise<void> {
  const { cosmos } = readConfig(process.env);
  await ensureCosmosSchema({ endpoint: cosmos.endpoint, key: cosmos.key.reveal() });
  process.stdout.write('The database and its containers are there.\n');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof ConfigError ? 2 : 1;
});
