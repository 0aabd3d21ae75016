import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';
import { CONTAINERS } from '../../../src/gateways/cosmos/schema';
import { COSMOS } from '../../../src/names';
import { ROLES } from '../../../src/use-cases/azure-check/roles';
import { AZURE, bicepFiles, readBicep } from './bicep';

/**
 * Guarantee: what deploy/azure makes is what the application and the manifests expect. Azure has not seen it, and no compiler:
 * tools/check-bicep.mjs holds the resources against their types.
 */

const files = bicepFiles();
const fileOf = (path: string) => files.find((file) => file.path === path) ?? fail(path);
const resources = files.flatMap((file) => file.resources.map((resource) => ({ file, ...resource })));
const made = resources.filter(({ isExisting }) => !isExisting);
const ofType = (type: string) => made.filter((resource) => resource.type === type);
function fail(what: string): never {
  throw new Error(`${what} is not there`);
}

test('Cosmos DB gets the database and the containers of the application, index by index', () => {
  const cosmos = fileOf('modules/cosmos.bicep');
  const [database] = ofType('Microsoft.DocumentDB/databaseAccounts/sqlDatabases');
  expect(database?.body.name).toBe(COSMOS.database);
  expect(database?.body.properties).toMatchObject({ resource: { id: COSMOS.database } });
  expect(cosmos.variables.definitions).toEqual(CONTAINERS);
  const [containers] = ofType('Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers');
  expect(containers?.body.properties).toMatchObject({ resource: { text: 'definition' } });
});

test('its throughput is shared by the containers and follows the load', () => {
  const [database] = ofType('Microsoft.DocumentDB/databaseAccounts/sqlDatabases');
  expect(database?.body.properties).toMatchObject({
    options: { autoscaleSettings: { maxThroughput: { text: 'maxThroughput' } } },
  });
  expect(fileOf('main.bicep').parameters.databaseMaxThroughput?.value).toBe(4000);
});

test('no service takes a key', () => {
  const off = {
    'Microsoft.DocumentDB/databaseAccounts': { disableLocalAuth: true, disableKeyBasedMetadataWriteAccess: true },
    'Microsoft.Storage/storageAccounts': { allowSharedKeyAccess: false, allowBlobPublicAccess: false },
    'Microsoft.CognitiveServices/accounts': { disableLocalAuth: true },
    'Microsoft.ServiceBus/namespaces': { disableLocalAuth: true },
    'Microsoft.KeyVault/vaults': { enableRbacAuthorization: true },
    'Microsoft.ContainerRegistry/registries': { adminUserEnabled: false, anonymousPullEnabled: false },
    'Microsoft.ContainerService/managedClusters': { disableLocalAccounts: true },
  };
  for (const [type, settings] of Object.entries(off)) {
    expect(ofType(type).length).toBeGreaterThan(0);
    for (const { body } of ofType(type)) expect(body.properties).toMatchObject(settings);
  }
});

test('every role that is given is in the table of the page, with its scope, and no other', () => {
  const page = readFileSync(join(AZURE, 'README.md'), 'utf8');
  const listed = [...page.matchAll(/^\| ([^|]+) \| `([0-9a-f-]{36})` \|/gm)].map(([, name, id]) => `${name} ${id}`);
  const given = made
    .filter(({ type }) => /roleAssignments$/i.test(type))
    .map(({ file, name, body }) => {
      const definition = (body.properties as { roleDefinitionId: { text: string } }).roleDefinitionId.text;
      const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(definition)?.[0] ?? fail(`the role of ${name}`);
      const before = file.text.slice(0, file.text.indexOf(`resource ${name} '`)).trimEnd();
      const said = before.slice(before.lastIndexOf('\n') + 1).replace(/^\/\/ /, '');
      return `${said.replace(/(, | for ).*$/, '').replace(/\.$/, '')} ${id}`;
    });
  expect([...new Set(given)].sort()).toEqual([...new Set(listed)].sort());
});

test('the check of an account asks for roles that are given', () => {
  const page = readFileSync(join(AZURE, 'README.md'), 'utf8');
  for (const { name, id } of Object.values(ROLES)) expect(page).toContain(`| ${name} | \`${id}\` |`);
});

test('the token of the pods is taken: its issuer, subject and audience are those of the manifests', () => {
  const [federation] = ofType('Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials');
  const base = join(CHECKOUT, 'deploy/kubernetes/base');
  const account = parse(readFileSync(join(base, 'service-account.yaml'), 'utf8')).metadata.name;
  const { namespace } = parse(readFileSync(join(base, 'kustomization.yaml'), 'utf8'));
  const projected = readFileSync(join(CHECKOUT, 'deploy/kubernetes/azure/identity.yaml'), 'utf8');
  const audience = /audience: "([^"]+)"/.exec(projected)?.[1];
  expect(federation?.body.properties).toMatchObject({
    subject: `system:serviceaccount:${namespace}:${account}`,
    audiences: [audience],
  });
});

test('Service Bus has the topics of the component, each with the subscription of the application', () => {
  const path = join(CHECKOUT, 'deploy/kubernetes/options/service-bus/pubsub.yaml');
  const metadata: { name: string; value: string }[] = parse(readFileSync(path, 'utf8')).spec.metadata;
  const value = (name: string) => metadata.find((entry) => entry.name === name)?.value;
  const names = (type: string) => ofType(`Microsoft.ServiceBus/namespaces/${type}`).map(({ body }) => body.name);
  expect(names('topics')).toEqual(value('allowedTopics')?.split(','));
  expect(names('topics/subscriptions')).toEqual([value('consumerID'), value('consumerID')]);
});

test('every module gets what it asks for, and gives what is taken of it', () => {
  for (const file of files) {
    for (const { name, source, body } of file.modules) {
      const { parameters } = fileOf(source);
      expect({ name, params: Object.keys(body.params).sort() }).toEqual({
        name,
        params: Object.keys(parameters).sort(),
      });
    }
    for (const [, name, output] of file.text.matchAll(/\b(\w+)!?\.outputs\.(\w+)/g)) {
      const { source } = file.modules.find((module) => module.name === name) ?? fail(`${name} in ${file.path}`);
      expect({ source, outputs: Object.keys(fileOf(source).outputs) }).toEqual({
        source,
        outputs: expect.arrayContaining([output]),
      });
    }
  }
});

test('every parameter and variable is used, and every name is declared', () => {
  for (const { path, text, parameters, variables } of files) {
    for (const name of [...Object.keys(parameters), ...Object.keys(variables)]) {
      const uses = [...text.matchAll(new RegExp(`\\b${name}\\b(?! string| int| bool| array| object| =)`, 'g'))];
      expect({ path, name, uses: uses.length }).not.toEqual({ path, name, uses: 0 });
    }
  }
  const { parameters } = JSON.parse(readFileSync(join(AZURE, 'main.parameters.json'), 'utf8'));
  for (const name of Object.keys(parameters)) expect(fileOf('main.bicep').parameters).toHaveProperty([name]);
  const required = Object.entries(fileOf('main.bicep').parameters).filter(([, { value }]) => value === undefined);
  for (const [name] of required) expect(parameters).toHaveProperty([name]);
});

test('azd finds the infrastructure, and its outputs fill the settings of the manifests', () => {
  const project = parse(readFileSync(join(CHECKOUT, 'azure.yaml'), 'utf8'));
  expect(existsSync(join(CHECKOUT, project.infra.path, `${project.infra.module}.bicep`))).toBe(true);
  const script = join(CHECKOUT, project.hooks.postprovision.run.replace(/^node /, ''));
  const folder = mkdtempSync(join(tmpdir(), 'contactsheet-outputs-'));
  try {
    const outputs = Object.keys(fileOf('main.bicep').outputs).map((name) => [
      // As Azure gives them back.
      name.replace(/^[A-Z]+/, (word) => word.toLowerCase()),
      { type: 'String', value: name === 'KEY_VAULT_NAME' ? '' : `value-of-${name}` },
    ]);
    writeFileSync(join(folder, 'outputs.json'), JSON.stringify(Object.fromEntries(outputs)));
    writeFileSync(
      join(folder, 'azure.env'),
      'PUBLIC_URL=https://photos.example.com\nVISION_RATE=20/s\nCOSMOS_ENDPOINT=old\n',
    );
    const env = { ...process.env, CONTACTSHEET_OVERLAY: folder };
    execFileSync(process.execPath, [script, join(folder, 'outputs.json')], { env });
    const written = entriesOf(readFileSync(join(folder, 'azure.env'), 'utf8'));
    const example = entriesOf(readFileSync(join(CHECKOUT, 'deploy/kubernetes/azure/azure.env.example'), 'utf8'));
    expect(new Set(Object.keys(written))).toEqual(new Set([...Object.keys(example), 'SERVICEBUS_NAMESPACE']));
    expect(written).toMatchObject({
      COSMOS_ENDPOINT: 'value-of-COSMOS_ENDPOINT',
      PUBLIC_URL: 'https://photos.example.com',
      VISION_RATE: '20/s',
      CONTACTSHEET_IMAGE: expect.stringMatching(/^value-of-AZURE_CONTAINER_REGISTRY_ENDPOINT\/contactsheet:\d/),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
const entriesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => /^[A-Z_]+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

test('the reader of Bicep says where it cannot go on', () => {
  expect(() => readBicep("param a string\nresource x 'T@1' = {\n  name = 'b'\n}\n")).toThrow('line 3');
  const { resources: read } = readBicep(
    "resource x 'T@1' = [for z in zs: if (a && (b)) {\n  n: c ? [] : [{ d: 1 }] // why\n}]\n",
  );
  expect(read[0]?.body).toMatchObject({ n: { either: [[], [{ d: 1 }]] } });
});
