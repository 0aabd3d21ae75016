import { setTimeout as pause } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { containersOf, ctr, DAPR_NAMESPACE, daprAuthority, NAMESPACE, run } from '../../packages/cluster/src';
import { eventually } from '../integration/framework';
import type { Inside } from './inside';

/** What happens to a cluster in the middle of a run. */
export interface Change {
  readonly name: string;
  /** In the name of its container of blobs. */
  readonly short: string;
  /** Requests that may fail: 0 for all that is done in order. */
  readonly mayFail: number;
  /** Calls that may be repeated: what was in flight where a process was killed, and none otherwise. */
  readonly mayRepeat: number;
  /** Does it, and resolves when everything is as it should be again. Returns what is worth telling. */
  play(inside: Inside): Promise<string>;
}

/** Images that one replica has in work at a time (MAX_IMAGES_IN_FLIGHT). */
const IN_FLIGHT = 100;
const PER_SECOND = 20;

const app = (inside: Inside, words: readonly string[], input?: string) =>
  inside.cluster.kubectl(['-n', NAMESPACE, ...words], input);
const dapr = (inside: Inside, words: readonly string[], input?: string) =>
  inside.cluster.kubectl(['-n', DAPR_NAMESPACE, ...words], input);

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly podIP: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly initContainerStatuses?: readonly { readonly name: string; readonly restartCount: number }[];
  };
}

/** Those that are not on their way out. */
async function podsOf(inside: Inside): Promise<readonly Pod[]> {
  const selected = ['get', 'pods', '-l', 'app.kubernetes.io/name=contactsheet', '-o', 'json'];
  const { items } = JSON.parse(await app(inside, selected)) as { items: Pod[] };
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

const isReady = ({ status }: Pod) =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

const restarts = ({ status }: Pod, container: string) =>
  status.initContainerStatuses?.find(({ name }) => name === container)?.restartCount ?? 0;

/** Waits for so many ready pods, and no others. */
export async function settled(inside: Inside, replicas: number): Promise<void> {
  await app(inside, ['rollout', 'status', 'deployment/contactsheet', '--timeout=300s']);
  const all = ['get', 'pods', '-l', 'app.kubernetes.io/name=contactsheet', '-o', 'name'];
  await eventually(
    async () => {
      const names = (await app(inside, all)).split('\n').filter((name) => name !== '');
      const pods = await podsOf(inside);
      return names.length === replicas && pods.length === replicas && pods.every(isReady);
    },
    { what: `${replicas} pods are ready and the others gone`, timeoutMs: 180_000, intervalMs: 500 },
  );
}

const scaleTo = (inside: Inside, replicas: number) =>
  app(inside, ['scale', 'deployment/contactsheet', `--replicas=${replicas}`]);

async function one(inside: Inside): Promise<Pod> {
  const [pod] = (await podsOf(inside)).filter(isReady);
  if (!pod) throw new Error('No pod is ready.');
  return pod;
}

export const CHANGES: readonly Change[] = [
  {
    name: 'rolling restart',
    short: 'restart',
    mayFail: 0,
    mayRepeat: 0,
    async play(inside) {
      const before = new Set((await podsOf(inside)).map(({ metadata }) => metadata.name));
      await app(inside, ['rollout', 'restart', 'deployment/contactsheet']);
      await settled(inside, 2);
      const kept = (await podsOf(inside)).filter(({ metadata }) => before.has(metadata.name));
      expect(kept).toEqual([]);
      return 'both pods are new';
    },
  },
  {
    name: 'pod killed (`delete --force --grace-period=0`)',
    short: 'killed-pod',
    mayFail: 3 * PER_SECOND,
    mayRepeat: IN_FLIGHT,
    async play(inside) {
      const { metadata } = await one(inside);
      await app(inside, ['delete', 'pod', metadata.name, '--force', '--grace-period=0']);
      await settled(inside, 2);
      return 'another one took its place';
    },
  },
  {
    name: 'one of three schedulers killed',
    short: 'killed-scheduler',
    mayFail: 0,
    mayRepeat: 0,
    async play(inside) {
      await dapr(inside, ['delete', 'pod', 'dapr-scheduler-server-0', '--force', '--grace-period=0']);
      await dapr(inside, ['rollout', 'status', 'statefulset/dapr-scheduler-server', '--timeout=180s']);
      return 'it came back to its disk';
    },
  },
  {
    name: 'pub/sub component killed alone',
    short: 'killed-component',
    mayFail: 3 * PER_SECOND,
    mayRepeat: 0,
    async play(inside) {
      const before = await one(inside);
      const [container] = await containersOf(inside.cluster.folder, before.metadata.name, 'pubsub');
      if (!container) throw new Error('The component does not run.');
      const beganMs = Date.now();
      await run('ctr', [...ctr(inside.cluster.folder), 'tasks', 'kill', '--signal', 'SIGKILL', container.id]);
      await eventually(
        async () => {
          const pod = (await podsOf(inside)).find(({ metadata }) => metadata.name === before.metadata.name);
          return (
            pod && isReady(pod) && restarts(pod, 'pubsub') > 0 && restarts(pod, 'daprd') > restarts(before, 'daprd')
          );
        },
        { what: 'component and sidecar have come back, and the pod is ready', timeoutMs: 120_000, intervalMs: 250 },
      );
      const healedMs = Date.now() - beganMs;
      expect(healedMs).toBeLessThan(60_000);
      return `whole again after ${Math.round(healedMs / 1000)} s, its sidecar started anew`;
    },
  },
  {
    name: 'kubelet stopped for 30 s',
    short: 'stopped-kubelet',
    mayFail: 0,
    mayRepeat: 0,
    async play(inside) {
      const { cluster } = inside;
      const before = (await podsOf(inside)).map(({ metadata }) => metadata.name).sort();
      await cluster.processes.stop('kubelet', 'SIGKILL');
      await pause(30_000);
      cluster.startKubelet();
      await cluster.kubectl(['wait', '--for=condition=Ready', 'node', '--all', '--timeout=120s']);
      await settled(inside, 2);
      expect((await podsOf(inside)).map(({ metadata }) => metadata.name).sort()).toEqual(before);
      return 'the same pods went on';
    },
  },
  {
    name: 'scaled 2 → 4 → 1',
    short: 'scaled',
    mayFail: 0,
    mayRepeat: 0,
    async play(inside) {
      await scaleTo(inside, 4);
      await settled(inside, 4);
      await scaleTo(inside, 1);
      await settled(inside, 1);
      return 'one pod finished the run';
    },
  },
  {
    name: 'both pods evicted under the PodDisruptionBudget',
    short: 'evicted',
    mayFail: 0,
    mayRepeat: 0,
    async play(inside) {
      const names = (await podsOf(inside)).map(({ metadata }) => metadata.name);
      let refused = 0;
      for (const name of names) {
        const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: NAMESPACE } };
        const path = `/api/v1/namespaces/${NAMESPACE}/pods/${name}/eviction`;
        await eventually(
          async () => {
            try {
              return await app(inside, ['create', '--raw', path, '-f', '-'], JSON.stringify(eviction));
            } catch (error) {
              if (!/disruption budget|too many requests/i.test(String(error))) throw error;
              refused += 1;
              return false;
            }
          },
          { what: `${name} may be evicted`, timeoutMs: 180_000, intervalMs: 1_000 },
        );
      }
      await settled(inside, 2);
      expect(refused).toBeGreaterThan(0); // The second one had to wait for the successor of the first.
      return `the second eviction was refused ${refused} times, until the first pod had a successor`;
    },
  },
  {
    name: 'issuer of sentry rotated, pods restarted',
    short: 'rotated',
    mayFail: 0,
    mayRepeat: 0,
    async play(inside) {
      const authority = daprAuthority(inside.cluster.folder);
      const name = `issuer-${Date.now()}`;
      await authority.signAuthority(name);
      const encoded = (file: string) => readFileSync(authority.path(file)).toString('base64');
      const data = { 'issuer.crt': encoded(`${name}.crt`), 'issuer.key': encoded(`${name}.key`) };
      await dapr(inside, ['patch', 'secret', 'dapr-trust-bundle', '--patch', JSON.stringify({ data })]);
      // It would see the new files by itself, when the kubelet shows them: within about a minute.
      await dapr(inside, ['rollout', 'restart', 'deployment/dapr-sentry']);
      await dapr(inside, ['rollout', 'status', 'deployment/dapr-sentry', '--timeout=120s']);
      // Old and new certificates meet while the pods change.
      await app(inside, ['rollout', 'restart', 'deployment/contactsheet']);
      await settled(inside, 2);
      for (const { status } of await podsOf(inside)) expect(await issuersOf(status.podIP)).toContain(name);
      return 'every sidecar has a certificate of the new issuer';
    },
  },
];

/** What a sidecar shows whoever connects to its port for other sidecars. */
async function issuersOf(address: string): Promise<string> {
  // It wants a certificate of its caller, whom it has shown its own by then.
  const words = 'openssl s_client -showcerts -connect "$0:50002" </dev/null 2>&1 || true';
  return run('sh', ['-c', words, address]);
}
