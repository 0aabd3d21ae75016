/** Controllers, scheduler, and the one node: containerd, kubelet, kube-proxy. On top of the API server. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiServerReady, flags } from './api-server';
import type { Certificates } from './certificates';
import { run } from './command';
import { CNI_PROGRAMS } from './machine';
import { NETWORK } from './network';
import type { Processes } from './processes';

export const NODE = 'node0';

export interface NodePlan {
  readonly folder: string;
  /** Of the bundle of Kubernetes. */
  readonly programs: string;
  /** kubectl and what makes it speak to this cluster. */
  readonly kubectl: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** The socket of containerd. */
export const containerdSocket = (folder: string) => join(folder, 'containerd.sock');

/** Before the first image is imported. */
export async function startContainerd(processes: Processes, { folder, env }: NodePlan): Promise<void> {
  const cni = join(folder, 'cni');
  mkdirSync(cni, { recursive: true });
  const addresses = { type: 'host-local', dataDir: join(folder, 'addresses'), ranges: [[{ subnet: NETWORK.pods }]] };
  const pods = {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'ptp', ipMasq: false, ipam: { ...addresses, routes: [{ dst: '0.0.0.0/0' }] } },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  writeFileSync(join(cni, '10-pods.conflist'), JSON.stringify(pods));
  const cri = '[plugins."io.containerd.grpc.v1.cri"';
  const settings = [
    'version = 2',
    `root = "${join(folder, 'containerd')}"`,
    `state = "${join(folder, 'containerd-state')}"`,
    '[grpc]',
    `  address = "${containerdSocket(folder)}"`,
    `${cri}]`,
    '  sandbox_image = "localhost/pause:own"',
    // A container on a machine that lacks CAP_SYS_RESOURCE gets no lower score.
    '  restrict_oom_score_adj = true',
    '  disable_apparmor = true',
    `${cri}.containerd.runtimes.runc]`,
    '  runtime_type = "io.containerd.runc.v2"',
    `${cri}.cni]`,
    `  bin_dir = "${CNI_PROGRAMS}"`,
    `  conf_dir = "${cni}"`,
  ];
  writeFileSync(join(folder, 'containerd.toml'), `${settings.join('\n')}\n`);
  processes.start('containerd', ['containerd', '--config', join(folder, 'containerd.toml')], env);
  const version = ['--address', containerdSocket(folder), 'version'];
  await processes.ready('containerd', async () => (await run('ctr', version)) !== '');
}

/** The rest. Resolves when the node is Ready. */
export async function startNode(processes: Processes, certificates: Certificates, plan: NodePlan): Promise<void> {
  const { folder, programs, env, kubectl } = plan;
  const at = (program: string) => join(programs, program);
  const server = `https://${NETWORK.node}:6443`;
  const owners = [
    ['controller-manager', '/CN=system:kube-controller-manager', []],
    ['scheduler', '/CN=system:kube-scheduler', []],
    ['kubelet', `/O=system:nodes/CN=system:node:${NODE}`, [`IP:${NETWORK.node}`, `DNS:${NODE}`]],
    ['kube-proxy', '/CN=system:kube-proxy', []],
  ] as const;
  const configs: Record<string, string> = {};
  for (const [name, subject, names] of owners) {
    await certificates.sign(name, subject, names);
    configs[name] = certificates.writeKubeconfig(name, server);
  }
  await apiServerReady(processes, kubectl);
  const asks = (config = '') => ({
    kubeconfig: config,
    'authentication-kubeconfig': config,
    'authorization-kubeconfig': config,
    'leader-elect': 'false',
  });
  const controllers = {
    ...asks(configs['controller-manager']),
    'root-ca-file': certificates.path('ca.crt'),
    'service-account-private-key-file': certificates.path('accounts.key'),
    'use-service-account-credentials': 'true',
  };
  processes.start('kube-controller-manager', [at('kube-controller-manager'), ...flags(controllers)], env);
  processes.start('kube-scheduler', [at('kube-scheduler'), ...flags(asks(configs.scheduler))], env);

  writeFileSync(join(folder, 'resolv.conf'), '');
  writeFileSync(join(folder, 'kubelet.json'), JSON.stringify(kubeletSettings(folder, certificates)));
  writeFileSync(join(folder, 'kube-proxy.json'), JSON.stringify(proxySettings(configs['kube-proxy'] ?? '')));
  startKubelet(processes, certificates, plan);
  processes.start('kube-proxy', [at('kube-proxy'), `--config=${join(folder, 'kube-proxy.json')}`], env);
  const [program = '', ...words] = kubectl;
  const condition = ['get', 'node', NODE, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'];
  await processes.ready('kubelet', async () => (await run(program, [...words, ...condition])) === 'True');
}

/** Also after it was stopped. */
export function startKubelet(
  processes: Processes,
  certificates: Certificates,
  { folder, programs, env }: Pick<NodePlan, 'folder' | 'programs' | 'env'>,
): void {
  const settings = {
    kubeconfig: certificates.path('kubelet.kubeconfig'),
    config: join(folder, 'kubelet.json'),
    'hostname-override': NODE,
    'node-ip': NETWORK.node,
    'root-dir': join(folder, 'kubelet'),
  };
  // The volumes of a pod are mounts of the kubelet, which containerd must see.
  processes.start('kubelet', [join(programs, 'kubelet'), ...flags(settings)], env, 'containerd');
}

function kubeletSettings(folder: string, certificates: Certificates): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: NETWORK.node,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: certificates.path('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: certificates.path('kubelet.crt'),
    tlsPrivateKeyFile: certificates.path('kubelet.key'),
    cgroupDriver: 'cgroupfs',
    enforceNodeAllocatable: [],
    failSwapOn: false,
    failCgroupV1: false,
    clusterDomain: 'cluster.local',
    clusterDNS: [NETWORK.dns],
    containerRuntimeEndpoint: `unix://${containerdSocket(folder)}`,
    resolvConf: join(folder, 'resolv.conf'),
    podLogsDir: join(folder, 'pod-logs'),
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'nodefs.inodesFree': '1%',
      'imagefs.available': '1%',
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    maxPods: 60,
  };
}

function proxySettings(kubeconfig: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig },
    clusterCIDR: NETWORK.pods,
    hostnameOverride: NODE,
    nodePortAddresses: ['198.18.0.0/24'],
    // These belong to the machine, and cannot be set in a namespace.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}
