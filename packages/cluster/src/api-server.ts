/** etcd and kube-apiserver: what says whether Kubernetes takes a manifest. The node comes on top of it (node.ts). */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findBundle } from './bundle';
import { dapr, kubectl, kubernetes } from './bundles';
import type { Certificates } from './certificates';
import { run } from './command';
import type { Processes } from './processes';
import { findProgram } from './search-path';

export interface ApiServerPrograms {
  readonly etcd: string;
  readonly apiServer: string;
  readonly kubectl: string;
  /** The folder of Dapr's CRDs. */
  readonly daprCrds: string;
}

/** undefined where something of it is missing; nothing is built. */
export function findApiServer(env: NodeJS.ProcessEnv): ApiServerPrograms | undefined {
  const programs = findBundle(kubernetes, env);
  const chart = findBundle(dapr, env);
  const etcd = findProgram('etcd', env);
  const client = findKubectl(env);
  if (!programs || !chart || !etcd || !client) return undefined;
  return {
    etcd,
    apiServer: join(programs, 'kube-apiserver'),
    kubectl: client,
    daprCrds: join(chart, 'chart', 'crds'),
  };
}

/** That of the machine, or the one that was built for want of it. */
export function findKubectl(env: NodeJS.ProcessEnv): string | undefined {
  const built = findBundle(kubectl, env);
  return findProgram('kubectl', env) ?? (built && join(built, 'kubectl'));
}

/** How to get it, as one sentence. */
export const API_SERVER_CURE =
  'Install etcd (Debian: `sudo apt-get install etcd-server`) and run `npm run cluster -- build`: with Go, about ten minutes of computing, once.';

export interface ApiServerPlan {
  readonly programs: Pick<ApiServerPrograms, 'etcd' | 'apiServer'>;
  /** For the data of etcd. */
  readonly folder: string;
  /** Where it listens, and how its clients know it. */
  readonly address: string;
  readonly port: number;
  readonly etcdPorts: { readonly client: number; readonly peer: number };
  /** Of services, such as `198.18.2.0/24`; the first address is that of the API server itself. */
  readonly services: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Starts both and waits for them. Makes `admin.kubeconfig` among the certificates. */
export async function startApiServer(processes: Processes, certificates: Certificates, plan: ApiServerPlan) {
  const { programs, address, port, etcdPorts, services, folder, env } = plan;
  const data = join(folder, 'etcd');
  mkdirSync(data, { recursive: true });
  const own = services.replace(/\.0\/\d+$/, '.1');
  const domains = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const names = [`IP:${address}`, 'IP:127.0.0.1', `IP:${own}`, ...domains.map((name) => `DNS:${name}`)];
  await certificates.createAuthority();
  await certificates.createAccountKeys();
  await certificates.sign('apiserver', '/CN=kube-apiserver', names);
  await certificates.sign('admin', '/O=system:masters/CN=admin');
  const kubeconfig = certificates.writeKubeconfig('admin', `https://${address}:${port}`);

  const client = `http://127.0.0.1:${etcdPorts.client}`;
  const peer = `http://127.0.0.1:${etcdPorts.peer}`;
  const stored = {
    name: 'own',
    'data-dir': data,
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `own=${peer}`,
  };
  processes.start('etcd', [programs.etcd, ...flags(stored), '--unsafe-no-fsync'], env);
  const at = (file: string) => certificates.path(file);
  const served = {
    'advertise-address': address,
    'bind-address': address,
    'secure-port': String(port),
    'etcd-servers': client,
    'service-cluster-ip-range': services,
    'authorization-mode': 'Node,RBAC',
    'client-ca-file': at('ca.crt'),
    'tls-cert-file': at('apiserver.crt'),
    'tls-private-key-file': at('apiserver.key'),
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': at('accounts.pub'),
    'service-account-signing-key-file': at('accounts.key'),
    'kubelet-client-certificate': at('admin.crt'),
    'kubelet-client-key': at('admin.key'),
    // Else it looks up the name of the node for logs and exec.
    'kubelet-preferred-address-types': 'InternalIP',
    'enable-admission-plugins': 'NodeRestriction',
    profiling: 'false',
  };
  processes.start('kube-apiserver', [programs.apiServer, ...flags(served)], env);
  return { kubeconfig };
}

/** Words that a program of Kubernetes takes. */
export function flags(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

/** Resolves when the API server answers `prefix` kubectl. */
export async function apiServerReady(processes: Processes, kubectlCommand: readonly string[]): Promise<void> {
  const [program = '', ...words] = kubectlCommand;
  await processes.ready(
    'kube-apiserver',
    async () => (await run(program, [...words, 'get', '--raw', '/readyz'])) === 'ok',
  );
}
