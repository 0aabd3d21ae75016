/**
 * What runs over the same container leave behind.
 *
 * 1. A run over an unchanged container adds its own few records and nothing that grows with the images.
 * 2. Inputs are gone when a run is sealed, whatever it found.
 * 3. When old runs are forgotten, what they left is gone: as many documents and blobs as after the first run.
 */
import { createClient } from '../../../src/contract';
import { engineState } from '../../../packages/bench/src/engine-state';
import { type Records, recordsIn } from '../../../packages/bench/src/footprint';
import { createPictures } from '../../../packages/bench/src/pictures';
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { eventually, startTestStack, type TestStack } from '../framework';
import { blobs, runToEnd } from './client';

const CONTAINER = 'again';
const IMAGES = 500;
const CHANGED = 20;
/** Of each picture in the cache: its answer, and the note by which a listing knows it. */
const CACHED = 2;
/** Of one unchanged run: its index entry, its actor, what it announced, ledger, verdict and receipt. */
const MOST_BYTES_A_RUN = 12_000;

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ vision: { latencyMs: 5 }, engineRetention: '5s' });
  await seedContainer(stack.endpoints.blobConnectionString, CONTAINER, IMAGES);
}, 120_000);
afterAll(() => stack?.stop(), 60_000);

test('runs over the same container', async () => {
  const runs = [await runToEnd(stack, CONTAINER)];
  const first = await settled();
  expect(first.blobs.input.count).toBe(0); // 2
  expect(first.documents).toMatchObject({
    ImageAnalysis: { count: IMAGES },
    AnalysisCache: { count: CACHED * IMAGES },
  });

  runs.push(await runToEnd(stack, CONTAINER));
  const second = await settled();
  expect(second.blobs).toMatchObject({ input: { count: 0 }, report: first.blobs.report });
  expect(second.documents).toMatchObject({
    ImageAnalysis: first.documents.ImageAnalysis,
    AnalysisCache: first.documents.AnalysisCache,
  });
  expect(bytesOf(second) - bytesOf(first)).toBeLessThan(MOST_BYTES_A_RUN); // 1

  await change();
  runs.push(await runToEnd(stack, CONTAINER));
  const third = await settled();
  expect(third.blobs.input.count).toBe(0);
  expect(third.documents).toMatchObject({
    ImageAnalysis: { count: IMAGES },
    AnalysisCache: { count: CACHED * (IMAGES + CHANGED) },
  });
  const told = [first, second, third].map((records) => `${Math.round(bytesOf(records) / 1_000)} kB`);
  process.stdout.write(`after 1, 2 unchanged and 3 with ${CHANGED} changed: ${told.join(', ')}\n`);

  for (const { id } of runs.slice(0, -1)) await forget(id);
  const last = await settled();
  const perRun = (records: Records) => [records.documents.Runs?.count, records.documents.EngineState?.count];
  expect(perRun(last)).toEqual(perRun(first)); // 3
  expect(last.blobs.receipt.count).toBe(1);
  expect(last.blobs.report.count).toBeLessThanOrEqual(first.blobs.report.count);
  expect(last.documents.ImageAnalysis).toMatchObject({ count: IMAGES });
  expect((await stack.client.getContainer({ params: { container: CONTAINER } })).body).toMatchObject({
    images: { total: IMAGES },
  });
}, 240_000);

/** What is there when the engine has forgotten the last run and Dapr has cleaned up. */
async function settled(): Promise<Records> {
  await eventually(async () => (await engineState(stack.endpoints.cosmos)).ofEngine === 0, {
    what: 'the engine forgets the run',
    timeoutMs: 60_000,
    intervalMs: 500,
  });
  let [records, before] = [await recordsIn(stack.endpoints), ''];
  await eventually(
    async () => {
      records = await recordsIn(stack.endpoints);
      const { documents, blobs: ours } = records;
      const now = JSON.stringify([documents.EngineState?.count, documents.Activity?.count, ours]);
      const isStill = now === before;
      before = now;
      return isStill && ours.input.count === 0;
    },
    { what: 'everything is cleaned up', timeoutMs: 60_000, intervalMs: 1_000 },
  );
  return records;
}

const bytesOf = ({ documents, blobs: ours }: Records): number =>
  [...Object.values(documents), ...Object.values(ours)].reduce((sum, { bytes }) => sum + bytes, 0);

async function change(): Promise<void> {
  const pictureOf = await createPictures('other');
  const container = blobs(stack, CONTAINER);
  let changed = 0;
  for await (const { name } of container.listBlobsFlat()) {
    if (changed === CHANGED) return;
    const bytes = Buffer.from(pictureOf(changed++));
    await container.getBlockBlobClient(name).upload(bytes, bytes.length);
  }
}

/** As the end of REPORT_RETENTION_DAYS does (src/jobs/retention.ts). */
async function forget(id: string): Promise<void> {
  const { endpoints } = stack;
  const answer = await createClient({ address: endpoints.api }).purgeInstance({ params: { instanceId: id } });
  expect([answer.status, answer.body]).toEqual([200, { instancesDeleted: 1 }]);
}
