import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { WORK_ITEMS } from '../../../src/dapr/worker';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';
import { readRunFile } from '../../../packages/dev-stack/src/run-file';
import { SECRETS_FILE_SETTING, secretNames } from '../../../packages/dev-stack/src/secrets-file';
import { APP_ID, COMPONENTS, COSMOS, SUBSCRIPTION_ROUTES, SYSTEM_BLOB_CONTAINERS, TOPICS } from '../../../src/names';

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly scopes?: readonly string[];
  readonly spec: {
    readonly type?: string;
    readonly metadata?: readonly { readonly name: string; readonly value?: string }[];
    readonly pubsubname?: string;
    readonly topic?: string;
    readonly routes?: { readonly default: string };
    readonly deadLetterTopic?: string;
    readonly targets?: { readonly components: Record<string, unknown> };
    readonly workflow?: Record<string, number>;
    readonly api?: { readonly allowed: readonly Record<'name' | 'version' | 'protocol', string>[] };
    readonly secrets?: { readonly scopes: readonly object[] };
    readonly rules?: readonly { readonly callers: readonly object[] }[];
  };
}

function resourcesIn(...folder: string[]): Resource[] {
  const path = join(CHECKOUT, 'components', ...folder);
  return readdirSync(path)
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .map((file) => parse(readFileSync(join(path, file), 'utf8')) as Resource);
}

function field(resource: Resource | undefined, name: string): string | undefined {
  return resource?.spec.metadata?.find((each) => each.name === name)?.value;
}

function configuration(): Resource {
  const plan = readRunFile(join(CHECKOUT, 'dapr.yaml'));
  return parse(readFileSync(plan.configFilePath ?? '', 'utf8')) as Resource;
}

const local = resourcesIn();
const named = (resources: readonly Resource[], name: string) => resources.find((each) => each.metadata.name === name);
const names = (resources: readonly Resource[], kind: string) =>
  resources.filter((each) => each.kind === kind).map((each) => each.metadata.name);

describe.each([
  ['local', local],
  ['azure', resourcesIn('azure')],
])('the %s components', (_, resources) => {
  test('have the names of src/names.ts, and no others', () => {
    expect(names(resources, 'Component').sort()).toEqual(Object.values(COMPONENTS).sort());
  });

  test('belong to this app alone', () => {
    for (const resource of resources) expect(resource.scopes).toEqual([APP_ID]);
  });

  test('keep the engine state where src/names.ts says, in the one actor store', () => {
    const store = named(resources, COMPONENTS.stateStore);
    expect(store?.spec.type).toBe('state.azure.cosmosdb');
    expect(field(store, 'database')).toBe(COSMOS.database);
    expect(field(store, 'collection')).toBe(COSMOS.engineState.id);
    expect(resources.filter((each) => field(each, 'actorStateStore') === 'true')).toEqual([store]);
  });

  test('keep manifests in the system container, under their own keys', () => {
    const manifests = named(resources, COMPONENTS.manifests);
    expect(field(manifests, 'containerName')).toBe(SYSTEM_BLOB_CONTAINERS.manifests);
    expect(field(manifests, 'keyPrefix')).toBe('none');
  });
});

describe.each([
  ['local', named(local, COMPONENTS.pubsub)],
  ['azure', named(resourcesIn('azure'), COMPONENTS.pubsub)],
  ['in-memory', named(resourcesIn('alternatives'), COMPONENTS.pubsub)],
])('the %s pub/sub component', (_, pubsub) => {
  const topics = Object.values(TOPICS).join(',');
  test.each(['publishingScopes', 'subscriptionScopes'])('gives its topics to this app alone (%s)', (scope) => {
    expect(field(pubsub, scope)).toBe(`${APP_ID}=${topics}`);
  });
  test.each(['allowedTopics', 'protectedTopics'])('has no other topic, and none for everybody (%s)', (list) => {
    expect(field(pubsub, list)).toBe(topics);
  });
});

test('secrets come from a file that the launcher names, and it holds what the components name and no more', () => {
  const store = named(local, COMPONENTS.secretStore);
  expect(store?.spec.type).toBe('secretstores.local.file');
  expect(store?.spec.metadata).toEqual([{ name: 'secretsFile', envRef: SECRETS_FILE_SETTING }]);
  expect(secretNames([join(CHECKOUT, 'components')])).toEqual([
    'AZURE_BLOB_ACCOUNT_KEY',
    'AZURE_BLOB_ACCOUNT_NAME',
    'AZURE_BLOB_ENDPOINT',
    'AZURE_QUEUE_ENDPOINT',
    'AZURE_STORAGE_CONNECTION_STRING',
    'COSMOS_ENDPOINT',
    'COSMOS_KEY',
  ]);
});

test('the sidecar offers what the application uses, and gives out no secret', () => {
  const { api, secrets } = configuration().spec;
  const allowed = api?.allowed.map(({ name, version, protocol }) => `${protocol} ${name} ${version}`);
  expect(allowed).toEqual([
    'http state v1',
    'http actors v1',
    'http publish v1',
    'http metadata v1',
    'http invoke v1',
    'grpc invoke v1',
  ]);
  expect(secrets?.scopes).toContainEqual({ storeName: COMPONENTS.secretStore, defaultAccess: 'deny' });
});

test('on Azure no other app reaches the workflows', () => {
  const policy = resourcesIn('azure').find((each) => each.kind === 'WorkflowAccessPolicy');
  expect(policy?.spec.rules?.flatMap(({ callers }) => callers)).toEqual([{ appID: APP_ID }]);
});

test.each(['state.sqlite.yaml', 'state.postgresql.yaml'])('%s takes the place of the state store', (file) => {
  const resource = parse(readFileSync(join(CHECKOUT, 'components', 'alternatives', file), 'utf8')) as Resource;
  expect(resource.metadata.name).toBe(COMPONENTS.stateStore);
  expect(field(resource, 'actorStateStore')).toBe('true');
  expect(resource.scopes).toEqual([APP_ID]);
});

test('subscriptions deliver the topics of src/names.ts to its routes', () => {
  const runs = named(local, 'runs')?.spec;
  expect(runs).toMatchObject({
    pubsubname: COMPONENTS.pubsub,
    topic: TOPICS.runs,
    routes: { default: SUBSCRIPTION_ROUTES.runs },
    deadLetterTopic: TOPICS.deadLetters,
  });
  expect(named(local, 'dead-letters')?.spec).toMatchObject({
    pubsubname: COMPONENTS.pubsub,
    topic: TOPICS.deadLetters,
    routes: { default: SUBSCRIPTION_ROUTES.deadLetters },
  });
});

test('a retry policy stands before the dead-letter topic, and none is stacked on actors', () => {
  const resiliency = local.find((each) => each.kind === 'Resiliency');
  expect(resiliency?.spec.targets).toEqual({
    components: { [COMPONENTS.pubsub]: { inbound: { retry: expect.any(String) } } },
  });
});

test('the sidecar is configured so that the worker drops no work', () => {
  const { maxConcurrentActivityInvocations = 0, maxConcurrentWorkflowInvocations = 0 } =
    configuration().spec.workflow ?? {};
  expect(maxConcurrentActivityInvocations).toBeGreaterThan(0);
  expect(maxConcurrentWorkflowInvocations).toBeGreaterThan(0);
  expect(maxConcurrentActivityInvocations + maxConcurrentWorkflowInvocations).toBeLessThanOrEqual(WORK_ITEMS);
  expect(readRunFile(join(CHECKOUT, 'dapr.yaml')).appID).toBe(APP_ID);
});
