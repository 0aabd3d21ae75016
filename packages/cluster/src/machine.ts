/**
 * What the cluster needs of the machine, and gives back.
 *
 * I1 The kubelet sets kernel values for the whole machine. They are written down before, and set back at the end.
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '@contactsheet/dev-stack';
import { run } from './command';
import { findProgram } from './search-path';

/** Program and the package of Debian that has it. */
const PACKAGES = {
  etcd: 'etcd-server',
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  buildah: 'buildah',
  mmdebstrap: 'mmdebstrap',
  iptables: 'iptables',
  conntrack: 'conntrack',
  openssl: 'openssl',
  ip: 'iproute2',
  nsenter: 'util-linux',
} as const;
export const CNI_PROGRAMS = '/usr/lib/cni';
const KERNEL_VALUES = ['vm.overcommit_memory', 'kernel.panic', 'kernel.panic_on_oops'];

/** @throws Problem where the cluster cannot run */
export function checkMachine(): void {
  if (process.platform === 'linux' && process.getuid?.() === 0) return;
  throw new Problem(
    'The cluster runs as root on Linux only: it makes network namespaces, mounts and cgroups.',
    'Run it as root in a virtual machine. `npm run cluster -- build` needs neither.',
  );
}

/** Installs what is missing with apt-get. @throws Problem where that cannot be */
export async function installPrograms(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  const missing = Object.entries(PACKAGES).flatMap(([program, name]) => (findProgram(program, env) ? [] : [name]));
  if (!existsSync(join(CNI_PROGRAMS, 'ptp'))) missing.push('containernetworking-plugins' as never);
  if (missing.length === 0) return;
  const packages = [...new Set(missing)];
  const cure = `Install what Debian calls ${packages.join(', ')}.`;
  if (!existsSync('/etc/debian_version')) throw new Problem('Programs are missing.', cure);
  say(`Installing ${packages.join(', ')}: apt-get ...`);
  const asked = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
  await run('apt-get', ['update', '-qq'], asked);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], asked);
}

export async function rememberKernelValues(folder: string): Promise<void> {
  const lines = await Promise.all(
    KERNEL_VALUES.map(async (name) => `${name}=${(await run('sysctl', ['-n', name])).trim()}`),
  );
  writeFileSync(join(folder, 'kernel-values'), lines.join('\n'));
}

/** I1 */
export async function restoreKernelValues(folder: string): Promise<void> {
  const file = join(folder, 'kernel-values');
  if (!existsSync(file)) return;
  for (const line of readFileSync(file, 'utf8').split('\n')) await run('sysctl', ['-qw', line]);
}

/** Ends every mount below the folder, the deepest first. */
export async function unmountBelow(folder: string): Promise<void> {
  const points = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.sort().reverse()) await run('umount', ['--lazy', point]).catch(() => undefined);
}

/** Removes the cgroups that the kubelet makes: they are empty when nothing runs any more. */
export function removeCgroups(): void {
  const root = '/sys/fs/cgroup';
  const parents = [root, ...readdirSync(root).map((name) => join(root, name))];
  for (const group of parents.map((parent) => join(parent, 'kubepods'))) {
    if (existsSync(group)) removeGroup(group);
  }
}

function removeGroup(group: string): void {
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(group, entry.name));
  }
  rmdirSync(group);
}
