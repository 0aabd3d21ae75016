/**
 * Writes deploy/kubernetes/azure/azure.env from the outputs of main.bicep.
 *
 *     node deploy/azure/write-settings.mjs                # outputs are in the environment, as in a hook of azd
 *     node deploy/azure/write-settings.mjs outputs.json   # az deployment sub show ... --query properties.outputs -o json
 *
 * What you have set in the file beside the outputs stays, such as PUBLIC_URL and VISION_RATE.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname ?? 'deploy/azure', '../..');
const folder = process.env.CONTACTSHEET_OVERLAY ?? join(root, 'deploy/kubernetes/azure');
const path = join(folder, 'azure.env');

const OUTPUTS = [
  'AZURE_CLIENT_ID',
  'AZURE_TENANT_ID',
  'COSMOS_ENDPOINT',
  'AZURE_BLOB_ACCOUNT_NAME',
  'AZURE_STORAGE_BLOB_ENDPOINT',
  'AZURE_STORAGE_QUEUE_ENDPOINT',
  'PHOTOS_STORAGE_BLOB_ENDPOINT',
  'VISION_ENDPOINT',
];
const OPTIONAL = ['SERVICEBUS_NAMESPACE', 'KEY_VAULT_NAME'];
const REGISTRY = 'AZURE_CONTAINER_REGISTRY_ENDPOINT';

const found = process.argv[2] === undefined ? process.env : outputsOf(process.argv[2]);
const missing = [...OUTPUTS, REGISTRY].filter((name) => !found[name]);
if (missing.length > 0) {
  console.error(`These outputs are missing: ${missing.join(', ')}. Deploy main.bicep first (deploy/azure/README.md).`);
  process.exit(1);
}
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const values = {
  CONTACTSHEET_IMAGE: `${found[REGISTRY]}/contactsheet:${version}`,
  VISION_RATE: '10/s',
  ...kept(),
  ...Object.fromEntries([...OUTPUTS, ...OPTIONAL].filter((name) => found[name]).map((name) => [name, found[name]])),
};
writeFileSync(path, Object.entries(values).map(([name, value]) => `${name}=${value}\n`).join(''));
console.log(`${path} is written.`);

/** Azure gives names back in capitals and small letters as it likes. */
function outputsOf(file) {
  const outputs = JSON.parse(readFileSync(file, 'utf8'));
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name.toUpperCase(), value]));
}

function kept() {
  if (!existsSync(path)) return {};
  const lines = readFileSync(path, 'utf8').split('\n').filter((line) => /^[A-Z_]+=/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
