import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { WORK_ITEMS } from '../../../src/dapr/worker';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';
import { readRunFile } from '../../../packages/dev-stack/src/run-file';
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
  };
}

function resourcesIn(...folder: string[]): Resource[] {
  const path = join(CHECKOUT, 'components', ...folder);
  return readdirSync(path)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => parse(readFileSync(join(path, file), 'utf8')) as Resource);
}

function field(resource: Resource | undefined, name: string): string | undefined {
  return resource?.spec.metadata?.find((each) => each.name === name)?.value;
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
  const plan = readRunFile(join(CHECKOUT, 'dapr.yaml'));
  const configuration = parse(readFileSync(plan.configFilePath ?? '', 'utf8')) as Resource;
  const { maxConcurrentActivityInvocations = 0, maxConcurrentWorkflowInvocations = 0 } =
    configuration.spec.workflow ?? {};
  expect(maxConcurrentActivityInvocations).toBeGreaterThan(0);
  expect(maxConcurrentWorkflowInvocations).toBeGreaterThan(0);
  expect(maxConcurrentActivityInvocations + maxConcurrentWorkflowInvocations).toBeLessThanOrEqual(WORK_ITEMS);
  expect(plan.appID).toBe(APP_ID);
});
