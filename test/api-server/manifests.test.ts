import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import {
  type ApiServerPrograms,
  apiServerReady,
  API_SERVER_CURE,
  Certificates,
  findApiServer,
  Processes,
  startApiServer,
} from '../../packages/cluster/src';
import { CHECKOUT } from '../../packages/dev-stack/src/checkout';
import { type Resource, render, resourcesOf } from '../unit/kubernetes/render';

/**
 * Guarantee: a real API server, with the CRDs of Dapr and their rules, takes every manifest of `deploy` and `components`,
 * and every pod of them passes PodSecurity "restricted". etcd and kube-apiserver run; there is no node.
 */

let folder: string;
let programs: ApiServerPrograms;
let processes: Processes;
let kubeconfig: string;
let deploy: string;

interface Said {
  readonly status: number | null;
  readonly text: string;
}

function kubectl(words: readonly string[], input = ''): Said {
  const done = spawnSync(programs.kubectl, [`--kubeconfig=${kubeconfig}`, ...words], { input, encoding: 'utf8' });
  return { status: done.status, text: `${done.stdout}${done.stderr}` };
}

/** What it says that is no "created" or "configured", and nothing when all is taken. */
function refusals(resources: readonly object[]): string[] {
  const { status, text } = kubectl(
    ['apply', '--dry-run=server', '--validate=strict', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: resources }),
  );
  const lines = text.split('\n').filter((line) => line !== '' && !/ (created|configured|unchanged) /.test(line));
  return status === 0 ? lines : [...lines, `kubectl ended with ${status}`];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  const found = findApiServer(process.env);
  if (found === undefined) throw new Error(`There is no kube-apiserver here. ${API_SERVER_CURE}`);
  programs = found;
  folder = mkdtempSync(join(tmpdir(), 'contactsheet-api-server-'));
  for (const part of ['deploy', 'components']) cpSync(join(CHECKOUT, part), join(folder, part), { recursive: true });
  deploy = join(folder, 'deploy');
  const secrets = join(deploy, 'kubernetes', 'stand-ins', 'secrets');
  rmSync(secrets, { recursive: true, force: true });
  expect(spawnSync(join(deploy, 'kubernetes', 'stand-ins', 'make-secrets.sh')).status).toBe(0);
  writeAzure();

  processes = new Processes(folder);
  const port = await freePort();
  ({ kubeconfig } = await startApiServer(processes, new Certificates(join(folder, 'pki')), {
    programs,
    folder,
    address: '127.0.0.1',
    port,
    etcdPorts: { client: await freePort(), peer: await freePort() },
    services: '198.18.2.0/24',
    env: process.env,
  }));
  await apiServerReady(processes, [programs.kubectl, `--kubeconfig=${kubeconfig}`]);

  expect(kubectl(['apply', '--server-side', '-f', programs.daprCrds])).toMatchObject({ status: 0 });
  expect(kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s'])).toMatchObject({
    status: 0,
  });
  // What a dry run needs to be there. Nobody makes the account `default`, since there is no controller.
  const namespace = join(deploy, 'kubernetes', 'base', 'namespace.yaml');
  expect(kubectl(['apply', '-f', namespace])).toMatchObject({ status: 0 });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
  const accounts = [account, { ...account, metadata: { name: 'contactsheet' } }];
  for (const each of accounts)
    expect(kubectl(['-n', 'contactsheet', 'apply', '-f', '-'], JSON.stringify(each))).toMatchObject({ status: 0 });
}, 240_000);

afterAll(async () => {
  for (const name of processes?.names() ?? []) await processes.stop(name, name === 'etcd' ? 'SIGKILL' : 'SIGTERM');
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** What the overlay for Azure takes from a person, and an overlay of their own with every option. */
function writeAzure(): void {
  const azure = join(deploy, 'kubernetes', 'azure');
  const more = 'SERVICEBUS_NAMESPACE=photos.servicebus.windows.net\nKEY_VAULT_NAME=photos-vault\n';
  writeFileSync(join(azure, 'azure.env'), readFileSync(join(azure, 'azure.env.example'), 'utf8') + more);
  const own = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['../azure'],
    components: readdirSync(join(deploy, 'kubernetes', 'options')).map((name) => `../options/${name}`),
  };
  mkdirSync(join(deploy, 'kubernetes', 'mine'));
  writeFileSync(join(deploy, 'kubernetes', 'mine', 'kustomization.yaml'), JSON.stringify(own));
}

/** Kinds of products that a cluster may have besides: their CRDs are not here. */
const FOREIGN = ['monitoring.coreos.com', 'secrets-store.csi.x-k8s.io'];
const isOurs = ({ apiVersion }: Resource) => !FOREIGN.some((group) => apiVersion.startsWith(`${group}/`));

/** Folders of kustomizations, relative to `below`. */
function overlaysIn(below: string): string[] {
  return readdirSync(below, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('kustomization.yaml'))
    .filter((file) => /^kind: Kustomization$/m.test(readFileSync(join(below, file), 'utf8')))
    .map((file) => relative(below, join(below, file, '..')));
}

const OVERLAYS = [...overlaysIn(join(CHECKOUT, 'deploy')), 'kubernetes/mine'];

test('there are overlays', () => {
  const some = ['base', 'with-keys', 'stand-ins', 'azure'].map((name) => `kubernetes/${name}`);
  expect(OVERLAYS).toEqual(expect.arrayContaining(some));
});

test.each(OVERLAYS)('deploy/%s is taken', (overlay) => {
  expect(refusals(render(join(deploy, overlay)).filter(isOurs))).toEqual([]);
});

test.each(['', 'azure', 'alternatives', 'config'])('components/%s is taken', (below) => {
  const path = join(CHECKOUT, 'components', below);
  const files = readdirSync(path).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
  const resources = files.flatMap((file) => resourcesOf(readFileSync(join(path, file), 'utf8')));
  const placed = resources.map((each) => ({ ...each, metadata: { ...each.metadata, namespace: 'contactsheet' } }));
  expect(resources.length).toBeGreaterThan(0);
  // Two files may say the same component in two ways: one at a time.
  expect(placed.flatMap((each) => refusals([each]))).toEqual([]);
});

interface Template {
  readonly metadata: object;
  readonly spec: { readonly containers: readonly object[]; readonly [field: string]: unknown };
}
const WORKLOADS = ['Deployment', 'Job', 'StatefulSet', 'DaemonSet'];

/** Each pod that a workload would make, as one that stands alone. */
function podsOf(resources: readonly Resource[]) {
  return resources
    .filter(({ kind }) => WORKLOADS.includes(kind))
    .map(({ metadata: { name }, spec }) => {
      const { template } = spec as { template: Template };
      const metadata = { ...template.metadata, name, namespace: 'contactsheet' };
      const restartPolicy = template.spec.restartPolicy ?? 'Always';
      return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...template.spec, restartPolicy } };
    });
}

test('PodSecurity "restricted" admits every pod', () => {
  const pods = podsOf(render(join(deploy, 'kubernetes', 'stand-ins')));
  expect(pods.map(({ metadata }) => metadata.name).sort()).toEqual(['contactsheet', 'stand-ins', 'upload-samples']);
  expect(refusals([...pods, ...podsOf(render(join(deploy, 'kubernetes', 'mine')))])).toEqual([]);
});

test('a fault is found: a misspelt field, a rule of a CRD, a pod that may be root', () => {
  const trial = render(join(deploy, 'kubernetes', 'stand-ins'));
  const service = trial.find(({ kind }) => kind === 'Service') as Resource;
  expect(refusals([{ ...service, spec: { ...(service.spec as object), selectors: {} } }]).join()).toContain(
    'selectors',
  );

  const component = trial.find(({ kind }) => kind === 'Component') as Resource;
  expect(refusals([{ ...component, spec: { type: 'state.redis', version: 'v1' } }]).join()).toContain('metadata');

  const [pod] = podsOf(trial);
  const spec = { ...(pod as Template).spec, securityContext: { runAsNonRoot: false } };
  expect(refusals([{ ...pod, spec }]).join()).toContain('violates PodSecurity "restricted');
});
