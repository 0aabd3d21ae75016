/** The real process: kill -9 under write load loses no acknowledged write, and it stops within a second when asked. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CosmosClient } from '@azure/cosmos';
import { createServerProcesses, type ServerProcesses } from './server-process';
import { KEY } from './server-under-test';

let servers: ServerProcesses;
beforeAll(async () => {
  servers = await createServerProcesses();
});
afterAll(() => servers?.stop());

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<{ code: unknown; elapsedMs: number }> {
  const started = performance.now();
  const exited = once(child, 'exit');
  child.kill(signal);
  const [code] = await exited;
  return { code, elapsedMs: performance.now() - started };
}

it('says what it is, and loses no acknowledged write to three kills under load', async () => {
  const acknowledged = new Map<string, number>();
  let port = 0;
  for (let round = 0; round < 3; round += 1) {
    const { child, endpoint, lines } = await servers.start({ port });
    expect(lines.join('\n')).toMatch(/development server[\s\S]*not Azure Cosmos DB/);
    port = Number(new URL(endpoint).port);
    const client = new CosmosClient({
      endpoint,
      key: KEY,
      connectionPolicy: {
        retryOptions: { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 1, maxWaitTimeInSeconds: 1 },
      },
    });
    const { database } = await client.databases.createIfNotExists({ id: 'db' });
    const { container } = await database.containers.createIfNotExists({ id: 'load', partitionKey: '/pk' });

    // What the kills before this one had acknowledged is all there.
    const { resources } = await container.items.query('SELECT c.id, c.n FROM c', { maxItemCount: 1000 }).fetchAll();
    const stored = new Map(resources.map((item) => [item.id, item.n]));
    for (const [id, n] of acknowledged) expect(stored.get(id)).toBeGreaterThanOrEqual(n);

    let isAlive = true;
    const writer = async (name: number) => {
      for (let n = 1; isAlive; n += 1) {
        const id = `${round}-${name}-${n % 40}`;
        try {
          if (name % 2 === 0) await container.items.upsert({ id, pk: `p${name}`, n });
          else {
            const twin = { operationType: 'Upsert' as const, resourceBody: { id: `${id}-twin`, pk: `p${name}`, n } };
            await container.items.batch(
              [{ operationType: 'Upsert', resourceBody: { id, pk: `p${name}`, n } }, twin],
              `p${name}`,
            );
            acknowledged.set(`${id}-twin`, n);
          }
          acknowledged.set(id, n);
        } catch {
          return; // Not acknowledged: the server is gone.
        }
      }
    };
    const writers = Array.from({ length: 8 }, (_, name) => writer(name));
    await sleep(300);
    await kill(child, 'SIGKILL');
    isAlive = false;
    await Promise.race([Promise.all(writers), sleep(1000)]);
    client.dispose();
  }
  expect(acknowledged.size).toBeGreaterThan(100);

  const { child, endpoint } = await servers.start({ port });
  const client = new CosmosClient({ endpoint, key: KEY });
  const container = client.database('db').container('load');
  const { resources } = await container.items.query('SELECT c.id, c.n FROM c', { maxItemCount: 1000 }).fetchAll();
  const stored = new Map(resources.map((item) => [item.id, item.n]));
  const lost = [...acknowledged].filter(([id, n]) => !((stored.get(id) ?? -1) >= n));
  expect(lost).toEqual([]);
  // Batches are all or nothing: a twin never lags behind.
  for (const [id, n] of stored) if (stored.has(`${id}-twin`)) expect(stored.get(`${id}-twin`)).toBe(n);
  const stopped = await kill(child, 'SIGTERM');
  expect(stopped.code).toBe(0);
  expect(stopped.elapsedMs).toBeLessThan(1000);
  client.dispose();
}, 60_000);
