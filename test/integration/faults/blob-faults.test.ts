/**
 * What Blob Storage, and the blobs in it, may do to a run. A proxy between the app and the storage emulator misbehaves by
 * name of the blob; every fault is seen to have happened.
 *
 * 1. What passes is tried again: 503, a broken connection, half an answer, a slow one.
 * 2. A blob that is deleted after it was listed is recorded as removed; one that is replaced is analysed as it is now.
 * 3. What Vision would not take costs no call, and what is too large or empty not even a download.
 * 4. Storage that forbids reading in the middle stops the run with its reason, and the next run does what is left.
 */
import { BlobServiceClient } from '@azure/storage-blob';
import sharp from 'sharp';
import { taken } from '../../../src/contract';
import { createPictures } from '../../../packages/bench/src/pictures';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { AZURITE_ACCOUNT, azuriteConnectionString } from '../../../packages/dev-stack/src/settings';
import { type Fault, type FaultProxy, startFaultProxy } from '../../../packages/bench/src/fault-proxy';
import { startTestStack, type TestStack } from '../framework';
import { blobs, documents, runToEnd, violations } from '../main-job/client';

const MB = 1024 * 1024;

let stack: TestStack;
let proxy: FaultProxy;
let pictureOf: (n: number) => Uint8Array;

beforeAll(async () => {
  proxy = await startFaultProxy();
  const port = Number(new URL(proxy.url).port);
  const connectionString = azuriteConnectionString({ blob: port, queue: port });
  stack = await startTestStack({ appEnv: { AZURE_STORAGE_CONNECTION_STRING: connectionString } });
  proxy.forwardTo(BlobServiceClient.fromConnectionString(stack.endpoints.blobConnectionString).url);
  pictureOf = await createPictures('blob faults');
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  await proxy?.stop();
}, 60_000);

const put = (container: string, name: string, bytes: Uint8Array) =>
  blobs(stack, container).getBlockBlobClient(name).upload(Buffer.from(bytes), bytes.length);

/** Downloads of this blob so far. */
const downloads = (container: string, name: string) =>
  proxy.requests.filter((line) => line === `GET /${AZURITE_ACCOUNT.name}/${container}/${name}`).length;

const xml = (status: number, code: string): Fault => ({
  status,
  headers: { 'content-type': 'application/xml', 'x-ms-error-code': code },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`,
});

test('1: what passes is tried again', async () => {
  const container = 'passing';
  await seedContainer(stack.endpoints.blobConnectionString, container, 20);
  const troubles: Readonly<Record<string, Fault>> = {
    'busy.jpg': xml(503, 'ServerBusy'),
    'failing.jpg': xml(500, 'InternalError'),
    'broken.jpg': 'reset',
    'half.jpg': 'truncate',
    'slow.jpg': { holdMs: 3_000 },
  };
  for (const [n, name] of Object.keys(troubles).entries()) await put(container, name, pictureOf(n));
  proxy.obey((line) => {
    const name = line.split('/').at(-1) ?? '';
    return downloads(container, name) <= 2 ? (troubles[name] ?? 'pass') : 'pass';
  });
  const run = await runToEnd(stack, container);
  expect(run).toMatchObject({ status: 'Completed', calls: 25, counts: { total: 25, succeeded: 25 } });
  for (const name of Object.keys(troubles)) expect(downloads(container, name)).toBe(name === 'slow.jpg' ? 1 : 3);
  const history = await stack.client.getImageHistory({ params: { container, blob: 'half.jpg' } });
  expect(taken(history).attempts).toMatchObject([
    { stage: 'download', code: 'download-failed', retryable: true },
    { stage: 'download', code: 'download-failed', retryable: true },
    { stage: 'download' },
    { stage: 'vision', httpStatus: 200 },
  ]);
  expect(await violations(stack, container, run.id)).toEqual([]);
}, 90_000);

test('2: deleted or replaced between the listing and the download', async () => {
  const container = 'moving';
  await seedContainer(stack.endpoints.blobConnectionString, container, 10);
  await put(container, 'deleted.jpg', pictureOf(50));
  await put(container, 'replaced.jpg', pictureOf(51));
  proxy.obey(async (line): Promise<Fault> => {
    if (line.endsWith('/deleted.jpg')) await blobs(stack, container).getBlockBlobClient('deleted.jpg').deleteIfExists();
    if (line === `GET /${AZURITE_ACCOUNT.name}/${container}/replaced.jpg` && downloads(container, 'replaced.jpg') === 1)
      await put(container, 'replaced.jpg', pictureOf(52));
    return 'pass';
  });
  const run = await runToEnd(stack, container);
  expect(run).toMatchObject({ status: 'Completed', calls: 11 });
  const found = await documents(stack, container);
  expect(found.get('deleted.jpg')).toMatchObject({ status: 'removed', reason: 'gone' });
  const { etag } = await blobs(stack, container).getBlobClient('replaced.jpg').getProperties();
  expect(found.get('replaced.jpg')).toMatchObject({ status: 'succeeded', etag: etag?.replaceAll('"', '') });
  const second = await runToEnd(stack, container);
  expect(second).toMatchObject({ status: 'Completed', calls: 0, counts: { total: 11, unchanged: 11 } });
  expect(await violations(stack, container, second.id)).toEqual([]);
}, 90_000);

test('3: blobs that are no picture for Vision', async () => {
  const container = 'odd';
  await seedContainer(stack.endpoints.blobConnectionString, container, 5);
  const sized = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#336699' } });
  const padded = (bytes: number) => Buffer.concat([pictureOf(60), Buffer.alloc(bytes - pictureOf(60).length)]);
  const script = Buffer.from('<script>alert(document.cookie)</script>PK\u0003\u0004');
  await put(container, 'empty.jpg', Buffer.alloc(0));
  await put(container, 'text.jpg', Buffer.from('no picture at all'));
  await put(container, 'narrow.png', await sized(49, 400).png().toBuffer());
  await put(container, 'wide.png', await sized(16_001, 60).png().toBuffer());
  await put(container, 'cut.png', (await sized(64, 64).png().toBuffer()).subarray(0, 12));
  await put(container, 'drawing.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>'));
  await put(container, 'just-fits.jpg', padded(4 * MB - 1));
  await put(container, 'one-too-many.jpg', padded(4 * MB));
  await put(container, 'polyglot.jpg', Buffer.concat([pictureOf(61), script]));
  // 196 megapixels in a few kilobytes: nobody here may decode it.
  await put(container, 'bomb.png', await sized(14_000, 14_000).png({ palette: true, colours: 2 }).toBuffer());
  // A gigabyte that takes no room: pages that were never written.
  await blobs(stack, container)
    .getPageBlobClient('huge.jpg')
    .create(1024 * MB);
  proxy.obey(() => 'pass');
  const run = await runToEnd(stack, container);
  const found = await documents(stack, container);
  const reasons = Object.fromEntries([...found].flatMap(([blob, { reason }]) => (reason ? [[blob, reason]] : [])));
  expect(reasons).toMatchObject({
    'empty.jpg': 'empty',
    'text.jpg': 'not-an-image',
    'narrow.png': 'too-small',
    'wide.png': 'too-large-pixels',
    'cut.png': 'corrupt',
    'drawing.svg': 'unsupported-format',
    'one-too-many.jpg': 'too-large-bytes',
    'huge.jpg': 'too-large-bytes',
  });
  for (const blob of ['just-fits.jpg', 'polyglot.jpg', 'bomb.png']) expect(found.get(blob)?.status).toBe('succeeded');
  for (const blob of ['empty.jpg', 'one-too-many.jpg', 'huge.jpg']) expect(downloads(container, blob)).toBe(0);
  expect(stack.events.filter(({ kind }) => kind === 'died')).toEqual([]);
  expect(await violations(stack, container, run.id)).toEqual([]);
}, 90_000);

test('4: storage forbids reading in the middle of a run', async () => {
  const container = 'forbidden';
  await seedContainer(stack.endpoints.blobConnectionString, container, 40);
  const isDownload = (line: string) => line.startsWith(`GET /${AZURITE_ACCOUNT.name}/${container}/`);
  const before = proxy.requests.length;
  proxy.obey((line) => {
    const isLate = proxy.requests.slice(before).filter(isDownload).length > 10;
    return isDownload(line) && isLate ? xml(403, 'AuthorizationPermissionMismatch') : 'pass';
  });
  const refused = await runToEnd(stack, container);
  expect(refused).toMatchObject({ status: 'Failed', counts: { succeeded: 10, inFlight: 0 } });
  expect(refused.reason).toMatch(/storage-forbidden.*forbidden/);
  proxy.obey(() => 'pass');
  const run = await runToEnd(stack, container);
  expect(run).toMatchObject({ status: 'Completed', calls: 30, counts: { total: 40, succeeded: 30, unchanged: 10 } });
  expect(await violations(stack, container, run.id)).toEqual([]);
}, 90_000);
