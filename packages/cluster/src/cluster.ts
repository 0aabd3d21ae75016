/**
 * A Kubernetes of one node on this machine, with Dapr and the trial of deploy/kubernetes.
 *
 * I1 `down` leaves no process, namespace, mount, cgroup or file, and sets the kernel's values back, whoever brought it up
 *    and however far that came.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireRuntime, Problem, removeTree } from '@contactsheet/dev-stack';
import { findApiServer, findKubectl, startApiServer } from './api-server';
import type { Bundle } from './bundle';
import { coredns, dapr, helm, kubectl as kubectlBundle, kubernetes } from './bundles';
import { Certificates } from './certificates';
import { removeContainers } from './containers';
import { installDapr } from './dapr';
import { Images } from './images';
import { createKubectl, type Kubectl } from './kubectl';
import {
  checkMachine,
  installPrograms,
  rememberKernelValues,
  removeCgroups,
  restoreKernelValues,
  unmountBelow,
} from './machine';
import { createNetwork, INSIDE, NETWORK, removeNetwork } from './network';
import { startContainerd, startKubelet, startNode } from './node';
import { Processes } from './processes';
import { type Acquisition, acquireBundles } from './programs';
import { startTrial } from './trial';
import { DAPR } from './versions';

const API_PORT = 6443;

/** A cluster that is up. */
export interface Cluster {
  readonly folder: string;
  readonly kubectl: Kubectl;
  readonly processes: Processes;
  /** The kubelet again, after its process was stopped. */
  startKubelet(): void;
}

/** Everything of a cluster; one a machine, because its namespaces and cgroups have fixed names. */
export const clusterFolder = () => join(tmpdir(), 'contactsheet-cluster');
/** What is written when all of it is up. */
const record = () => join(clusterFolder(), 'cluster.json');

/** Builds what is not cached. Needs no root. */
export async function buildPrograms(acquisition: Acquisition): Promise<void> {
  await acquireBundles(bundlesOf(acquisition.env), acquisition);
  if (findApiServer(acquisition.env) === undefined) {
    acquisition.say(
      'The programs are built. `npm test` needs etcd besides (Debian: `sudo apt-get install etcd-server`).',
    );
  }
}

function bundlesOf(env: NodeJS.ProcessEnv): readonly Bundle[] {
  const own = findKubectl(env) === undefined ? [kubectlBundle] : [];
  return [kubernetes, coredns, dapr, helm, ...own];
}

/** @throws Problem with the cure. What was started by then is for `takeDown`. */
export async function bringUp(acquisition: Acquisition): Promise<Cluster> {
  const { env, say, signal } = acquisition;
  checkMachine();
  const folder = clusterFolder();
  if (existsSync(folder)) {
    throw new Problem(`There is a cluster already: ${folder}.`, 'Take it down with `npm run cluster -- down`.');
  }
  await installPrograms(env, say);
  const [programs = '', dns = '', control = '', helmFolder = ''] = await acquireBundles(bundlesOf(env), acquisition);
  const runtime = await acquireRuntime(acquisition);
  const kubectlProgram = findKubectl(env) ?? '';

  mkdirSync(folder);
  chmodSync(folder, 0o755);
  await rememberKernelValues(folder);
  const images = new Images({ folder, env, signal, say });
  await images.buildApplication();
  say('Building the images of Dapr and Kubernetes ...');
  const ofDapr = { ...only(control, 'operator', 'injector', 'sentry'), ...runtime };
  for (const name of ['operator', 'injector', 'sentry', 'placement', 'scheduler', 'daprd'] as const) {
    await images.ofProgram(`localhost/dapr/${name}:${DAPR}`, ofDapr[name], name);
  }
  await images.ofProgram('localhost/pause:own', join(programs, 'pause'));
  await images.ofProgram('localhost/coredns:own', join(dns, 'coredns'));

  say('Starting Kubernetes ...');
  await createNetwork();
  const processes = new Processes(folder, INSIDE);
  const certificates = new Certificates(join(folder, 'pki'));
  const { kubeconfig } = await startApiServer(processes, certificates, {
    programs: { etcd: 'etcd', apiServer: join(programs, 'kube-apiserver') },
    folder,
    address: NETWORK.node,
    port: API_PORT,
    etcdPorts: { client: 2379, peer: 2380 },
    services: NETWORK.services,
    env,
  });
  const plan = { folder, programs, env, kubectl: [...INSIDE, kubectlProgram, `--kubeconfig=${kubeconfig}`] };
  await startContainerd(processes, plan);
  await startNode(processes, certificates, plan);
  say('Bringing the images into containerd ...');
  await images.import();
  rmSync(join(folder, 'images', 'layout'), { recursive: true });

  const kubectl = createKubectl(kubectlProgram, kubeconfig);
  say(`Installing Dapr ${DAPR} from its chart ...`);
  const chart = join(control, 'chart');
  await installDapr({ folder, kubectl, kubeconfig, chart, helm: join(helmFolder, 'helm'), env });
  say('Starting the trial of deploy/kubernetes ...');
  await startTrial(folder, kubectl);
  writeFileSync(record(), JSON.stringify({ programs, kubectl: kubectlProgram, kubeconfig } satisfies Written));
  return openCluster(env);
}

interface Written {
  readonly programs: string;
  readonly kubectl: string;
  readonly kubeconfig: string;
}

const only = (folder: string, ...names: readonly ('operator' | 'injector' | 'sentry')[]) =>
  Object.fromEntries(names.map((name) => [name, join(folder, name)])) as Record<
    'operator' | 'injector' | 'sentry',
    string
  >;

/** The cluster that is up. @throws Problem when there is none */
export function openCluster(env: NodeJS.ProcessEnv): Cluster {
  const folder = clusterFolder();
  if (!existsSync(record())) {
    throw new Problem('There is no cluster that is up.', 'Bring it up with `npm run cluster -- up`.');
  }
  const { programs, kubectl, kubeconfig } = JSON.parse(readFileSync(record(), 'utf8')) as Written;
  const processes = new Processes(folder, INSIDE);
  const certificates = new Certificates(join(folder, 'pki'));
  return {
    folder,
    processes,
    kubectl: createKubectl(kubectl, kubeconfig),
    startKubelet: () => startKubelet(processes, certificates, { folder, programs, env }),
  };
}

/** I1. Without a cluster it does nothing. */
export async function takeDown(): Promise<void> {
  const folder = clusterFolder();
  if (!existsSync(folder)) return;
  const processes = new Processes(folder, INSIDE);
  // The kubelet first: it would start again what ends.
  for (const name of ['kubelet', 'kube-proxy', 'kube-scheduler', 'kube-controller-manager', 'kube-apiserver']) {
    await processes.stop(name);
  }
  await processes.stop('etcd', 'SIGKILL'); // Its data goes too.
  if (processes.pid('containerd') !== undefined) await removeContainers(folder);
  await processes.stop('containerd');
  await unmountBelow(folder);
  removeCgroups();
  await removeNetwork();
  await restoreKernelValues(folder);
  removeTree(folder);
}
