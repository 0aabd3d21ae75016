import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';
import { readConfig } from '../../../src/config';
import { readKeysFile } from '../../../src/domain/access/access-key';
import { APP_ID } from '../../../src/names';
import { componentFaultsOf } from './component-metadata';
import { containersOf, Manifests, named } from './manifests';
import { type Resource, render, resourcesOf } from './render';
import { faultsOf } from './schemas';

/** Guarantee: every manifest is taken by Kubernetes and Dapr, and a pod of them has what the application asks for. */

let folder: string;
let trial: Manifests;

beforeAll(() => {
  // A copy, because the secrets of a trial lie beside its manifests.
  folder = mkdtempSync(join(tmpdir(), 'contactsheet-manifests-'));
  for (const part of ['deploy', 'components']) cpSync(join(CHECKOUT, part), join(folder, part), { recursive: true });
  rmSync(join(folder, 'deploy/kubernetes/stand-ins/secrets'), { recursive: true, force: true });
  execFileSync(join(folder, 'deploy/kubernetes/stand-ins/make-secrets.sh'));
  trial = new Manifests(render(join(folder, 'deploy/kubernetes/stand-ins')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
jest.setTimeout(600_000); // where kustomize is built first

const app = () => trial.pod('Deployment', 'contactsheet');

test.each(['base', 'with-keys', 'delivery', 'stand-ins'])('%s is what Kubernetes and Dapr take', (overlay) => {
  const faults = render(join(folder, 'deploy/kubernetes', overlay)).flatMap(faultsOf);
  expect(faults).toEqual([]);
});

test.each(['', 'azure', 'alternatives', 'config'])('components/%s is what the CRDs of Dapr take', (below) => {
  const path = join(CHECKOUT, 'components', below);
  const files = readdirSync(path).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
  const resources = files.flatMap((file) => resourcesOf(readFileSync(join(path, file), 'utf8')));
  expect(resources.flatMap(faultsOf)).toEqual([]);
  expect(resources.flatMap(componentFaultsOf)).toEqual([]);
});

test('a misspelt field of Kubernetes or Dapr is found', () => {
  const service = { ...(trial.find('Service', 'contactsheet') as Resource), spec: { selectors: {} } };
  expect(faultsOf(service).join()).toContain('selectors');
  const component = { ...(trial.find('Component', 'pubsub') as Resource), scope: [] };
  expect(faultsOf(component as Resource).join()).toContain('scope');
  const store = trial.find('Component', 'statestore') as Resource & { spec: { metadata: object[] } };
  const misspelt = { ...store, spec: { ...store.spec, metadata: [{ name: 'databases', value: 'AnalysisResult' }] } };
  expect(componentFaultsOf(misspelt).join()).toMatch(/databases is unknown.*url is missing/);
});

test('the application and the schema job start with the environment of their containers', () => {
  for (const name of ['app', 'schema']) {
    const env = { NODE_ENV: 'production', ...trial.environmentOf(named(app(), name)) };
    const config = readConfig(env);
    expect(config.auth.modes).toEqual(['keys']);
    expect(config.api.hosts.names).toContain('contactsheet.contactsheet.svc.cluster.local');
  }
});

test('the sidecar finds every value that a component reads of its environment', () => {
  const handed = trial.sidecarEnvironment(app());
  expect(Object.values(handed).filter((value) => value.startsWith('no '))).toEqual([]);
  expect(trial.resources.filter(({ kind }) => kind === 'Component')).toHaveLength(4);
  expect(new Set(Object.keys(handed))).toEqual(trial.variablesOfComponents());
});

test('what the pod names is there: secrets, settings, volumes, configuration', () => {
  const { annotations } = app().metadata;
  for (const name of ['dapr.io/api-token-secret', 'dapr.io/app-token-secret']) {
    expect(trial.valuesOf('Secret', annotations[name] ?? '').token).toMatch(/^[0-9a-f]{64}$/);
  }
  expect(trial.find('Configuration', annotations['dapr.io/config'] ?? '')).toBeDefined();
  expect(annotations['dapr.io/app-id']).toBe(APP_ID);
  for (const pod of [app(), trial.pod('Deployment', 'stand-ins'), trial.pod('Job', 'upload-samples')]) {
    const volumes = (pod.spec.volumes ?? []) as { name: string; secret?: object; configMap?: { name: string } }[];
    for (const { name } of containersOf(pod).flatMap((each) => each.volumeMounts ?? [])) {
      expect(volumes.map((volume) => volume.name)).toContain(name);
    }
    for (const { secret, configMap } of volumes) {
      if (secret) expect(trial.find('Secret', (secret as { secretName: string }).secretName)).toBeDefined();
      if (configMap) expect(trial.find('ConfigMap', configMap.name)).toBeDefined();
    }
  }
});

test('every pod keeps the rules of PodSecurity "restricted"', () => {
  const pods = trial.pods();
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
  const { keys } = readKeysFile(
    JSON.parse(trial.valuesOf('Secret', 'contactsheet-access-keys')['access-keys.json'] ?? ''),
  );
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
