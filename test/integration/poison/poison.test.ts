import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { ENDPOINTS, pathOf, taken } from '../../../src/contract';
import { createPictures } from '../../../packages/bench/src/pictures';
import { judge } from '../../chaos/oracle';
import { eventually, startTestStack, withLogs } from '../framework';

// One image among forty ends every process that reads it. The chunk is halved until that image is alone, it is set aside
// with its reason, and all the others are analysed: nothing is lost, and only what was in flight is called again.
const IMAGES = 40;
const DEADLY = 23;
const IN_FLIGHT = 4;
const CONTAINER = 'album';

test('an image that ends its process is set aside, and blocks no other', async () => {
  const stack = await startTestStack({
    appScript: join(__dirname, 'app-with-poison.cjs'),
    appEnv: { MAX_IMAGES_IN_FLIGHT: String(IN_FLIGHT) },
  });
  try {
    await withLogs(async () => {
      const pictureOf = await createPictures(CONTAINER);
      const blobs = BlobServiceClient.fromConnectionString(stack.endpoints.blobConnectionString);
      const album = blobs.getContainerClient(CONTAINER);
      await album.create();
      for (let n = 0; n < IMAGES; n++) {
        const bytes = Buffer.from(pictureOf(n));
        const name = `${String(n).padStart(3, '0')}${n === DEADLY ? '-poison' : ''}.jpg`;
        await album.getBlockBlobClient(name).upload(bytes, bytes.length);
      }
      const { id } = taken(await stack.client.startRun({ params: { container: CONTAINER } }));

      let deaths = 0;
      const run = await eventually(
        async () => {
          deaths = stack.events.filter((event) => event.kind === 'died').length;
          const answer = await stack.api(pathOf(ENDPOINTS.getRun, { id }));
          const view = (await answer.json()) as { status: string; failureGroups: object[]; counts: object };
          return /^(Completed|Failed|Cancelled)/.test(view.status) ? view : undefined;
        },
        { what: 'the run ends', timeoutMs: 280_000, intervalMs: 500 },
      );
      process.stdout.write(`the image that ends its process was found after ${deaths} deaths of the app\n`);
      expect(run).toMatchObject({
        status: 'CompletedWithErrors',
        counts: { total: IMAGES, succeeded: IMAGES - 1, failed: 1 },
        failureGroups: [{ reason: 'poison', count: 1, sample: `${String(DEADLY).padStart(3, '0')}-poison.jpg` }],
      });
      expect(deaths).toBeGreaterThanOrEqual(3);
      await eventually(
        async () =>
          (await (await stack.api(pathOf(ENDPOINTS.listActivity, { container: CONTAINER }))).text()).includes(
            'run-completed',
          ),
        { what: 'run-completed arrives' },
      );
      const repeatable = deaths * IN_FLIGHT;
      const { endpoints } = stack;
      const verdict = await judge({ endpoints, container: CONTAINER, runId: id, repeatable, alone: true });
      expect(verdict.violations).toEqual([]);
    });
  } finally {
    await stack.stop();
  }
}, 300_000);
