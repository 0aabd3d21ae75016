import { cpSync, existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';
import { readConfig } from '../../../src/config';
import { componentFaultsOf } from './component-metadata';
import { containersOf, Manifests, named, type Container, type PodTemplate } from './manifests';
import { type Resource, render } from './render';
import { faultsOf } from './schemas';

/**
 * Guarantee: the overlay for Azure, alone and with every option, is taken by Kubernetes and Dapr; each process of the pod finds
 * the identity, its addresses and what it may talk to. What Azure does with it is not seen here.
 */

const OPTIONS = ['service-bus', 'key-vault', 'service-monitor', 'ingress'];
const MORE_SETTINGS = 'SERVICEBUS_NAMESPACE=photos.servicebus.windows.net\nKEY_VAULT_NAME=photos-vault\n';
const TOKEN = '8f1c06a3'.repeat(8);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'contactsheet-azure-'));
  for (const part of ['deploy', 'components']) cpSync(join(CHECKOUT, part), join(folder, part), { recursive: true });
  const example = readFileSync(join(CHECKOUT, 'deploy/kubernetes/azure/azure.env.example'), 'utf8');
  writeFileSync(join(folder, 'deploy/kubernetes/azure/azure.env'), example + MORE_SETTINGS);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
jest.setTimeout(600_000); // where kustomize is built first

/** As a person with an overlay of their own has them, with the Secrets that are made by hand. */
const rendered = new Map<string, Manifests>();
function overlay(...options: string[]): Manifests {
  const key = options.join();
  const known = rendered.get(key) ?? renderWith(options);
  rendered.set(key, known);
  return known;
}
function renderWith(options: readonly string[]): Manifests {
  const own = join(folder, 'deploy/kubernetes/mine');
  mkdirSync(own, { recursive: true });
  const components = options.map((name) => `../options/${name}`);
  writeFileSync(
    join(own, 'kustomization.yaml'),
    JSON.stringify({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: ['../azure'],
      components,
    }),
  );
  return new Manifests([
    ...render(own),
    secret('contactsheet', { LINK_KEY: '0d4e9b27'.repeat(8) }),
    secret('contactsheet-app-token', { token: TOKEN }),
    secret('contactsheet-sidecar-token', { token: TOKEN }),
    secret('contactsheet-access-keys', { 'access-keys.json': '{}' }),
  ]);
}
function secret(name: string, values: Record<string, string>): Resource {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: Object.fromEntries(data) };
}
/** Of the job that asks Azure. */
const checkOf = (manifests: Manifests) => {
  const { spec } = manifests.find('CronJob', 'azure-check') as unknown as {
    spec: { jobTemplate: { spec: { template: PodTemplate } } };
  };
  return spec.jobTemplate.spec.template;
};
const podOf = (manifests: Manifests) => manifests.pod('Deployment', 'contactsheet');

test.each([['nothing', []], ...OPTIONS.map((name) => [name, [name]] as const), ['all of them', OPTIONS]] as const)(
  'the overlay with the option: %s is what Kubernetes, Dapr and the operators take',
  (_, options) => {
    const { resources } = overlay(...options);
    expect(resources.flatMap(faultsOf)).toEqual([]);
    expect(resources.flatMap(componentFaultsOf)).toEqual([]);
    const elsewhere = resources.filter(
      ({ kind, metadata }) => kind !== 'Secret' && kind !== 'Namespace' && metadata.namespace !== 'contactsheet',
    );
    expect(elsewhere).toEqual([]);
  },
);

test.each([[[]], [['service-bus']]])(
  'application, schema job and sidecar have the identity and no key (%j)',
  (options) => {
    const manifests = overlay(...options);
    const pod = podOf(manifests);
    expect(pod.spec.serviceAccountName).toBe('contactsheet');
    expect(pod.metadata.labels['azure.workload.identity/use']).toBe('true');
    const account = manifests.find('ServiceAccount', 'contactsheet') as Resource;
    const sidecar = manifests.sidecarEnvironment(pod);
    expect(Object.values(sidecar).filter((value) => value.startsWith('no '))).toEqual([]);
    for (const needed of manifests.variablesOfComponents()) expect(sidecar).toHaveProperty([needed]);
    const environments = containersOf(pod).map((container) => manifests.environmentOf(container));
    for (const env of [sidecar, ...environments]) {
      expect(env.AZURE_CLIENT_ID).toBe(account.metadata.annotations?.['azure.workload.identity/client-id']);
      expect(env.AZURE_TENANT_ID).toMatch(/^[0-9a-f-]{36}$/);
      expect(env.AZURE_AUTHORITY_HOST).toBe('https://login.microsoftonline.com/');
      expect(Object.keys(env).filter((name) => /KEY$|CONNECTION_STRING/.test(name) && name !== 'LINK_KEY')).toEqual([]);
    }
    const mounts = [
      ...containersOf(pod).map(
        (container) => container.volumeMounts?.find(({ name }) => name === 'azure-token')?.mountPath,
      ),
      ...(pod.metadata.annotations['dapr.io/volume-mounts'] ?? '').split(',').map((mount) => mount.split(':')[1]),
    ];
    expect(new Set(mounts.map((path) => `${path}/token`))).toEqual(new Set([sidecar.AZURE_FEDERATED_TOKEN_FILE]));
    expect(pod.spec.volumes).toContainEqual({
      name: 'azure-token',
      projected: {
        sources: [
          { serviceAccountToken: { audience: 'api://AzureADTokenExchange', expirationSeconds: 3600, path: 'token' } },
        ],
      },
    });
  },
);

test('the application and the schema job start with the environment of their containers', () => {
  const manifests = overlay(...OPTIONS);
  for (const name of ['app', 'schema']) {
    const env = { NODE_ENV: 'production', ...manifests.environmentOf(named(podOf(manifests), name)) };
    expect(readConfig(env).auth.modes).toEqual(['keys']);
  }
});

test('one image of yours runs in every container', () => {
  const containers = [...containersOf(podOf(overlay())), ...containersOf(checkOf(overlay()))];
  const images = containers.map(({ image }) => image);
  expect(images).toEqual(Array(4).fill('REGISTRY.azurecr.io/contactsheet:0.1.0'));
});

test('every program that a container starts is one of ours', () => {
  const containers = [...containersOf(podOf(overlay())), ...containersOf(checkOf(overlay()))];
  const programs = containers.map(({ args }) => args?.[0] ?? 'dist/app.js'); // as the image does by itself
  expect(programs.sort()).toEqual([
    'dist/app.js',
    'dist/azure-check.js',
    'dist/schema-job.js',
    'packages/pubsub-storage-queues/dist/main.js',
  ]);
  for (const program of programs) {
    const source = program.replace(/dist\/(.*)\.js$/, 'src/$1.ts');
    expect([source, existsSync(join(CHECKOUT, source))]).toEqual([source, true]);
  }
});

test('Service Bus has no component process, and Storage Queues have one', () => {
  const names = (manifests: Manifests) => podOf(manifests).spec.initContainers?.map(({ name }) => name);
  expect(names(overlay())).toEqual(['schema', 'pubsub']);
  expect(names(overlay('service-bus'))).toEqual(['schema']);
  const pubsub = (manifests: Manifests) => manifests.find('Component', 'pubsub')?.spec;
  expect(pubsub(overlay())).toMatchObject({ type: 'pubsub.storage-queues' });
  expect(pubsub(overlay('service-bus'))).toMatchObject({ type: 'pubsub.azure.servicebus.topics' });
});

test.each([
  ['application', podOf],
  ['check', checkOf],
])('the pod of the %s keeps the rules of PodSecurity "restricted"', (_, of) => {
  const pod = of(overlay(...OPTIONS));
  expect(pod.spec.automountServiceAccountToken).toBe(false);
  expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  for (const { securityContext } of containersOf(pod)) {
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  }
});

test('the check of Azure sees what the application sees, and takes none of its requests', () => {
  const manifests = overlay(...OPTIONS);
  const [check] = containersOf(checkOf(manifests));
  const app = manifests.environmentOf(containersOf(podOf(manifests)).find(({ name }) => name === 'app') as Container);
  expect(app).toMatchObject(manifests.environmentOf(check as Container));
  expect(checkOf(manifests).spec.volumes).toEqual([
    podOf(manifests).spec.volumes?.find(({ name }) => name === 'azure-token'),
  ]);
  const service = manifests.find('Service', 'contactsheet')?.spec as { selector: object };
  expect(checkOf(manifests).metadata.labels).not.toMatchObject(service.selector);
});

interface Policy {
  readonly podSelector: object;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly { ports: readonly { port: number }[] }[];
  readonly egress?: readonly { ports: readonly { port: number }[] }[];
}
const portsOf = (manifests: Manifests, way: 'ingress' | 'egress', ...names: string[]) =>
  names
    .flatMap((name) => (manifests.find('NetworkPolicy', name)?.spec as Policy | undefined)?.[way] ?? [])
    .flatMap(({ ports }) => ports.map(({ port }) => port))
    .sort((a, b) => a - b);

test('nothing reaches a pod, or leaves it, but what a policy names', () => {
  const manifests = overlay('service-monitor', 'service-bus');
  const deny = manifests.find('NetworkPolicy', 'default-deny')?.spec as Policy;
  expect(deny).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  const containers = podOf(manifests).spec.containers as readonly { ports?: { containerPort: number }[] }[];
  const own = containers.flatMap(({ ports }) => ports?.map(({ containerPort }) => containerPort) ?? []);
  const open = portsOf(manifests, 'ingress', 'contactsheet', 'contactsheet-callers', 'contactsheet-metrics');
  // daprd: 9090 figures, 50002 other sidecars.
  expect(open).toEqual([...own, 9090, 50002].sort((a, b) => a - b));
  // names; Azure; sentry, operator, placement, scheduler; other sidecars; AMQP.
  expect(portsOf(manifests, 'egress', 'contactsheet')).toEqual([53, 53, 443, 5671, 6500, 50001, 50002, 50005, 50006]);
});

test('the host of the ingress is that of PUBLIC_URL, and its certificate is for it', () => {
  const { spec } = overlay('ingress').find('Ingress', 'contactsheet') as unknown as {
    spec: { rules: { host: string }[]; tls: { hosts: string[] }[] };
  };
  expect(spec.rules.map(({ host }) => host)).toEqual(['contactsheet.example.com']);
  expect(spec.tls[0]?.hosts).toEqual(['contactsheet.example.com']);
});

test('the Key Vault fills every Secret that the pod names', () => {
  const manifests = overlay('key-vault');
  const spec = manifests.find('SecretProviderClass', 'contactsheet')?.spec as {
    parameters: Record<string, string>;
    secretObjects: { secretName: string; data: { objectName: string; key: string }[] }[];
  };
  expect(spec.parameters).toMatchObject({
    keyvaultName: 'photos-vault',
    clientID: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  const objects = [...(spec.parameters.objects ?? '').matchAll(/objectName: (\S+)/g)].map(([, name]) => name);
  const filled = spec.secretObjects.map(({ secretName, data }) => [secretName, data[0]?.key]);
  expect(spec.secretObjects.map(({ data }) => data[0]?.objectName).sort()).toEqual(objects.sort());
  expect(filled).toEqual([
    ['contactsheet', 'LINK_KEY'],
    ['contactsheet-app-token', 'token'],
    ['contactsheet-sidecar-token', 'token'],
    ['contactsheet-access-keys', 'access-keys.json'],
  ]);
});

test('what is scraped is a port of the pod, under its name', () => {
  const manifests = overlay('service-monitor');
  const service = manifests.find('Service', 'contactsheet-metrics') as Resource & {
    spec: { ports: { name: string }[] };
  };
  const monitor = manifests.find('ServiceMonitor', 'contactsheet') as Resource & {
    spec: { endpoints: { port: string }[]; selector: { matchLabels: Record<string, string> } };
  };
  expect(service.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels);
  expect(service.spec.ports.map(({ name }) => name)).toEqual(monitor.spec.endpoints.map(({ port }) => port));
});
