import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CosmosClient } from '@azure/cosmos';
import { DaprWorkflowClient } from '@dapr/dapr';
import { COSMOS } from 'contactsheet/setup';
import type { Endpoints } from '@contactsheet/dev-stack';
import type { Stack } from '@contactsheet/dev-stack';

/** What Dapr keeps in its store, seen from outside of it. */
export interface EngineState {
  readonly documents: number;
  /** As JSON. */
  readonly bytes: number;
  /** Documents of the workflow engine itself: instances, activities, retention. The rest is our actors'. */
  readonly ofEngine: number;
  /** Workflow instances that have state. */
  readonly instances: readonly string[];
}

interface Row {
  readonly partitionKey: string;
}

export async function engineState(cosmos: Endpoints['cosmos']): Promise<EngineState> {
  const instances = new Set<string>();
  let [documents, bytes, ofEngine] = [0, 0, 0];
  for await (const row of everyDocument<Row>(cosmos, COSMOS.engineState.id)) {
    documents += 1;
    bytes += JSON.stringify(row).length;
    if (row.partitionKey.includes('||dapr.internal.')) ofEngine += 1;
    const instance = /\.workflow\|\|(.+)$/.exec(row.partitionKey)?.[1];
    if (instance) instances.add(instance);
  }
  return { documents, bytes, ofEngine, instances: [...instances] };
}

/** Of one Cosmos container, whatever its partitions. */
export async function* everyDocument<T>(cosmos: Endpoints['cosmos'], id: string): AsyncGenerator<T> {
  const client = new CosmosClient(cosmos);
  try {
    const { items } = client.database(COSMOS.database).container(id);
    const pages = items.query<T>('SELECT * FROM c', { maxItemCount: 1_000 });
    for await (const { resources } of pages.getAsyncIterator()) yield* resources;
  } finally {
    client.dispose();
  }
}

/** Forgets every instance at once, as the engine does by itself when its retention is over. */
export async function endRetention(stack: Stack, { instances }: EngineState): Promise<void> {
  const client = new DaprWorkflowClient({
    daprHost: '127.0.0.1',
    daprPort: String(stack.ports.sidecarGrpc),
    daprApiToken: stack.endpoints().sidecarToken,
  });
  // What the engine has forgotten meanwhile is refused.
  for (const instance of instances) await client.purgeWorkflow(instance).catch(() => false);
  await client.stop();
}

/** Names of the jobs that the scheduler keeps: reminders, timers and activities that are still to come. */
export async function schedulerJobs(etcd: string): Promise<readonly string[]> {
  const from = (key: string) => Buffer.from(key).toString('base64');
  const answer = await fetch(`${etcd}/v3/kv/range`, {
    method: 'POST',
    body: JSON.stringify({ key: from('dapr/jobs/'), range_end: from('dapr/jobs0'), keys_only: true }),
  });
  if (!answer.ok) throw new Error(`etcd: ${answer.status} ${await answer.text()}`);
  const { kvs = [] } = (await answer.json()) as { kvs?: { key: string }[] };
  return kvs.map(({ key }) => Buffer.from(key, 'base64').toString());
}

/** Of every file in a folder, as the disk gives it out. */
export function bytesOnDisk(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce(
    (sum, name) => sum + (lstatSync(join(folder, name), { throwIfNoEntry: false })?.blocks ?? 0) * 512,
    0,
  );
}
