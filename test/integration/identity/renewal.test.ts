/**
 * A run of 300 images as an identity, whose tokens end again and again before anybody says so.
 *
 * 1. No image fails, none is called for twice, and the totals are right: a refused token is renewed and shown once more.
 * 2. A role that is taken away ends the run with its name, and no image is blamed; given back, the next run does the work.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AccountSASPermissions,
  BlobServiceClient,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { Endpoints } from '../../../packages/dev-stack/src/endpoints';
import { AZURITE_ACCOUNT } from '../../../packages/dev-stack/src/settings';
import { taken } from '../../../src/contract';
import { type Authority, CLIENT, startAuthority, TENANT } from '../../contract/identity/authority';
import {
  cosmosKind,
  type GuardedService,
  STORAGE,
  signedStorage,
  startGuarded,
  visionKind,
} from '../../contract/identity/guarded-service';
import { type Certificate, drawCertificate } from '../../contract/identity/trust';
import { eventually, startTestStack, type TestStack } from '../framework';
import { ended, startRun, violations, visionOf } from '../main-job/client';

const IMAGES = 300;
/** So few calls at once, of 2 s each, that a token of each of three services ends in the run, one after the other. */
const IN_FLIGHT = 25;
/** Seconds. */
const SHORT = 5;
const LONG = 3_600;
const VISION_AUDIENCE = 'https://cognitiveservices.azure.com';
const CONTAINER = 'identity';
const NOWHERE = 'http://127.0.0.1:9';
const PICTURE = readFileSync(join(__dirname, '../../../samples/pictures/wall-clock.jpg'));

let tls: Certificate;
let folder: string;
let authority: Authority;
let photos: GuardedService;
let vision: GuardedService;
let database: GuardedService;
let stack: TestStack;

beforeAll(async () => {
  tls = drawCertificate();
  folder = mkdtempSync(join(tmpdir(), 'contactsheet-identity-'));
  authority = await startAuthority(tls);
  photos = await startGuarded(tls, authority, NOWHERE, STORAGE);
  vision = await startGuarded(tls, authority, NOWHERE, visionKind(''));
  database = await startGuarded(tls, authority, NOWHERE, cosmosKind('a2V5'));
  const home = join(folder, 'home');
  const isFound = forwardToCosmos(home);
  stack = await startTestStack({
    home,
    appEnv: {
      MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT),
      ...{ AZURE_IDENTITY: 'workload', AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT },
      ...{ AZURE_FEDERATED_TOKEN_FILE: authority.tokenFile, AZURE_AUTHORITY_HOST: authority.host },
      NODE_EXTRA_CA_CERTS: tls.path,
      PHOTOS_STORAGE_BLOB_ENDPOINT: `${photos.endpoint}/${AZURITE_ACCOUNT.name}`,
      ...{ VISION_ENDPOINT: vision.endpoint, VISION_KEY: '' },
      ...{ COSMOS_ENDPOINT: `${database.endpoint}/`, COSMOS_KEY: '' },
    },
  });
  await isFound;
  const { blobConnectionString, vision: behind } = stack.endpoints;
  photos.forwardTo(BlobServiceClient.fromConnectionString(blobConnectionString).url, signedStorage(readingSignature()));
  vision.forwardTo(behind.endpoint, visionKind(behind.key));
  const container = BlobServiceClient.fromConnectionString(blobConnectionString).getContainerClient(CONTAINER);
  await container.create();
  for (let from = 0; from < IMAGES; from += 20) {
    const names = Array.from({ length: 20 }, (_one, index) => `${String(from + index).padStart(4, '0')}.jpg`);
    // Bytes behind the end of a JPEG belong to nobody: another content, the same picture.
    const upload = (name: string) => {
      const bytes = Buffer.concat([PICTURE, Buffer.from(name)]);
      return container.getBlockBlobClient(name).upload(bytes, bytes.length);
    };
    await Promise.all(names.map(upload));
  }
}, 180_000);

afterAll(async () => {
  await stack?.stop();
  await Promise.all([photos, vision, database].map((one) => one?.close()));
  await authority?.close();
  rmSync(folder, { recursive: true, force: true });
  tls.discard();
}, 60_000);

/** The application looks for its database before the stack is whole: where that is, the home tells as soon as it runs. */
async function forwardToCosmos(home: string): Promise<void> {
  const told = () => (JSON.parse(readFileSync(join(home, 'endpoints.json'), 'utf8')) as Endpoints).cosmos;
  const cosmos = await eventually(told, { what: 'the stack says where Cosmos DB is', timeoutMs: 90_000 });
  database.forwardTo(cosmos.endpoint, cosmosKind(cosmos.key));
}

/** The application may read and list, and no more: its own writes would be refused. */
function readingSignature(): string {
  const { name, key } = AZURITE_ACCOUNT;
  const expiresOn = new Date(Date.now() + 3_600_000);
  const permissions = AccountSASPermissions.parse('rl');
  const values = { expiresOn, permissions, resourceTypes: 'sco', services: 'b' };
  return generateAccountSASQueryParameters(values, new StorageSharedKeyCredential(name, key)).toString();
}

/** The service whose tokens end: a refusal renews those of all, so that two at once would hide each other. */
function ending(): string {
  if (photos.counts.unauthorized === 0) return 'https://storage.azure.com';
  return vision.counts.unauthorized === 0 ? VISION_AUDIENCE : new URL(database.endpoint).origin;
}

test('1: tokens that end in the middle of a run fail no image', async () => {
  authority.lifetime = { lasts: (audience) => (audience === ending() ? SHORT : LONG), told: LONG };
  await visionOf(stack).pace({ latencyMs: 2_000 });
  const run = await ended(stack, await startRun(stack, CONTAINER), 200_000);
  expect({ reason: run.reason, ...run }).toMatchObject({
    reason: undefined,
    status: 'Completed',
    counts: { total: IMAGES, succeeded: IMAGES, failed: 0, skipped: 0 },
  });
  expect(await violations(stack, CONTAINER, run.id)).toEqual([]);
  expect(photos.counts.unauthorized).toBeGreaterThan(0);
  expect(vision.counts.unauthorized).toBeGreaterThan(0);
  expect(database.counts.unauthorized).toBeGreaterThan(0);
  const issued = authority.issued.filter(({ audience }) => audience === VISION_AUDIENCE);
  expect(issued.length).toBeGreaterThanOrEqual(2);
  expect((await visionOf(stack).stats()).calls).toBe(IMAGES);
}, 300_000);

test('2: a role that is missing ends the run with its name', async () => {
  authority.lifetime = { lasts: 3_600, told: 3_600 };
  await visionOf(stack).pace({ latencyMs: 0 });
  photos.role = 'none';
  const refused = await stack.client.startRun({ params: { container: CONTAINER }, query: {}, body: {} });
  const said = JSON.stringify(refused.body);
  photos.role = 'all';
  vision.role = 'none';
  const started = taken(
    await stack.client.startRun({ params: { container: CONTAINER }, query: {}, body: { features: ['Adult'] } }),
  );
  const failed = await ended(stack, started.id, 200_000);
  vision.role = 'all';
  expect(failed).toMatchObject({ status: 'Failed', reason: expect.stringContaining('Cognitive Services User') });
  expect(failed.counts.failed).toBe(0);
  expect(said).toContain('Storage Blob Data Reader');
  const next = await ended(stack, await startRun(stack, CONTAINER, { features: ['Adult'] }), 200_000);
  expect(next).toMatchObject({ status: 'Completed', counts: { failed: 0 } });
}, 500_000);
