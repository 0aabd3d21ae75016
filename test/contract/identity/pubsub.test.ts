import pino from 'pino';
import { startComponent } from '../../../packages/pubsub-storage-queues/src/component';
import { asCallError } from '../../../packages/pubsub-storage-queues/src/instances';
import { readSettings } from '../../../packages/pubsub-storage-queues/src/settings';
import { countGroups } from '../../../packages/pubsub-storage-queues/src/upkeep';
import { DEV_ACCOUNT } from '../gateways/azurite';
import { type StorageAccount, startStorageAccount } from '../pubsub/storage-account';
import { type Authority, CLIENT, startAuthority, TENANT } from './authority';
import { type GuardedService, STORAGE, startGuarded } from './guarded-service';
import { type Certificate, drawCertificate } from './trust';

/** Guarantee: the pub/sub component serves an account that is named without a key, and outlives the end of its tokens. */

const LOG = pino({ level: 'silent' });
const IDENTITY = ['AZURE_AUTHORITY_HOST', 'AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_FEDERATED_TOKEN_FILE'] as const;

let tls: Certificate;
let authority: Authority;
let account: StorageAccount;
let blobs: GuardedService;
let queues: GuardedService;

beforeAll(async () => {
  tls = drawCertificate();
  authority = await startAuthority(tls);
  account = await startStorageAccount(tls);
  blobs = await startGuarded(tls, authority, `https://127.0.0.1:${account.ports.blob}`, STORAGE);
  queues = await startGuarded(tls, authority, `https://127.0.0.1:${account.ports.queue}`, STORAGE);
  const values = [authority.host, TENANT, CLIENT, authority.tokenFile];
  for (const [index, name] of IDENTITY.entries()) process.env[name] = values[index];
}, 60_000);

afterAll(async () => {
  for (const name of IDENTITY) delete process.env[name];
  await Promise.all([blobs, queues].map((one) => one?.close()));
  await account?.stop();
  await authority?.close();
  tls.discard();
});

beforeEach(() => {
  for (const service of [blobs, queues]) service.role = 'all';
});

const settingsOf = (prefix: string) =>
  readSettings(
    {
      blobEndpoint: `${blobs.endpoint}/${DEV_ACCOUNT}`,
      queueEndpoint: `${queues.endpoint}/${DEV_ACCOUNT}`,
      ...{ azureIdentity: 'workload', consumerID: 'app', pollingInterval: '50ms', prefix },
    },
    process.env,
  );

async function until(holds: () => boolean): Promise<void> {
  for (const endsMs = Date.now() + 20_000; !holds(); ) {
    if (Date.now() > endsMs) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('publishes and delivers as a workload identity, also after its tokens have ended', async () => {
  authority.lifetime = { lasts: 3, told: 3_600 };
  const component = await startComponent(settingsOf('identity-a'), LOG);
  const seen: string[] = [];
  try {
    const subscriber = await component.subscribe('orders', ({ id, data }) => {
      seen.push(Buffer.from(data).toString());
      subscriber.answer(id, undefined);
    });
    const publish = (text: string) =>
      component.publish({ topic: 'orders', data: Buffer.from(text), contentType: 'text/plain', metadata: {} } as never);
    await publish('first');
    await until(() => seen.includes('first'));
    await new Promise((resolve) => setTimeout(resolve, 4_100)); // the token has ended, and nobody was told
    await publish('second');
    await until(() => seen.includes('second'));
    expect(blobs.counts.unauthorized + queues.counts.unauthorized).toBeGreaterThan(0);
    expect(new Set(authority.issued.map(({ by, audience }) => `${by} ${audience}`))).toEqual(
      new Set(['workload https://storage.azure.com']),
    );
  } finally {
    authority.lifetime = { lasts: 3_600, told: 3_600 };
    await component.close();
  }
  const { identity } = settingsOf('identity-a');
  if (!identity) throw new Error('no identity');
  expect(await countGroups({ account: identity, prefix: 'identity-a' })).toEqual([
    { topic: 'orders', group: 'app', waiting: 0, parked: 0 },
  ]);
});

test('without a role it says which', async () => {
  blobs.role = 'none';
  const error = await startComponent(settingsOf('identity-b'), LOG).catch((thrown: unknown) => thrown);
  expect(asCallError(error).details).toMatch(/Storage Queue Data Contributor and Storage Blob Data Contributor/);
});
