/**
 * What the cluster is made of, from modules that the Go checksum database knows: no registry of images, no release.
 *
 * I1 What is built is what is published: the Go tool checks every module.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '@contactsheet/dev-stack';
import type { Bundle, Workshop } from './bundle';
import { COREDNS, DAPR, HELM, KUBERNETES } from './versions';

const SMALL = '-s -w';
const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'];
/** daprd, placement and scheduler are those of the launcher. */
const DAPR_PROGRAMS = ['operator', 'injector', 'sentry'];

export const kubernetes: Bundle = {
  name: `kubernetes-${KUBERNETES}`,
  files: [...CONTROL_PLANE, 'pause'],
  async build(workshop) {
    const { target, step } = workshop;
    await buildOfKubernetes(workshop, CONTROL_PLANE);
    step('building pause');
    await buildOwn(workshop, 'pause', join(target, 'pause'));
  },
};

/** For machines without a kubectl. */
export const kubectl: Bundle = {
  name: `kubectl-${KUBERNETES}`,
  files: ['kubectl'],
  build: (workshop) => buildOfKubernetes(workshop, ['kubectl']),
};

export const coredns: Bundle = {
  name: `coredns-${COREDNS}`,
  files: ['coredns'],
  async build(workshop) {
    workshop.step('building CoreDNS');
    await buildOwn(workshop, 'coredns', join(workshop.target, 'coredns'), `github.com/coredns/coredns v${COREDNS}`);
  },
};

/** Dapr's control plane, its chart and its CRDs. */
export const dapr: Bundle = {
  name: `dapr-${DAPR}`,
  files: [...DAPR_PROGRAMS, 'chart/Chart.yaml', 'chart/crds/components.yaml'],
  async build({ target, work, go, step }) {
    const source = await folderOf({ go, work }, 'github.com/dapr/dapr', DAPR);
    cpSync(join(source, 'charts', 'dapr'), join(target, 'chart'), { recursive: true });
    const flags = `${SMALL} -X github.com/dapr/dapr/pkg/buildinfo.version=${DAPR}`;
    for (const program of DAPR_PROGRAMS) {
      step(`building ${program} of Dapr`);
      await go(['build', '-trimpath', '-ldflags', flags, '-o', join(target, program), `./cmd/${program}`], source);
    }
  },
};

export const helm: Bundle = {
  name: `helm-${HELM}`,
  files: ['helm'],
  async build({ target, work, go, step }) {
    step('building Helm');
    const source = await folderOf({ go, work }, 'helm.sh/helm/v3', HELM);
    await go(['build', '-trimpath', '-ldflags', SMALL, '-o', join(target, 'helm'), './cmd/helm'], source);
  },
};

/** The unpacked module. */
async function folderOf({ go, work }: Pick<Workshop, 'go' | 'work'>, module: string, version: string) {
  const { Dir } = JSON.parse(await go(['mod', 'download', '-json', `${module}@v${version}`], work)) as { Dir: string };
  return Dir;
}

interface ModuleFile {
  readonly Go: string;
  readonly Replace: readonly { readonly Old: { readonly Path: string } }[] | null;
}

/**
 * k8s.io/kubernetes replaces its staging modules by folders that the archive of a module does not hold. A module around it
 * replaces them by what is published under their names: version 1.X.Y of Kubernetes is version 0.X.Y of each.
 */
async function buildOfKubernetes(workshop: Workshop, programs: readonly string[]): Promise<void> {
  const { target, work, go, step } = workshop;
  step(`downloading Kubernetes ${KUBERNETES}`);
  const source = await folderOf(workshop, 'k8s.io/kubernetes', KUBERNETES);
  const { Go, Replace } = JSON.parse(await go(['mod', 'edit', '-json', join(source, 'go.mod')], work)) as ModuleFile;
  const staging = (Replace ?? []).map(({ Old }) => `${Old.Path} => ${Old.Path} v${KUBERNETES.replace(/^1/, '0')}`);
  const paths = programs.map((program) => `k8s.io/kubernetes/cmd/${program}`);
  const module = [
    'module contactsheet/kubernetes',
    `go ${Go}`,
    `require k8s.io/kubernetes v${KUBERNETES}`,
    ...paths.map((path) => `tool ${path}`),
    ...staging.map((each) => `replace ${each}`),
  ];
  writeFileSync(join(work, 'go.mod'), `${module.join('\n')}\n`);
  await go(['mod', 'tidy'], work);
  const [major, minor] = KUBERNETES.split('.');
  const version = { gitVersion: `v${KUBERNETES}`, gitMajor: major, gitMinor: minor };
  const said = Object.entries(version).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  for (const [n, path] of paths.entries()) {
    step(`building ${programs[n]}`);
    const flags = [SMALL, ...said].join(' ');
    await go(['build', '-trimpath', '-ldflags', flags, '-o', join(target, programs[n] ?? ''), path], work);
  }
}

/** A program whose source is ours. */
async function buildOwn({ work, go }: Workshop, name: string, output: string, requires?: string): Promise<void> {
  const folder = join(work, name);
  mkdirSync(folder);
  cpSync(join(CHECKOUT, 'packages', 'cluster', 'go', name), folder, { recursive: true });
  const required = requires === undefined ? [] : [`require ${requires}`];
  writeFileSync(join(folder, 'go.mod'), ['module contactsheet/own', 'go 1.24', ...required, ''].join('\n'));
  if (requires !== undefined) await go(['mod', 'tidy'], folder);
  await go(['build', '-trimpath', '-ldflags', SMALL, '-o', output, '.'], folder);
}
