import { createHash } from 'node:crypto';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { text } from 'node:stream/consumers';
import { jsonLines, taken } from '../../../src/contract';
import type { Receipt, ReceiptReport } from '../../../src/domain/run/receipt';
import type { ImageOutcome } from '../../../src/domain/run/report';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { APP_ID, SYSTEM_BLOB_CONTAINERS } from '../../../src/names';
import { judge } from '../../chaos/oracle';
import { eventually, startTestStack, type TestStack, withLogs } from '../framework';
import { ask, ended, runToEnd, startRun } from '../main-job/client';

/**
 * What a run tells of itself, held against what lies outside: the listing, the documents, Vision's own book, and the
 * bytes of the reports as they lie in storage.
 */
const CONTAINER = 'run-records';
const IMAGES = 260;
const IN_FLIGHT = 8;

type FullReceipt = Receipt & { readonly reports: readonly ReceiptReport[] };

let stack: TestStack;
let first: string;

beforeAll(async () => {
  stack = await startTestStack({ vision: { latencyMs: 30 }, appEnv: { MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT) } });
  const { blobConnectionString } = stack.endpoints;
  await seedContainer(blobConnectionString, CONTAINER, IMAGES);
  await upload('broken/=not an image,"\n.jpg', Buffer.from('plain text'));
  await upload('broken/empty.jpg', Buffer.alloc(0));
});
afterAll(() => stack?.stop());

function containerOf(name: string): ContainerClient {
  return BlobServiceClient.fromConnectionString(stack.endpoints.blobConnectionString).getContainerClient(name);
}

async function upload(name: string, bytes: Buffer): Promise<void> {
  await containerOf(CONTAINER).getBlockBlobClient(name).upload(bytes, bytes.length);
}

const STORED = { params: { container: CONTAINER } };

async function receiptOf(id: string): Promise<FullReceipt> {
  return taken(await stack.client.getReceipt({ params: { id } })) as FullReceipt;
}

async function linesOf(id: string): Promise<ImageOutcome[]> {
  const report = taken(await stack.client.getRunReport({ params: { id } }));
  const lines: ImageOutcome[] = [];
  for await (const line of jsonLines<ImageOutcome>(report)) lines.push(line);
  return lines;
}

async function visionStats(): Promise<Record<string, number>> {
  return (await (await fetch(`${stack.endpoints.vision.endpoint}/stats`)).json()) as Record<string, number>;
}

async function expectNoViolations(runId: string, repeatable = 0): Promise<void> {
  const verdict = await judge({ endpoints: stack.endpoints, container: CONTAINER, runId, repeatable });
  expect(verdict.violations).toEqual([]);
}

test('a run tells every image, adds up, and proves its reports by hash', () =>
  withLogs(async () => {
    const run = await runToEnd(stack, CONTAINER);
    first = run.id;
    const lines = await linesOf(first);
    const names = [];
    let bytes = 0;
    for await (const { name, properties } of containerOf(CONTAINER).listBlobsFlat()) {
      names.push(name);
      bytes += properties.contentLength ?? 0;
    }
    expect(lines.map(({ blob }) => blob)).toEqual(names);
    expect(lines.filter(({ status }) => status === 'succeeded')).toHaveLength(IMAGES);

    const receipt = await receiptOf(first);
    const { calls } = await visionStats();
    expect(receipt).toMatchObject({
      ...{ run: first, container: CONTAINER, calls, downloads: IMAGES + 1, retries: 0, maybeBilledCount: 0 },
      bytesDownloaded: bytes,
      ...{ counts: run.counts, recount: { clean: true, differences: [], count: 0 } },
    });
    expect(receipt.reports.reduce((sum, report) => sum + report.lines, 0)).toBe(IMAGES + 2);
    for (const { key, sha256 } of receipt.reports) {
      const bytes = await containerOf(SYSTEM_BLOB_CONTAINERS.manifests)
        .getBlobClient(await blobOf(key))
        .downloadToBuffer();
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
    await expectNoViolations(first);
  }));

/** The blob behind a key of the component, whatever prefix the sidecar puts before it. */
async function blobOf(key: string): Promise<string> {
  for await (const { name } of containerOf(SYSTEM_BLOB_CONTAINERS.manifests).listBlobsFlat()) {
    if (name === key || name === `${APP_ID}||${key}`) return name;
  }
  throw new Error(`no blob holds ${key}`);
}

test('the failures are found by filter, with their history and what to do about them', () =>
  withLogs(async () => {
    const query = { status: 'skipped', prefix: 'broken/' } as const;
    const { value: found } = taken(await stack.client.listRunImages({ params: { id: first }, query }));
    expect(found.map(({ blob, reason }) => [blob, reason])).toEqual([
      ['broken/=not an image,"\n.jpg', 'not-an-image'],
      ['broken/empty.jpg', 'empty'],
    ]);
    const history = await ask(found[0]?.links.history ?? '');
    expect(history.body).toMatchObject({ status: 'skipped', reason: 'not-an-image', advice: found[0]?.advice });
    const good = await stack.client.getImageHistory({
      params: { container: CONTAINER, blob: 'photo-0000000.jpg' },
    });
    expect(taken(good).attempts).toMatchObject([
      { stage: 'download', runId: first },
      { stage: 'vision', httpStatus: 200, runId: first },
    ]);

    const csv = await text(taken(await stack.client.getRunReport({ params: { id: first }, accept: 'text/csv' })));
    expect(csv.split('\r\n')).toHaveLength(1 + IMAGES + 2 + 1);
    expect(csv).toContain('"broken/=not an image,""\n.jpg",skipped,true,not-an-image');
  }));

test('the steps are those of the workflow, with their times', () =>
  withLogs(async () => {
    const { value: steps } = taken(await stack.client.listRunSteps({ params: { id: first } }));
    expect(steps.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['snapshot', 'quote', 'analyze', 'page', 'finish']),
    );
    for (const { state, startedAt, endedAt } of steps) {
      expect(state).toBe('done');
      expect(Date.parse(endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(startedAt ?? ''));
    }
  }));

test('a run over an unchanged container writes no report, and tells its images all the same', () =>
  withLogs(async () => {
    const began = Date.now();
    const run = await runToEnd(stack, CONTAINER);
    process.stdout.write(`unchanged run of ${IMAGES + 2} images: ${Date.now() - began} ms with its announcement\n`);
    const receipt = await receiptOf(run.id);
    expect(receipt).toMatchObject({ calls: 0, downloads: 0, transactions: 0, reports: [] });
    const lines = await linesOf(run.id);
    expect(lines).toHaveLength(IMAGES + 2);
    expect(new Set(lines.map(({ status }) => status))).toEqual(new Set(['unchanged']));
    await expectNoViolations(run.id);
  }));

test('what is not as it should be is found, and put right', () =>
  withLogs(async () => {
    const clean = await stack.client.verifyContainer(STORED);
    expect([clean.status, clean.body]).toMatchObject([200, { clean: true, differences: [], count: 0 }]);
    await containerOf(CONTAINER).deleteBlob('photo-0000003.jpg');
    await upload('late.jpg', Buffer.from('late'));
    const found = await stack.client.verifyContainer(STORED);
    if (found.status !== 200) throw new Error(`There is no verification: ${found.status}`);
    expect(found.body).toMatchObject({ clean: false, count: 2 });
    expect(found.body.differences.map((one) => `${one.kind} ${'blob' in one ? one.blob : ''}`).sort()).toEqual([
      'missing late.jpg',
      'orphan photo-0000003.jpg',
    ]);
    const repaired = (await stack.client.repairContainer(STORED)).body;
    expect(repaired).toMatchObject({ count: expect.any(Number), changed: { orphans: 1 } });
    await containerOf(CONTAINER).deleteBlob('late.jpg');
    expect((await stack.client.verifyContainer(STORED)).body).toMatchObject({ clean: true });
    expect(taken(await stack.client.getContainer(STORED)).images).toMatchObject({ total: IMAGES + 1, removed: 1 });
  }));

test('a killed app: what it may have paid for stands in the receipt', () =>
  withLogs(async () => {
    for (let n = 0; n < 120; n++) await upload(`more/${n}.jpg`, await another(n));
    const before = Number((await visionStats()).calls);
    const id = await startRun(stack, CONTAINER);
    const refused = await stack.client.verifyContainer(STORED);
    expect(refused).toMatchObject({ status: 409, body: { existingRun: id } });
    expect((await stack.client.getReceipt({ params: { id } })).body).toMatchObject({ code: 'receipt-not-found' });
    await eventually(async () => Number((await visionStats()).calls) > before + 40, {
      what: '40 calls',
      intervalMs: 10,
    });
    await stack.kill('app');
    await stack.ready('app');
    const run = await ended(stack, id, 90_000);
    const receipt = await receiptOf(run.id);
    const sent = Number((await visionStats()).calls) - before;
    process.stdout.write(
      `killed in the middle: ${sent} calls sent, ${receipt.calls} known, ${receipt.maybeBilledCount} maybe billed\n`,
    );
    expect(receipt.calls).toBeLessThanOrEqual(sent);
    expect(receipt.calls + receipt.maybeBilledCount).toBeGreaterThanOrEqual(sent);
    expect(receipt.maybeBilledCount).toBeLessThanOrEqual(IN_FLIGHT);
    expect(await linesOf(run.id)).toHaveLength(run.counts.total);
    expect((await stack.client.verifyContainer(STORED)).body).toMatchObject({ clean: true });
    await expectNoViolations(run.id, IN_FLIGHT);
  }));

/** A picture of the first container with another end: bytes of its own. */
async function another(n: number): Promise<Buffer> {
  const bytes = await containerOf(CONTAINER).getBlobClient('photo-0000000.jpg').downloadToBuffer();
  return Buffer.concat([bytes, Buffer.from(`another ${n}`)]);
}
