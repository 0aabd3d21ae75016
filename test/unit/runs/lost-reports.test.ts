import { chunkId, manifestKeys } from '../../../src/domain/ids';
import { contributionOf, type ImageDocument } from '../../../src/domain/image';
import { createMemoryManifests } from '../../../src/gateways/manifests/memory-manifests';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { rebuildLostReports } from '../../../src/runs/lost-reports';

const RUN = '0'.repeat(32);
const ref = { runId: RUN, page: 0, chunk: 0 };

function document(blob: string, by: string, status: ImageDocument['status']): ImageDocument {
  const image = { status, sizeBytes: 1 };
  return {
    ...{ id: blob, container: 'photos', blob, etag: '1', runId: RUN, chunkId: by, attempts: [], replaced: {} },
    ...{ ...image, transactions: 0, contribution: contributionOf(image), analyzedAt: '2026-01-01T00:00:00.000Z' },
  };
}

test('a report that storage forgot is written again from the documents, once, and only for a chunk that is done', async () => {
  const [manifests, results] = [createMemoryManifests(), createMemoryResults()];
  await manifests.writePageOnce(RUN, 0, {
    chunks: [
      { to: 'm', count: 2, settled: false },
      { from: 'm', count: 1, settled: false },
    ],
    counts: { total: 3, new: 2, changed: 0, unchanged: 1, missing: 1, ineligible: {} },
  });
  await results.save(document('a', chunkId(ref), 'succeeded'), 'new');
  await results.save(document('b', 'an earlier chunk', 'succeeded'), 'new');
  await results.save(document('c', chunkId(ref), 'removed'), 'new');
  await results.save(document('z', chunkId(ref), 'succeeded'), 'new');
  const page = { runId: RUN, container: 'photos', prefix: '', page: 0, done: 0b01 };
  expect(await rebuildLostReports({ manifests, results }, page)).toBe(1);
  expect(await manifests.readReport(ref)).toMatchObject([
    { blob: 'a', status: 'succeeded', listed: true },
    { blob: 'b', status: 'unchanged', listed: true },
    { blob: 'c', status: 'removed', listed: false },
  ]);
  expect(manifests.keys()).not.toContain(manifestKeys.report({ ...ref, chunk: 1 }));
  expect(await rebuildLostReports({ manifests, results }, page)).toBe(0);
});
