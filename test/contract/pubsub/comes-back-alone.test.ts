import { until } from '../../../packages/dev-stack/src/pause';
import { startListeningApp } from './listening-app';
import { type Sidecar, startSidecar } from './lone-sidecar';
import { startStorageAccount } from './storage-account';

/**
 * Guarantee: a component that dies alone and comes back ends the sidecar that cannot find it again, and no event is lost.
 * dapr 1.18.2 initialises a component once, at its own start.
 */

let sidecar: Sidecar;
let app: Awaited<ReturnType<typeof startListeningApp>>;
let account: Awaited<ReturnType<typeof startStorageAccount>>;

beforeAll(async () => {
  account = await startStorageAccount();
  app = await startListeningApp(() => 'SUCCESS');
  sidecar = await startSidecar({
    appId: 'alone',
    appPort: app.port,
    component: {
      type: 'pubsub.storage-queues',
      metadata: { connectionString: account.connectionString, pollingInterval: '200ms' },
    },
    subscriptions: [{ topic: 'alone.topic', route: '/on/topic' }],
  });
});
afterAll(async () => {
  await sidecar?.stop();
  await app?.stop();
  await account?.stop();
});

async function publish(word: string): Promise<number> {
  return (await sidecar.publish('alone.topic', JSON.stringify(word), 'application/json')).status;
}
/** Everything that arrived, once so many did. */
async function heard(count: number): Promise<unknown[]> {
  await until(async () => app.on('topic').length >= count, { withinMs: 20_000, everyMs: 50 });
  return app.on('topic').map(({ event }) => event.data);
}

test('the sidecar ends, and a new one publishes and delivers', async () => {
  expect(await publish('before')).toBe(204);
  expect(await heard(1)).toEqual(['before']);

  await sidecar.restartComponent();
  expect(await until(async () => !sidecar.daprd().isAlive(), { withinMs: 20_000, everyMs: 50 })).toBe(true);

  await sidecar.restartDaprd(); // as what supervises it does
  expect(await publish('after')).toBe(204);
  expect(await heard(2)).toEqual(['before', 'after']);
});

test('a sidecar that has not started yet is left alone', async () => {
  await sidecar.daprd().end();
  await sidecar.restartComponent();
  expect(sidecar.component()?.output()).not.toContain('asked to end');
});
