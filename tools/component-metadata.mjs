/**
 * Writes test/unit/kubernetes/component-metadata.json: the names of `spec.metadata` that Dapr knows, for the component types
 * of this repository.
 *
 *     go mod download -json github.com/dapr/components-contrib@v1.18.3   # prints its folder
 *     node tools/component-metadata.mjs FOLDER
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const FOLDERS = [
  'bindings/azure/storagequeues',
  'pubsub/azure/servicebus/topics',
  'pubsub/in-memory',
  'secretstores/azure/keyvault',
  'secretstores/local/file',
  'state/azure/blobstorage/v2',
  'state/azure/cosmosdb',
  'state/postgresql/v2',
  'state/sqlite',
];
/** Read by daprd itself, of any component of the kind. */
const OF_DAPRD = {
  bindings: ['direction', 'route'],
  pubsub: ['consumerID', 'allowedTopics', 'protectedTopics', 'publishingScopes', 'subscriptionScopes'],
  secretstores: [],
  state: ['keyPrefix', 'actorStateStore'],
};

const [contrib] = process.argv.slice(2);
if (contrib === undefined) throw new Error('usage: component-metadata.mjs FOLDER_OF_COMPONENTS_CONTRIB');
const keys = readFileSync(join(contrib, 'common/authentication/azure/metadata-properties.go'), 'utf8');
const identity = [...keys.matchAll(/^\t"(\w+)":\s*\{(.*)\}/gm)]
  .filter(([, name]) => !name.startsWith('Storage'))
  .flatMap(([, , list]) => [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name));

const known = {};
for (const folder of FOLDERS) {
  const described = parse(readFileSync(join(contrib, folder, 'metadata.yaml'), 'utf8').replace(/^\uFEFF/, ''));
  const builtin = described.builtinAuthenticationProfiles ?? [];
  const profiles = [...(described.authenticationProfiles ?? []), ...builtin].flatMap((one) => one.metadata ?? []);
  const own = described.metadata ?? [];
  const names = [...own, ...profiles].map(({ name }) => name);
  const hasIdentity = builtin.some(({ name }) => name === 'azuread');
  known[`${described.type}.${described.name} ${described.version}`] = {
    required: own.filter(({ required }) => required).map(({ name }) => name),
    names: [...new Set([...names, ...(hasIdentity ? identity : []), ...OF_DAPRD[described.type]])].sort(),
  };
}
const path = join(import.meta.dirname ?? '.', '../test/unit/kubernetes/component-metadata.json');
writeFileSync(path, `${JSON.stringify(known)}\n`);
console.log(`${Object.keys(known).length} types`);
