/** One consumer group with all its processes: component, daprd and app, each of which may be killed. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '../../contract/pubsub/child';
import { type Sidecar, startSidecar, type TopicSubscription } from '../../contract/pubsub/lone-sidecar';
import { freePort } from '../../contract/pubsub/ports';

export type Target = 'component' | 'daprd' | 'app';

export interface GroupOptions {
  readonly name: string;
  readonly connectionString: string;
  readonly subscriptions: readonly TopicSubscription[];
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface ConsumerGroup {
  readonly name: string;
  readonly sidecar: Sidecar;
  /** SIGKILL, and a new process at once; a new component comes with a new daprd, as the launcher does it. */
  kill(target: Target): Promise<void>;
  /** Ids that the app handled, in order, each as often as it was handled. */
  handled(): string[];
  /** How often the app refused an event. */
  refusals(id: string): number;
  stop(): Promise<void>;
}

export async function startConsumerGroup(options: GroupOptions): Promise<ConsumerGroup> {
  const { name, connectionString, subscriptions, metadata } = options;
  const folder = mkdtempSync(join(tmpdir(), 'cs-group-'));
  const notes = join(folder, 'notes');
  appendFileSync(notes, '');
  const appPort = await freePort();
  const startApp = (): Promise<Child> =>
    startChild({ words: [join(__dirname, 'subscriber.cjs'), String(appPort), notes], says: /listening/ });
  let app = await startApp();
  const sidecar = await startSidecar({
    appId: name,
    appPort,
    component: {
      type: 'pubsub.storage-queues',
      // The shortest that there is: a killed reader's messages come back soon.
      metadata: { connectionString, pollingInterval: '200ms', visibilityTimeout: '2s', ...metadata },
    },
    subscriptions,
  });
  const lines = () =>
    readFileSync(notes, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '));
  return {
    name,
    sidecar,
    async kill(target) {
      if (target === 'app') {
        await app.end('SIGKILL');
        app = await startApp();
        return;
      }
      if (target === 'daprd') return sidecar.restartDaprd();
      await sidecar.component()?.end('SIGKILL');
      await sidecar.restart();
    },
    handled: () => lines().flatMap(([verdict, id = '']) => (verdict === '200' ? [id] : [])),
    refusals: (id) => lines().filter(([verdict, each]) => verdict !== '200' && each === id).length,
    async stop() {
      await sidecar.stop();
      await app.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
