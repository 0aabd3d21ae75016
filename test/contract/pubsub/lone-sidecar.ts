/** daprd alone: pub/sub needs neither placement nor scheduler. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { until } from '../../../packages/dev-stack/src/pause';
import { LOOPBACK } from '../../../packages/dev-stack/src/ports';
import { succeeds } from '../../../packages/dev-stack/src/probe';
import { acquireRuntime } from '../../../packages/dev-stack/src/runtime/acquire';
import type { DaprRuntime } from '../../../packages/dev-stack/src/runtime/dapr-runtime';
import { type Child, startChild } from './child';
import { startComponentProcess } from './component-process';
import { freePort } from './ports';

export interface SidecarOptions {
  readonly appId: string;
  readonly appPort: number;
  /** `pubsub.in-memory`, or ours with what it needs. */
  readonly component: { readonly type: string; readonly metadata?: Readonly<Record<string, string>> };
  readonly subscriptions: readonly TopicSubscription[];
  /** daprd's own retries of a delivery; none when absent: every refusal reaches the component. */
  readonly inboundRetries?: number;
}

export interface TopicSubscription {
  readonly topic: string;
  readonly route: string;
  readonly deadLetterTopic?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface Sidecar {
  /** Publishes through daprd's HTTP API. */
  publish(topic: string, body: string | Buffer, contentType: string, query?: string): Promise<Response>;
  publishBulk(topic: string, entries: readonly object[], query?: string): Promise<Response>;
  daprd(): Child;
  component(): Child | undefined;
  /** Kills both, whatever is alive of them, and starts them again: daprd does not open the streams of a new component. */
  restart(): Promise<void>;
  /** Kills daprd and starts it again on the component that lives on. */
  restartDaprd(): Promise<void>;
  /** Kills the component alone and starts it again as a supervisor on Kubernetes does. */
  restartComponent(): Promise<void>;
  /** Ends both in order, as a launcher does. */
  stop(): Promise<void>;
  logs(): string;
}

export const PUBSUB = 'pubsub';

export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const runtime = await daprRuntime();
  const folder = mkdtempSync(join(tmpdir(), 'cs-'));
  const sockets = join(folder, 's');
  const resources = join(folder, 'resources');
  for (const each of [sockets, resources]) mkdirSync(each);
  // One document a file: daprd reads no more of a resiliency.
  for (const [index, resource] of resourcesOf(options).entries()) {
    writeFileSync(join(resources, `${index}.yaml`), stringify(resource));
  }
  const ports = {
    http: await freePort(),
    grpc: await freePort(),
    internal: await freePort(),
    metrics: await freePort(),
  };
  const earlier: string[] = [];
  let component: Child | undefined;
  let daprd: Child;

  async function start(): Promise<void> {
    if (options.component.type === 'pubsub.storage-queues') component = await startComponentProcess(sockets);
    await startDaprd();
  }

  async function startDaprd(): Promise<void> {
    daprd = await startChild({
      program: runtime.daprd,
      words: [
        ...['--app-id', options.appId, '--app-port', String(options.appPort), '--app-channel-address', LOOPBACK],
        ...['--dapr-http-port', String(ports.http), '--dapr-grpc-port', String(ports.grpc)],
        ...['--dapr-internal-grpc-port', String(ports.internal), '--metrics-port', String(ports.metrics)],
        ...['--dapr-listen-addresses', LOOPBACK, '--metrics-listen-address', LOOPBACK],
        ...['--resources-path', resources, '--dapr-graceful-shutdown-seconds', '2', '--max-body-size', '16Mi'],
      ],
      env: { DAPR_COMPONENTS_SOCKETS_FOLDER: sockets, DAPR_HOST_IP: LOOPBACK },
    });
    const isReady = succeeds(`http://${LOOPBACK}:${ports.http}/v1.0/healthz`);
    const settled = await until(async () => !daprd.isAlive() || (await isReady()), { withinMs: 30_000, everyMs: 50 });
    if (!settled || !daprd.isAlive()) {
      await kill();
      throw new Error(`daprd does not serve:\n${logs()}`);
    }
  }

  async function kill(): Promise<void> {
    await Promise.all([daprd?.end(), component?.end()]);
    earlier.push(daprd?.output() ?? '', component?.output() ?? '');
  }

  const logs = () => [...earlier, daprd?.output(), component?.output()].filter(Boolean).join('\n---\n');
  const post = (path: string, body: string | Uint8Array<ArrayBuffer>, contentType: string) =>
    fetch(`http://${LOOPBACK}:${ports.http}${path}`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body,
      signal: AbortSignal.timeout(20_000),
    });

  await start();
  return {
    publish: (topic, body, contentType, query = '') =>
      post(
        `/v1.0/publish/${PUBSUB}/${topic}${query}`,
        typeof body === 'string' ? body : new Uint8Array(body),
        contentType,
      ),
    publishBulk: (topic, entries, query = '') =>
      post(`/v1.0/publish/bulk/${PUBSUB}/${topic}${query}`, JSON.stringify(entries), 'application/json'),
    daprd: () => daprd,
    component: () => component,
    async restart() {
      await kill();
      await start();
    },
    async restartDaprd() {
      await daprd.end();
      earlier.push(daprd.output());
      await startDaprd();
    },
    async restartComponent() {
      await component?.end();
      earlier.push(component?.output() ?? '');
      component = await startComponentProcess(sockets, '--sidecar', `http://${LOOPBACK}:${ports.http}`);
    },
    async stop() {
      await daprd.end('SIGTERM');
      await component?.end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
    logs,
  };
}

function resourcesOf({ component, subscriptions, inboundRetries }: SidecarOptions): object[] {
  const metadata = Object.entries(component.metadata ?? {}).map(([name, value]) => ({ name, value }));
  return [
    {
      apiVersion: 'dapr.io/v1alpha1',
      kind: 'Component',
      metadata: { name: PUBSUB },
      spec: { type: component.type, version: 'v1', metadata },
    },
    ...subscriptions.map(({ topic, route, deadLetterTopic, metadata: own }, index) => ({
      apiVersion: 'dapr.io/v2alpha1',
      kind: 'Subscription',
      metadata: { name: `subscription-${index}` },
      spec: {
        pubsubname: PUBSUB,
        topic,
        routes: { default: route },
        ...(deadLetterTopic ? { deadLetterTopic } : {}),
        ...(own ? { metadata: own } : {}),
      },
    })),
    ...(inboundRetries === undefined ? [] : [resiliency(inboundRetries)]),
  ];
}

function resiliency(maxRetries: number): object {
  return {
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Resiliency',
    metadata: { name: 'deliveries' },
    spec: {
      policies: { retries: { deliveries: { policy: 'constant', duration: '50ms', maxRetries } } },
      targets: { components: { [PUBSUB]: { inbound: { retry: 'deliveries' } } } },
    },
  };
}

let acquired: Promise<DaprRuntime> | undefined;

function daprRuntime(): Promise<DaprRuntime> {
  acquired ??= acquireRuntime({ env: process.env, signal: new AbortController().signal, say: () => undefined });
  return acquired;
}
