import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { BlobServiceClient } from '@azure/storage-blob';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';
import { startLocalVision } from '../../../packages/dev-vision/src/server';
import { readOutside } from '../../../src/config';
import type { CheckLine } from '../../../src/use-cases/azure-check/check-azure';
import { runAzureCheck } from '../../../src/wiring/azure-check';
import { DEV_ACCOUNT } from '../gateways/azurite';
import { COSMOS_KEY, type Cosmos, startCosmos } from '../gateways/cosmos';
import { freePort } from '../pubsub/ports';
import { type StorageAccount, startStorageAccount } from '../pubsub/storage-account';
import { type Authority, CLIENT, CLIENT_SECRET, startAuthority, TENANT } from './authority';
import { cosmosKind, type GuardedService, STORAGE, startGuarded, visionKind } from './guarded-service';
import { type Certificate, drawCertificate } from './trust';

/**
 * Guarantee: `contactsheet azure check` asks for every right that the product needs, says right only of what it has seen, and
 * names role, scope and command of what is missing; it leaves nothing behind.
 */

const PICTURE = readFileSync(join(__dirname, '../../../samples/pictures/wall-clock.jpg'));

let tls: Certificate;
let authority: Authority;
let account: StorageAccount;
let cosmos: Cosmos;
let photos: GuardedService;
let system: GuardedService;
let queues: GuardedService;
let database: GuardedService;
let vision: GuardedService;
let closeVision: () => Promise<void>;
let env: Record<string, string>;

beforeAll(async () => {
  tls = drawCertificate();
  authority = await startAuthority(tls);
  account = await startStorageAccount(tls);
  cosmos = await startCosmos();
  const service = await startLocalVision({ port: 0, key: 'vision-key' });
  closeVision = () => service.close();
  const blobs = `https://127.0.0.1:${account.ports.blob}`;
  photos = await startGuarded(tls, authority, blobs, STORAGE);
  system = await startGuarded(tls, authority, blobs, STORAGE);
  queues = await startGuarded(tls, authority, `https://127.0.0.1:${account.ports.queue}`, STORAGE);
  database = await startGuarded(tls, authority, cosmos.settings.endpoint, cosmosKind(COSMOS_KEY));
  vision = await startGuarded(tls, authority, service.endpoint, visionKind('vision-key'));
  const container = ownBlobs().getContainerClient('photos');
  await container.create();
  await container.getBlockBlobClient('a.jpg').upload(PICTURE, PICTURE.length);
  env = {
    ...{ AZURE_IDENTITY: 'secret', AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT },
    ...{ AZURE_CLIENT_SECRET: CLIENT_SECRET, AZURE_AUTHORITY_HOST: authority.host },
    PHOTOS_STORAGE_BLOB_ENDPOINT: `${photos.endpoint}/${DEV_ACCOUNT}`,
    AZURE_STORAGE_BLOB_ENDPOINT: `${system.endpoint}/${DEV_ACCOUNT}`,
    AZURE_STORAGE_QUEUE_ENDPOINT: `${queues.endpoint}/${DEV_ACCOUNT}`,
    COSMOS_ENDPOINT: `${database.endpoint}/`,
    VISION_ENDPOINT: vision.endpoint,
    DAPR_HTTP_PORT: String(await freePort()), // nobody answers there
  };
}, 60_000);

afterAll(async () => {
  await Promise.all([photos, system, queues, database, vision].map((one) => one?.close()));
  await closeVision?.();
  await cosmos?.stop();
  await account?.stop();
  await authority?.close();
  tls.discard();
});

beforeEach(() => {
  for (const service of [photos, system, queues, database, vision]) service.role = 'all';
});

/** With the key of the account, past what checks tokens. */
function ownBlobs(): BlobServiceClient {
  return BlobServiceClient.fromConnectionString(account.connectionString.replaceAll('http', 'https'));
}

async function check(container?: string): Promise<CheckLine[]> {
  const lines: CheckLine[] = [];
  for await (const line of runAzureCheck(readOutside(env), container)) lines.push(line);
  return lines;
}

const states = (lines: readonly CheckLine[]) => lines.map(({ what, state }) => `${state} ${what.split(' (')[0]}`);
const ALL_RIGHT = [
  'right List photos in photos',
  'right Read one byte of a photo',
  'right Write and delete a blob in contactsheet-manifests',
  'right Make a queue, send to it, receive from it, delete it',
  'right Find the database and its containers',
  'right Query Cosmos DB',
  'right Write and delete a document in Cosmos DB',
  'right Call Vision',
  'skipped Publish an event through the sidecar',
];

test('all is right: reading alone is enough for the photos, and nothing stays behind', async () => {
  photos.role = 'reads';
  expect(states(await check('photos'))).toEqual(ALL_RIGHT);
  expect(states(await check())).toEqual(['right Find a container with photos', ...ALL_RIGHT]);
  const left: string[] = [];
  for await (const { name } of ownBlobs().getContainerClient('contactsheet-manifests').listBlobsFlat()) left.push(name);
  expect(left).toEqual([]);
});

test.each<[string, () => GuardedService, string[], RegExp, RegExp]>([
  [
    'the photos',
    () => photos,
    ['missing List photos in photos', 'skipped Read one byte of a photo'],
    /^Storage Blob Data Reader 2a2b9908-6ea1-4ae2-8e65-a410df84e7d1 container photos of storage account devstoreaccount1$/,
    /^az role assignment create --assignee-object-id object-of-the-test .*\/blobServices\/default\/containers\/photos"$/,
  ],
  [
    'the system storage',
    () => system,
    ['missing Write and delete a blob in contactsheet-manifests'],
    /^Storage Blob Data Contributor ba92f5b4-2d11-453d-a403-e96b0029c9fe storage account devstoreaccount1$/,
    /--scope "\$\(az storage account show --name devstoreaccount1 --query id --output tsv\)"$/,
  ],
  [
    'queues',
    () => queues,
    ['missing Make a queue, send to it, receive from it, delete it'],
    /^Storage Queue Data Contributor 974c5e8b-45b9-4653-ba55-5f855dd0fb88 /,
    /^az role assignment create /,
  ],
  [
    'Cosmos DB',
    () => database,
    [
      'missing Find the database and its containers',
      'skipped Query Cosmos DB',
      'skipped Write and delete a document in Cosmos DB',
    ],
    /^Cosmos DB Built-in Data Contributor 00000000-0000-0000-0000-000000000002 Cosmos DB account /,
    /^az cosmosdb sql role assignment create .* --principal-id object-of-the-test --scope "\/"$/,
  ],
  [
    'Vision',
    () => vision,
    ['missing Call Vision'],
    /^Cognitive Services User a97b65f3-24c7-4388-baec-2e87135dc908 Vision resource at 127\.0\.0\.1$/,
    /^az role assignment create .*az cognitiveservices account list/,
  ],
])(
  'no role for %s: that alone is missing, with role, scope and command',
  async (_name, service, wrong, grant, command) => {
    service().role = 'none';
    const lines = await check('photos');
    expect(states(lines).filter((line) => !ALL_RIGHT.includes(line))).toEqual(wrong);
    const missing = lines.find(({ state }) => state === 'missing');
    expect(`${missing?.grant?.role.name} ${missing?.grant?.role.id} ${missing?.grant?.scope}`).toMatch(grant);
    expect(missing?.grant?.command).toMatch(command);
    expect(missing?.why).toMatch(/\S/);
  },
);

test('rights to read alone do not pass for rights to write', async () => {
  for (const service of [system, queues]) service.role = 'reads';
  expect(states(await check('photos')).filter((line) => line.startsWith('missing'))).toEqual([
    'missing Write and delete a blob in contactsheet-manifests',
    'missing Make a queue, send to it, receive from it, delete it',
  ]);
});

test('a container that is not there, and a service that is away, are no missing roles', async () => {
  const [listed] = await check('no-such-container');
  expect(listed).toMatchObject({ state: 'failed', why: expect.stringContaining('ContainerNotFound') });
  env = { ...env, VISION_ENDPOINT: `https://127.0.0.1:${await freePort()}` };
  try {
    expect(states(await check('photos')).filter((line) => !ALL_RIGHT.includes(line))).toEqual(['failed Call Vision']);
  } finally {
    env = { ...env, VISION_ENDPOINT: vision.endpoint };
  }
});

describe('the command', () => {
  async function run(more: Record<string, string>, ...words: string[]) {
    const program = join(CHECKOUT, 'packages/cli/bin/contactsheet.js');
    const child = spawn(process.execPath, [program, 'azure', 'check', ...words], {
      env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: tls.path, ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await ended, stdout, stderr };
  }

  test('ends with 0 when all is right, without an application that runs', async () => {
    const { code, stdout, stderr } = await run({}, '--container', 'photos');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/^right {8}/gm)).toHaveLength(8);
  });

  test('ends with 1 and the command that grants the role', async () => {
    vision.role = 'none';
    const { code, stdout } = await run({}, '--container', 'photos');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^MISSING {6}Call Vision.*\n.*\n +Grant Cognitive Services User .*\n +az role assignment create/m,
    );
  });

  test('ends with 2 and every wrong setting of Azure, and looks at no other setting', async () => {
    const { code, stderr } = await run({ AZURE_CLIENT_ID: '', AZURE_TENANT_ID: '', API_PORT: 'x' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^AZURE_TENANT_ID: is missing.*\nAZURE_CLIENT_ID: is missing.*$/m);
    expect(stderr).not.toContain('API_PORT');
  });
});
