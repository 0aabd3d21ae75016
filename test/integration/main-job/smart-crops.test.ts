/**
 * A deployment on Image Analysis 4.0 with smart crops, from its settings to the document, the API and the command line.
 *
 * 1. The configured ratios go to Vision and into the name of the feature; the crops are in each document.
 * 2. Other ratios are one transaction an image, tags are not paid for again, and the earlier crops stay.
 * 3. Ratios that were answered once cost nothing, and so does a copy of the photos.
 * 4. Nothing of Vision 3.2 is offered, and ratios that the service would refuse are refused before anything is spent.
 */
import { seedContainer } from '../../../packages/bench/src/seed-container';
import { compile, startCli } from '../../http/cli/running';
import { startTestStack, type TestStack, withLogs } from '../framework';
import { blobs, documents, quoteOf, runToEnd, violations, visionOf } from './client';

const ALBUM = 'album';
const COPY = 'copy';
const PHOTOS = 6;
const CONFIGURED = ['smartCrops:0.75:1.78', 'tags'];

let stack: TestStack;

beforeAll(async () => {
  await compile();
  stack = await startTestStack({
    appEnv: {
      VISION_API_VERSION: '4.0',
      VISION_FEATURES: 'tags,smartCrops',
      VISION_SMARTCROPS_ASPECT_RATIOS: '1.78,0.75',
    },
  });
  await seedContainer(stack.endpoints.blobConnectionString, ALBUM, PHOTOS);
}, 120_000);

afterAll(() => stack?.stop(), 60_000);

const scenario = (name: string, work: () => Promise<void>) => test(name, () => withLogs(work), 90_000);

/** The aspect ratios of the crops in the documents, where all have the same. */
async function ratios(container: string): Promise<readonly number[]> {
  const all = [...(await documents(stack, container)).values()];
  expect(all).toHaveLength(PHOTOS);
  const [first = []] = all.map(({ analysis }) => analysis?.smartCrops?.map(({ aspectRatio }) => aspectRatio));
  for (const { analysis } of all) {
    expect(analysis?.tags?.length).toBeGreaterThan(0);
    expect(analysis?.smartCrops?.map(({ aspectRatio }) => aspectRatio)).toEqual(first);
    for (const { aspectRatio, rectangle } of analysis?.smartCrops ?? []) {
      expect((rectangle.w ?? 0) / (rectangle.h ?? 1)).toBeCloseTo(aspectRatio, 1);
    }
  }
  return first;
}

scenario('1: the configured ratios', async () => {
  expect(await quoteOf(stack, ALBUM)).toMatchObject({ features: CONFIGURED, calls: PHOTOS, transactions: 2 * PHOTOS });
  const run = await runToEnd(stack, ALBUM);
  expect(run).toMatchObject({ status: 'Completed', features: CONFIGURED, calls: PHOTOS, transactions: 2 * PHOTOS });
  expect(await ratios(ALBUM)).toEqual([0.75, 1.78]);
  expect(await visionOf(stack).stats()).toMatchObject({ calls: PHOTOS, transactions: 2 * PHOTOS });
  expect(await violations(stack, ALBUM, run.id)).toEqual([]);

  const [name = ''] = (await documents(stack, ALBUM)).keys();
  const { body } = await stack.client.getImage({ params: { container: ALBUM, blob: name } });
  expect(body).toMatchObject({
    analysis: { smartCrops: [{ aspectRatio: 0.75, rectangle: { w: expect.any(Number) } }, { aspectRatio: 1.78 }] },
    analyzer: { features: CONFIGURED },
  });
  const shown = await startCli(['image', 'show', `${ALBUM}/${name}`], { CONTACTSHEET_ADDRESS: stack.endpoints.api })
    .ended;
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toMatch(/^crops +0\.75: \d+ x \d+ at \d+, \d+, 1\.78: \d+ x \d+ at \d+, \d+$/m);
});

scenario('2: other ratios are paid for alone, and the earlier crops stay', async () => {
  await visionOf(stack).forget();
  const features = ['smartcrops:1.33', 'tags'];
  expect(await quoteOf(stack, ALBUM, { features })).toMatchObject({ calls: PHOTOS, transactions: PHOTOS });
  const run = await runToEnd(stack, ALBUM, { features });
  expect(run).toMatchObject({ features: ['smartCrops:1.33', 'tags'], calls: PHOTOS, transactions: PHOTOS });
  expect(await visionOf(stack).stats()).toMatchObject({ calls: PHOTOS, transactions: PHOTOS });
  expect(await ratios(ALBUM)).toEqual([0.75, 1.33, 1.78]);
});

scenario('3: what was answered once costs nothing, in a copy neither', async () => {
  await visionOf(stack).forget();
  expect(await runToEnd(stack, ALBUM)).toMatchObject({ calls: 0, transactions: 0, counts: { unchanged: PHOTOS } });
  await blobs(stack, COPY).createIfNotExists();
  for await (const { name } of blobs(stack, ALBUM).listBlobsFlat()) {
    const bytes = await blobs(stack, ALBUM).getBlockBlobClient(name).downloadToBuffer();
    await blobs(stack, COPY).getBlockBlobClient(name).upload(bytes, bytes.length);
  }
  expect(await quoteOf(stack, COPY)).toMatchObject({ images: { cached: PHOTOS }, calls: 0, transactions: 0 });
  expect(await runToEnd(stack, COPY)).toMatchObject({ calls: 0, transactions: 0, cacheHits: PHOTOS });
  expect(await visionOf(stack).stats()).toMatchObject({ calls: 0, transactions: 0 });
  expect(await ratios(COPY)).toEqual([0.75, 1.33, 1.78]);
});

scenario('4: what Vision does not have is not offered, and refused before anything is spent', async () => {
  const { body } = await stack.client.getOpenApi();
  const { Features } = (body as unknown as { components: { schemas: Record<string, { description: string }> } })
    .components.schemas;
  const all = 'caption, denseCaptions, tags, objects, read, people, smartCrops';
  expect(Features?.description).toContain(`This installation has ${all}.`);
  expect(Features?.description).not.toContain('Landmarks');
  for (const feature of ['smartCrops:1.81', 'Color']) {
    const refused = await stack.client.startRun({ params: { container: ALBUM }, body: { features: [feature] } });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'invalid-request', errors: [{ pointer: '/body/features/0' }] },
    });
  }
});
