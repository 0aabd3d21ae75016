import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { startLocalVision } from '../../../packages/dev-vision/src/server';
import { type AzureIdentity, createAzureIdentity } from '../../../src/gateways/azure-identity/azure-identity';
import type { IdentitySettings } from '../../../src/gateways/azure-identity/credential';
import { createAzureBlobs } from '../../../src/gateways/blobs/azure-blobs';
import type { BlobsGateway } from '../../../src/gateways/blobs/port';
import { createCosmosClient } from '../../../src/gateways/cosmos/client';
import { ensureCosmosSchema } from '../../../src/gateways/cosmos/schema';
import { createCosmosRuns } from '../../../src/gateways/runs/cosmos-runs';
import { createVision, type VisionGateway } from '../../../src/gateways/vision';
import { type Azurite, DEV_ACCOUNT, startAzurite } from '../gateways/azurite';
import { COSMOS_KEY, type Cosmos, startCosmos } from '../gateways/cosmos';
import { type Authority, CLIENT, CLIENT_SECRET, startAuthority, TENANT } from './authority';
import { cosmosKind, type GuardedService, STORAGE, startGuarded, visionKind } from './guarded-service';
import { type Certificate, drawCertificate } from './trust';

/**
 * Guarantee: without a key the gateways show a token of the application's identity, one for each service, and renew it before
 * anybody hears of its end; what cannot pass by itself says which role or setting is missing. Everything is real HTTP: an
 * authority of the test's own, and Azurite, the Cosmos development server and the local Vision behind what checks tokens.
 */

const PICTURE = readFileSync(join(__dirname, '../../../samples/pictures/wall-clock.jpg'));
const STORAGE_AUDIENCE = 'https://storage.azure.com';
const VISION_AUDIENCE = 'https://cognitiveservices.azure.com';

let tls: Certificate;
let authority: Authority;
let azurite: Azurite;
let cosmos: Cosmos;
let blobService: GuardedService;
let cosmosService: GuardedService;
let visionService: GuardedService;
let closeVision: () => Promise<void>;
const stops: (() => void)[] = [];

beforeAll(async () => {
  tls = drawCertificate();
  authority = await startAuthority(tls);
  azurite = await startAzurite({ tls: { cert: tls.path, key: tls.keyPath } });
  cosmos = await startCosmos();
  const vision = await startLocalVision({ port: 0, key: 'vision-key' });
  closeVision = () => vision.close();
  blobService = await startGuarded(tls, authority, new URL(azurite.url).origin, STORAGE);
  cosmosService = await startGuarded(tls, authority, cosmos.settings.endpoint, cosmosKind(COSMOS_KEY));
  visionService = await startGuarded(tls, authority, vision.endpoint, visionKind('vision-key'));
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('photos');
  await container.create();
  for (const name of ['a.jpg', 'b.jpg']) await container.getBlockBlobClient(name).upload(PICTURE, PICTURE.length);
}, 60_000);

afterAll(async () => {
  await Promise.all([blobService, cosmosService, visionService].map((one) => one?.close()));
  await closeVision?.();
  await cosmos?.stop();
  await azurite?.stop();
  await authority?.close();
  tls.discard();
});

beforeEach(() => {
  authority.issued.length = 0;
  authority.lifetime = { lasts: 3_600, told: 3_600 };
  authority.refusal = undefined;
  for (const service of [blobService, cosmosService, visionService]) {
    Object.assign(service, { role: 'all', counts: { served: 0, unauthorized: 0, forbidden: 0 } });
  }
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  for (const name of ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER']) delete process.env[name];
});

const besideToken = (name: string) => join(dirname(authority.tokenFile), name);
const BY_SECRET = (): IdentitySettings => ({
  ...{ method: 'secret', tenantId: TENANT, clientId: CLIENT, clientSecret: CLIENT_SECRET },
  authorityHost: authority.host,
});
const BY_WORKLOAD = (): IdentitySettings => ({
  ...{ method: 'workload', tenantId: TENANT, clientId: CLIENT, tokenFile: authority.tokenFile },
  authorityHost: authority.host,
});

function blobsOf(identity: AzureIdentity): BlobsGateway {
  return createAzureBlobs({ blobEndpoint: `${blobService.endpoint}/${DEV_ACCOUNT}`, identity });
}

function visionOf(identity: AzureIdentity): VisionGateway {
  const vision = createVision({ endpoint: visionService.endpoint, identity, apiVersion: '3.2', features: ['Tags'] });
  stops.push(() => vision.close());
  return vision;
}

function cosmosOf(identity: AzureIdentity) {
  const client = createCosmosClient({ endpoint: cosmosService.endpoint, identity });
  stops.push(() => client.dispose());
  return client;
}

/** Every service once: what was read, and what Vision said. */
async function readAll(identity: AzureIdentity) {
  const blobs = blobsOf(identity);
  const { blobs: listed } = await blobs.listPage('photos', { prefix: '', pageSize: 10 });
  const [first] = listed;
  if (!first) throw new Error('nothing is listed');
  const downloaded = await blobs.download('photos', first, { maxBytes: 1e7, timeoutMs: 10_000 });
  const analyzed = await visionOf(identity).analyze(PICTURE);
  await ensureCosmosSchema({ endpoint: cosmosService.endpoint, identity });
  const runs = await createCosmosRuns(cosmosOf(identity)).list({}, { size: 5 });
  return { account: blobs.account, listed: listed.map(({ name }) => name), downloaded, analyzed, runs };
}

describe('who signs in', () => {
  test.each<[string, () => IdentitySettings, string, string]>([
    ['a client secret', BY_SECRET, 'secret', CLIENT],
    ['the token of a Kubernetes service account', BY_WORKLOAD, 'workload', CLIENT],
    ['a managed identity of the machine', () => ({ method: 'managed' }), 'managed', 'of-the-system'],
    ['a managed identity of its own', () => ({ method: 'managed', clientId: CLIENT }), 'managed', CLIENT],
    ['whatever the place offers', () => ({ method: 'default', clientId: CLIENT }), 'managed', CLIENT],
  ])('%s reaches every service, with one token for each', async (_name, settings, by, clientId) => {
    process.env.IDENTITY_ENDPOINT = authority.managed.endpoint;
    process.env.IDENTITY_HEADER = authority.managed.header;
    const { account, listed, downloaded, analyzed, runs } = await readAll(createAzureIdentity(settings()));
    expect(account).toBe(DEV_ACCOUNT);
    expect(listed).toEqual(['a.jpg', 'b.jpg']);
    expect(downloaded).toMatchObject({ ok: true });
    expect(analyzed).toMatchObject({ ok: true, httpStatus: 200 });
    expect(runs).toMatchObject({ value: [] });
    const audiences = [STORAGE_AUDIENCE, VISION_AUDIENCE, cosmosService.endpoint];
    // The SDK shares its cache of managed identities within a process: a later test may find a token there.
    for (const issue of authority.issued) {
      expect(issue).toMatchObject({ by, clientId });
      expect(audiences).toContain(issue.audience);
    }
    if (by !== 'managed') expect(authority.issued.map(({ audience }) => audience).sort()).toEqual(audiences.sort());
    expect([blobService, visionService, cosmosService].map(({ counts }) => counts.unauthorized)).toEqual([0, 0, 0]);
  });

  test('a token of one service opens no other: the service behind would have refused it', async () => {
    const identity = createAzureIdentity(BY_SECRET());
    const token = await identity.token(`${VISION_AUDIENCE}/.default`);
    const answer = await fetch(`${blobService.endpoint}/${DEV_ACCOUNT}/photos?restype=container&comp=list`, {
      headers: { authorization: `Bearer ${token}`, 'x-ms-version': '2021-08-06' },
    });
    expect(answer.status).toBe(401);
  });
});

describe('a token that ends', () => {
  test('is renewed before its end, in the background, by one question for all', async () => {
    authority.lifetime = { lasts: 8, told: 4 };
    const identity = createAzureIdentity(BY_SECRET());
    const vision = visionOf(identity);
    const until = Date.now() + 9_000;
    const outcomes: boolean[] = [];
    while (Date.now() < until) {
      const answers = await Promise.all([1, 2, 3, 4].map(() => vision.analyze(PICTURE)));
      outcomes.push(...answers.map(({ ok }) => ok));
    }
    expect(outcomes).not.toContain(false);
    expect(visionService.counts.unauthorized).toBe(0);
    expect(authority.issued.length).toBeGreaterThanOrEqual(3);
    expect(authority.issued.length).toBeLessThanOrEqual(7);
  });

  test('earlier than was said is renewed after the refusal, and nobody hears of it', async () => {
    authority.lifetime = { lasts: 2, told: 3_600 };
    const identity = createAzureIdentity(BY_WORKLOAD());
    await readAll(identity);
    await new Promise((resolve) => setTimeout(resolve, 3_100)); // the whole seconds of a token
    authority.lifetime = { lasts: 3_600, told: 3_600 };
    const again = await readAll(identity);
    expect(again.listed).toEqual(['a.jpg', 'b.jpg']);
    expect(again.downloaded).toMatchObject({ ok: true });
    expect(again.analyzed).toMatchObject({ ok: true });
    expect(blobService.counts.unauthorized).toBeGreaterThan(0);
  });

  test('is renewed for the question what kind of account it is, too: its answer decides the order of names', async () => {
    authority.lifetime = { lasts: 1, told: 3_600 };
    const identity = createAzureIdentity(BY_SECRET());
    await identity.token(`${STORAGE_AUDIENCE}/.default`);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    authority.lifetime = { lasts: 3_600, told: 3_600 };
    expect(await blobsOf(identity).nameOrder()).toBe('utf-16');
    expect(blobService.counts).toMatchObject({ served: 1 });
    expect(authority.issued).toHaveLength(2);
  });

  test('a hundred calls that are refused at once ask for one new token', async () => {
    authority.lifetime = { lasts: 1, told: 3_600 };
    const identity = createAzureIdentity(BY_SECRET());
    const vision = visionOf(identity);
    await vision.analyze(PICTURE);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    authority.lifetime = { lasts: 3_600, told: 3_600 };
    const answers = await Promise.all(Array.from({ length: 100 }, () => vision.analyze(PICTURE)));
    expect(answers.filter(({ ok }) => !ok)).toEqual([]);
    expect(authority.issued).toHaveLength(2);
  });
});

describe('what is refused says what to do', () => {
  test('no role: storage, by the role and its scope', async () => {
    blobService.role = 'none';
    const blobs = blobsOf(createAzureIdentity(BY_SECRET()));
    await expect(blobs.listPage('photos', { prefix: '', pageSize: 1 })).rejects.toMatchObject({
      code: 'container-forbidden',
      message: expect.stringMatching(/no role.*Storage Blob Data Reader.*blobServices\/default\/containers/s),
    });
    const blob = { name: 'a.jpg', etag: 'x', sizeBytes: 1 };
    const outcome = await blobs.download('photos', blob, { maxBytes: 1e7, timeoutMs: 5_000 });
    expect(outcome).toMatchObject({ ok: false, code: 'download-forbidden', retryable: false });
    expect(outcome).toMatchObject({ message: expect.stringContaining('Storage Blob Data Reader') });
  });

  test('no role: Cosmos DB, by the role and its command', async () => {
    cosmosService.role = 'none';
    const identity = createAzureIdentity(BY_SECRET());
    await expect(ensureCosmosSchema({ endpoint: cosmosService.endpoint, identity })).rejects.toMatchObject({
      code: 'results-forbidden',
      message: expect.stringMatching(/Cosmos DB Built-in Data Contributor.*az cosmosdb sql role assignment create/s),
    });
  });

  test('no role: Vision, and it is no fault of an image', async () => {
    visionService.role = 'none';
    expect(await visionOf(createAzureIdentity(BY_SECRET())).analyze(PICTURE)).toMatchObject({
      ok: false,
      code: 'vision-unauthorized',
      retryable: false,
      message: expect.stringMatching(/PermissionDenied.*Cognitive Services User/s),
    });
  });

  test.each<[string, Partial<IdentitySettings>, RegExp]>([
    ['a wrong secret', { clientSecret: 'wrong' }, /AADSTS7000215.*AZURE_CLIENT_SECRET/],
    [
      'a client id that the tenant does not know',
      { clientId: `${CLIENT.slice(0, -1)}9` },
      /AADSTS700016.*AZURE_CLIENT_ID/,
    ],
  ])('%s', async (_name, wrong, message) => {
    const identity = createAzureIdentity({ ...BY_SECRET(), ...wrong });
    await expect(blobsOf(identity).listPage('photos', { prefix: '', pageSize: 1 })).rejects.toMatchObject({
      ...{ code: 'storage-forbidden', retryable: false },
      message: expect.stringMatching(message),
    });
    const failed = await visionOf(identity).analyze(PICTURE);
    expect(failed).toMatchObject({ ok: false, code: 'vision-unauthorized', retryable: false });
    await expect(ensureCosmosSchema({ endpoint: cosmosService.endpoint, identity })).rejects.toMatchObject({
      ...{ code: 'results-forbidden', retryable: false },
      message: expect.stringMatching(message),
    });
  });

  test('a service account that the identity does not trust', async () => {
    const other = besideToken('other');
    writeFileSync(other, 'of-another-account');
    const identity = createAzureIdentity({ ...BY_WORKLOAD(), tokenFile: other });
    await expect(identity.token(`${STORAGE_AUDIENCE}/.default`)).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/AADSTS700213.*federated credential.*system:serviceaccount/),
    });
  });

  test('a token file that is not there', async () => {
    const identity = createAzureIdentity({ ...BY_WORKLOAD(), tokenFile: besideToken('none') });
    await expect(identity.token(`${STORAGE_AUDIENCE}/.default`)).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining('AZURE_FEDERATED_TOKEN_FILE'),
    });
  });

  test('an authority that fails may answer later: no image is blamed', async () => {
    authority.refusal = { status: 503, error: 'temporarily_unavailable', description: 'AADSTS90033: try again.' };
    const identity = createAzureIdentity(BY_SECRET());
    const failed = await visionOf(identity).analyze(PICTURE);
    expect(failed).toMatchObject({ ok: false, code: 'vision-network', retryable: true });
    authority.refusal = undefined;
    expect(await visionOf(identity).analyze(PICTURE)).toMatchObject({ ok: true });
  }, 60_000);

  test('a database that is missing, by the commands that make it', async () => {
    const empty = await startCosmos({ schema: false });
    const service = await startGuarded(tls, authority, empty.settings.endpoint, cosmosKind(COSMOS_KEY));
    try {
      const identity = createAzureIdentity(BY_SECRET());
      const settings = { endpoint: service.endpoint, identity };
      const lines = await ensureCosmosSchema(settings).then(
        () => [],
        (error: Error) => error.message.split('\n'),
      );
      expect(lines[0]).toMatch(/the database and all containers of AnalysisResult are missing/);
      expect(lines[1]).toMatch(/^az cosmosdb sql database create .*--name AnalysisResult$/);
      expect(
        lines.slice(2).map((line) => /--name (\w+) --partition-key-path (\S+)/.exec(line)?.slice(1).join(' ')),
      ).toEqual([
        'ImageAnalysis /container',
        'Runs /kind',
        'AnalysisCache /id',
        'Activity /container',
        'EngineState /partitionKey',
      ]);
      await ensureCosmosSchema(empty.settings); // as an operator would, with a key
      await ensureCosmosSchema(settings);
      expect(service.counts.forbidden).toBe(0); // it did not try to create
    } finally {
      await service.close();
      await empty.stop();
    }
  });
});
