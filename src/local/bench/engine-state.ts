import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CosmosClient } from '@azure/cosmos';
import { COSMOS } from '../../names';
import type { Stack } from '../launcher/stack';

/** What Dapr's engine keeps, seen from outside of it. */
export interface EngineState {
  readonly documents: number;
  /** As JSON. */
  readonly bytes: number;
  /** Workflow instances that have state. */
  readonly instances: readonly string[];
}

interface Row {
  readonly partitionKey: string;
}

export async function engineState(stack: Stack): Promise<EngineState> {
  const client = new CosmosClient(stack.endpoints().cosmos);
  try {
    const { items } = client.database(COSMOS.database).container(COSMOS.engineState.id);
    const instances = new Set<string>();
    let [documents, bytes] = [0, 0];
    for await (const page of items.query<Row>('SELECT * FROM c', { maxItemCount: 1_000 }).getAsyncIterator()) {
      for (const row of page.resources) {
        documents += 1;
        bytes += JSON.stringify(row).length;
        const instance = /\.workflow\|\|(.+)$/.exec(row.partitionKey)?.[1];
        if (instance) instances.add(instance);
      }
    }
    return { documents, bytes, instances: [...instances] };
  } finally {
    client.dispose();
  }
}

/** Forgets every instance at once, as the engine does by itself when its retention is over. */
export async function endRetention(stack: Stack, { instances }: EngineState): Promise<void> {
  const { sidecar } = stack.endpoints();
  for (const instance of instances) {
    await fetch(`${sidecar}/v1.0/workflows/dapr/${encodeURIComponent(instance)}/purge`, { method: 'POST' });
  }
}

/** Of every file in a folder, as the disk gives it out. */
export function bytesOnDisk(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce(
    (sum, name) => sum + (lstatSync(join(folder, name), { throwIfNoEntry: false })?.blocks ?? 0) * 512,
    0,
  );
}
