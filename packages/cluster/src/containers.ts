import { run } from './command';
import { containerdSocket } from './node';

/** A container that runs. */
export interface RunningContainer {
  readonly id: string;
  /** The process, as the machine counts. */
  readonly pid: number;
}

/** Words of a call of containerd. */
export const ctr = (folder: string): readonly string[] => [
  '--address',
  containerdSocket(folder),
  '--namespace',
  'k8s.io',
];

/** The running containers of one name in one pod. */
export async function containersOf(folder: string, pod: string, container: string): Promise<RunningContainer[]> {
  const labels = {
    pod: `labels."io.kubernetes.pod.name"==${pod}`,
    name: `labels."io.kubernetes.container.name"==${container}`,
  };
  const named = await run('ctr', [...ctr(folder), 'containers', 'list', '-q', `${labels.pod},${labels.name}`]);
  const ids = new Set(named.split('\n').filter((id) => id !== ''));
  const tasks = (await run('ctr', [...ctr(folder), 'tasks', 'list'])).split('\n').slice(1);
  return tasks.flatMap((line) => {
    const [id = '', pid, status] = line.trim().split(/\s+/);
    return ids.has(id) && status === 'RUNNING' ? [{ id, pid: Number(pid) }] : [];
  });
}

/** Ends and removes whatever containerd still holds. */
export async function removeContainers(folder: string): Promise<void> {
  const list = async (what: string) =>
    (await run('ctr', [...ctr(folder), what, 'list', '-q'])).split('\n').filter((id) => id !== '');
  const each = async (what: string, ...words: readonly string[]) => {
    const ids = await list(what);
    await Promise.all(ids.map((id) => run('ctr', [...ctr(folder), what, ...words, id]).catch(() => undefined)));
  };
  await each('tasks', 'kill', '--all', '--signal', 'SIGKILL');
  await each('tasks', 'delete', '--force');
  await each('containers', 'delete');
}
