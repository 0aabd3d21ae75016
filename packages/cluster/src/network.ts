/**
 * A network namespace with no way out: what is meant for the address of a service can never leave through the machine.
 *
 * I1 nsenter, not `ip netns exec`: the latter mounts another /sys, which hides the cgroups, and gives every call a mount
 *    namespace of its own, so that kubelet and containerd no longer see the same mounts.
 */
import { existsSync } from 'node:fs';
import { run } from './command';

/** From the range for tests of devices (RFC 2544): nobody routes it. */
export const NETWORK = {
  name: 'contactsheet-cluster',
  node: '198.18.0.1',
  pods: '198.18.1.0/24',
  services: '198.18.2.0/24',
  dns: '198.18.2.10',
} as const;
const NOWHERE = '198.18.0.254';
const FILE = `/run/netns/${NETWORK.name}`;

/** Words before a command that runs inside. */
export const INSIDE: readonly string[] = ['nsenter', `--net=${FILE}`]; // I1

export async function createNetwork(): Promise<void> {
  await run('ip', ['netns', 'add', NETWORK.name]);
  const steps = [
    ['ip', 'link', 'set', 'lo', 'up'],
    ['ip', 'link', 'add', 'node0', 'type', 'veth', 'peer', 'name', 'node0-peer'],
    ['ip', 'address', 'add', `${NETWORK.node}/24`, 'dev', 'node0'],
    ['ip', 'link', 'set', 'node0', 'up'],
    ['ip', 'link', 'set', 'node0-peer', 'up'],
    // Without a default route a connection to a service fails before iptables sees it.
    ['ip', 'route', 'add', 'default', 'via', NOWHERE, 'dev', 'node0'],
    ['sysctl', '-qw', 'net.ipv4.ip_forward=1'],
  ];
  for (const step of steps) await inside(step);
}

/** The namespaces of the pods too. */
export async function removeNetwork(): Promise<void> {
  const names = (await run('ip', ['netns', 'list'])).split('\n').map((line) => line.split(' ')[0] ?? '');
  for (const name of names.filter((each) => each.startsWith('cni-'))) await run('ip', ['netns', 'delete', name]);
  if (existsSync(FILE)) await run('ip', ['netns', 'delete', NETWORK.name]);
}

/** Runs a program in the namespace. */
export function inside(command: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<string> {
  const [program = '', ...words] = [...INSIDE, ...command];
  return run(program, words, options);
}
