/** Process entry: `node packages/dev-cosmos/dist/main.js --port 8081 --host 127.0.0.1 --file DIR/cosmos.sqlite`, key in COSMOS_KEY. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startCosmosServer } from './server';

/** Published with Microsoft's emulator, so that tools made for it can connect; it protects nothing. */
const EMULATOR_KEY = 'C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==';

const USAGE =
  'usage: main.js --file PATH [--port 8081] [--host 127.0.0.1] [--cert PEM --key PEM] [--throughput-limit RU], with the base64 key in COSMOS_KEY';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      file: { type: 'string' },
      cert: { type: 'string' },
      key: { type: 'string' },
      'throughput-limit': { type: 'string' },
    },
  });
  const port = Number(values.port ?? 8081);
  const limit = values['throughput-limit'];
  const throughputLimit = limit === undefined ? undefined : Number(limit);
  if (throughputLimit !== undefined && !(throughputLimit >= 0)) throw new Error(USAGE);
  if (values.file === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(USAGE);
  const server = await startCosmosServer({
    host: values.host ?? '127.0.0.1',
    port,
    file: values.file,
    key: process.env.COSMOS_KEY || EMULATOR_KEY,
    ...tlsOf(values.cert, values.key),
    throughputLimit,
    log: (line) => console.log(line),
  });
  const stop = () => {
    server.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  console.log(`listening on ${server.endpoint}`);
}

/** Both or none. @throws Error when a file cannot be read */
function tlsOf(cert: string | undefined, key: string | undefined): { tls?: { cert: string; key: string } } {
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined) throw new Error(USAGE);
  return { tls: { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') } };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
