import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';
import { readConfig } from '../../../src/config';
import { readKeysFile } from '../../../src/domain/access/access-key';
import { APP_ID } from '../../../src/names';
import { type Resource, render, resourcesOf } from './render';
import { faultsOf } from './schemas';

/** Guarantee: every manifest is taken by Kubernetes and Dapr, and a pod of them has what the application asks for. */

let folder: string;
let trial: Resource[];

beforeAll(() => {
  // A copy, because the secrets of a trial lie beside its manifests.
  folder = mkdtempSync(join(tmpdir(), 'contactsheet-manifests-'));
  for (const part of ['deploy', 'components']) cpSync(join(CHECKOUT, part), join(folder, part), { recursive: true });
  rmSync(join(folder, 'deploy/kubernetes/stand-ins/secrets'), { recursive: true, force: true });
  execFileSync(join(folder, 'deploy/kubernetes/stand-ins/make-secrets.sh'));
  trial = render(join(folder, 'deploy/kubernetes/stand-ins'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
jest.setTimeout(600_000); // where kustomize is built first

interface Container {
  readonly name: string;
  readonly image: string;
  readonly securityContext?: object;
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
  }[];
  readonly envFrom?: readonly { readonly secretRef?: { name: string }; readonly configMapRef?: { name: string } }[];
  readonly volumeMounts?: readonly { readonly name: string }[];
}
interface PodTemplate {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly securityContext?: object;
    readonly automountServiceAccountToken?: boolean;
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes?: readonly object[];
  };
}

const find = (kind: string, name: string) => trial.find((each) => each.kind === kind && each.metadata.name === name);
const podOf = (resource: Resource | undefined) =>
  (resource as { spec?: { template: PodTemplate } })?.spec?.template as PodTemplate;
const app = () => podOf(find('Deployment', 'contactsheet'));
const containersOf = ({ spec }: PodTemplate) => [...(spec.initContainers ?? []), ...spec.containers];
const named = (pod: PodTemplate, name: string) => containersOf(pod).find((each) => each.name === name) as Container;
/** Of a Secret, decoded; of a ConfigMap, as it is. */
function valuesOf(kind: 'Secret' | 'ConfigMap', name: string): Record<string, string> {
  const data = (find(kind, name)?.data ?? {}) as Record<string, string>;
  if (kind === 'ConfigMap') return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

/** The environment that a container gets, as the kubelet puts it together. */
function environmentOf(container: Container): Record<string, string> {
  const from = (container.envFrom ?? []).map(({ secretRef, configMapRef }) =>
    secretRef ? valuesOf('Secret', secretRef.name) : valuesOf('ConfigMap', configMapRef?.name ?? ''),
  );
  const own = (container.env ?? []).map(({ name, value, valueFrom }) => {
    const ref = valueFrom?.secretKeyRef;
    return [name, ref ? valuesOf('Secret', ref.name)[ref.key] : value] as const;
  });
  return Object.assign({}, ...from, Object.fromEntries(own));
}

test.each(['base', 'with-keys', 'delivery', 'stand-ins'])('%s is what Kubernetes and Dapr take', (overlay) => {
  const faults = render(join(folder, 'deploy/kubernetes', overlay)).flatMap(faultsOf);
  expect(faults).toEqual([]);
});

test.each(['', 'azure', 'alternatives', 'config'])('components/%s is what the CRDs of Dapr take', (below) => {
  const path = join(CHECKOUT, 'components', below);
  const files = readdirSync(path).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
  const resources = files.flatMap((file) => resourcesOf(readFileSync(join(path, file), 'utf8')));
  expect(resources.flatMap(faultsOf)).toEqual([]);
});

test('a misspelt field of Kubernetes or Dapr is found', () => {
  const service = { ...(find('Service', 'contactsheet') as Resource), spec: { selectors: {} } };
  expect(faultsOf(service).join()).toContain('selectors');
  const component = { ...(find('Component', 'pubsub') as Resource), scope: [] };
  expect(faultsOf(component as Resource).join()).toContain('scope');
});

test('the application and the schema job start with the environment of their containers', () => {
  for (const name of ['app', 'schema']) {
    const env = { NODE_ENV: 'production', ...environmentOf(named(app(), name)) };
    const config = readConfig(env);
    expect(config.auth.modes).toEqual(['keys']);
    expect(config.api.hosts.names).toContain('contactsheet.contactsheet.svc.cluster.local');
  }
});

test('the sidecar finds every value that a component reads of its environment', () => {
  const handed = new Set(
    (app().metadata.annotations['dapr.io/env-from-secret'] ?? '').split(',').map((entry) => {
      const [variable, secret, key] = entry.split(/[=:]/);
      expect(valuesOf('Secret', secret ?? '')).toHaveProperty(key ?? '');
      return variable;
    }),
  );
  const components = trial.filter(({ kind }) => kind === 'Component');
  const read = components.flatMap(({ spec }) =>
    (spec as { metadata: { envRef?: string; secretKeyRef?: object }[] }).metadata.map((entry) => {
      expect(entry.secretKeyRef).toBeUndefined();
      return entry.envRef;
    }),
  );
  const needed = new Set(read.filter((name) => name !== undefined));
  expect(components).toHaveLength(4);
  expect(handed).toEqual(needed);
});

test('what the pod names is there: secrets, settings, volumes, configuration', () => {
  const { annotations } = app().metadata;
  for (const name of ['dapr.io/api-token-secret', 'dapr.io/app-token-secret']) {
    expect(valuesOf('Secret', annotations[name] ?? '').token).toMatch(/^[0-9a-f]{64}$/);
  }
  expect(find('Configuration', annotations['dapr.io/config'] ?? '')).toBeDefined();
  expect(annotations['dapr.io/app-id']).toBe(APP_ID);
  for (const pod of [app(), podOf(find('Deployment', 'stand-ins')), podOf(find('Job', 'upload-samples'))]) {
    const volumes = (pod.spec.volumes ?? []) as { name: string; secret?: object; configMap?: { name: string } }[];
    for (const { name } of containersOf(pod).flatMap((each) => each.volumeMounts ?? [])) {
      expect(volumes.map((volume) => volume.name)).toContain(name);
    }
    for (const { secret, configMap } of volumes) {
      if (secret) expect(find('Secret', (secret as { secretName: string }).secretName)).toBeDefined();
      if (configMap) expect(find('ConfigMap', configMap.name)).toBeDefined();
    }
  }
});

test('every pod keeps the rules of PodSecurity "restricted"', () => {
  const pods = trial.filter(({ kind }) => kind === 'Deployment' || kind === 'Job').map(podOf);
  expect(pods).toHaveLength(3);
  for (const pod of pods) {
    expect(pod.spec.automountServiceAccountToken).toBe(false);
    expect(pod.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const container of containersOf(pod)) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  }
});

test('the application is stopped before its sidecar, and its sidecar before the component', () => {
  const { spec, metadata } = app();
  expect(metadata.annotations['dapr.io/enable-native-sidecar']).toBe('true');
  expect(spec.initContainers?.map(({ name }) => name)).toEqual(['schema', 'pubsub']); // the injector appends daprd
  expect(named(app(), 'pubsub')).toMatchObject({ restartPolicy: 'Always' });
});

test('the key that a trial prints is the key that its file knows', () => {
  const { keys } = readKeysFile(JSON.parse(valuesOf('Secret', 'contactsheet-access-keys')['access-keys.json'] ?? ''));
  const key = readFileSync(join(folder, 'deploy/kubernetes/stand-ins/secrets/api-key'), 'utf8').trim();
  expect(key.startsWith(`cs_${keys[0]?.id}_`)).toBe(true);
  expect(keys[0]?.roles).toEqual(['admin']);
});

test('the secrets of a trial are drawn once, and nobody else reads them', () => {
  const path = join(folder, 'deploy/kubernetes/stand-ins/secrets/app-token');
  const before = readFileSync(path, 'utf8');
  execFileSync(join(folder, 'deploy/kubernetes/stand-ins/make-secrets.sh'));
  expect(readFileSync(path, 'utf8')).toBe(before);
});
