/**
 * A run of 300 images as an identity, whose tokens end again and again before anybody says so.
 *
 * 1. No image fails, none is called for twice, and the totals are right: a refused token is renewed and shown once more.
 * 2. A role that is taken away ends the run with its name, and no image is blamed; given back, the next run does the work.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AccountSASPermissions,
  BlobServiceClient,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { AZURITE_ACCOUNT } from '../../../packages/dev-stack/src/settings';
import { taken } from '../../../src/contract';
import { type Authority, CLIENT, startAuthority, TENANT } from '../../contract/identity/authority';
import {
  type GuardedService,
  signedStorage,
  startGuarded,
  STORAGE,
  visionKind,
} from '../../contract/identity/guarded-service';
import { type Certificate, drawCertificate } from '../../contract/identity/trust';
import { startTestStack, type TestStack } from '../framework';
import { ended, runToEnd, violations, visionOf } from '../main-job/client';

const IMAGES = 300;
const CONTAINER = 'identity';
const NOWHERE = 'http://127.0.0.1:9';
const PICTURE = readFileSync(join(__dirname, '../../../samples/pictures/wall-clock.jpg'));

let tls: Certificate;
let folder: string;
let authority: Authority;
let photos: GuardedService;
let vision: GuardedService;
let stack: TestStack;

beforeAll(async () => {
  tls = drawCertificate();
  folder = mkdtempSync(join(tmpdir(), 'contactsheet-identity-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'a-token-of-the-service-account');
  authority = await startAuthority(tls, tokenFile);
  photos = await startGuarded(tls, authority, NOWHERE, STORAGE);
  vision = await startGuarded(tls, authority, NOWHERE, visionKind(''));
  stack = await startTestStack({
    appEnv: {
      ...{ AZURE_IDENTITY: 'workload', AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT },
      ...{ AZURE_FEDERATED_TOKEN_FILE: tokenFile, AZURE_AUTHORITY_HOST: authority.host },
      NODE_EXTRA_CA_CERTS: tls.path,
      PHOTOS_STORAGE_BLOB_ENDPOINT: `${photos.endpoint}/${AZURITE_ACCOUNT.name}`,
      ...{ VISION_ENDPOINT: vision.endpoint, VISION_KEY: '' },
    },
  });
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
  await Promise.all([photos, vision].map((one) => one?.close()));
  await authority?.close();
  rmSync(folder, { recursive: true, force: true });
  tls.discard();
}, 60_000);

/** The application may read and list, and no more: its own writes would be refused. */
function readingSignature(): string {
  const { name, key } = AZURITE_ACCOUNT;
  const expiresOn = new Date(Date.now() + 3_600_000);
  const permissions = AccountSASPermissions.parse('rl');
  const values = { expiresOn, permissions, resourceTypes: 'sco', services: 'b' };
  return generateAccountSASQueryParameters(values, new StorageSharedKeyCredential(name, key)).toString();
}

test('1: tokens that end in the middle of a run fail no image', async () => {
  authority.lifetime = { lasts: 2, told: 3_600 };
  await visionOf(stack).pace({ latencyMs: 2_500 });
  const run = await runToEnd(stack, CONTAINER);
  expect(run).toMatchObject({
    status: 'Completed',
    counts: { total: IMAGES, succeeded: IMAGES, failed: 0, skipped: 0 },
  });
  expect(await violations(stack, CONTAINER, run.id)).toEqual([]);
  expect(photos.counts.unauthorized).toBeGreaterThan(0);
  expect(vision.counts.unauthorized).toBeGreaterThan(0);
  const issued = authority.issued.filter(({ audience }) => audience === 'https://cognitiveservices.azure.com');
  expect(issued.length).toBeGreaterThan(2);
  expect((await visionOf(stack).stats()).calls).toBe(IMAGES);
}, 180_000);

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
  const failed = await ended(stack, started.id);
  vision.role = 'all';
  expect(failed).toMatchObject({ status: 'Failed', reason: expect.stringContaining('Cognitive Services User') });
  expect(failed.counts.failed).toBe(0);
  expect(said).toContain('Storage Blob Data Reader');
  const next = await runToEnd(stack, CONTAINER, { features: ['Adult'] });
  expect(next).toMatchObject({ status: 'Completed', counts: { failed: 0 } });
}, 180_000);
