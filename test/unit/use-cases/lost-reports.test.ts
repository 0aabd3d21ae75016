import { chunkId, manifestKeys } from '../../../src/domain/ids';
import { contributionOf, type ImageDocument } from '../../../src/domain/image/image';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import { createMemoryCache } from '../../../src/gateways/cache/memory-cache';
import { createMemoryManifests } from '../../../src/gateways/manifests/memory-manifests';
import type { PageIndex } from '../../../src/domain/run/page-index';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { createMemoryVision } from '../../../src/gateways/vision/memory-vision';
import { Listing } from '../../../src/pipeline/listing';
import { rebuildLostReports } from '../../../src/use-cases/runs/lost-reports';

const RUN = '0'.repeat(32);
const ref = { runId: RUN, page: 0, chunk: 0 };

function stores() {
  const [manifests, results, blobs] = [createMemoryManifests(), createMemoryResults(), createMemoryBlobs()];
  const vision = createMemoryVision();
  const cache = createMemoryCache();
  const listing = new Listing({ blobs, cache, manifests, results, vision, sizes: { page: 4, chunk: 2 } });
  return { manifests, results, blobs, listing };
}

function document(blob: string, by: string, status: ImageDocument['status']): ImageDocument {
  const image = { status, sizeBytes: 1 };
  return {
    ...{ id: blob, container: 'photos', blob, etag: '1', runId: RUN, chunkId: by, attempts: [], replaced: {} },
    ...{ ...image, transactions: 0, contribution: contributionOf(image), analyzedAt: '2026-01-01T00:00:00.000Z' },
  };
}

test('a report that storage forgot is written again from the documents, once, and only for a chunk that is done', async () => {
  const { manifests, results, listing } = stores();
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
  const page = { runId: RUN, container: 'photos', prefix: '', page: 0, done: 0b01, mayRemove: true };
  expect(await rebuildLostReports({ manifests, results, listing }, page)).toBe(1);
  expect(await manifests.readReport(ref)).toMatchObject([
    { blob: 'a', status: 'succeeded', listed: true },
    { blob: 'b', status: 'unchanged', listed: true },
    { blob: 'c', status: 'removed', listed: false },
  ]);
  expect(manifests.keys()).not.toContain(manifestKeys.report({ ...ref, chunk: 1 }));
  expect(await rebuildLostReports({ manifests, results, listing }, page)).toBe(0);
});

test('an index that storage forgot is listed again; where that cannot be, nothing is told', async () => {
  const { manifests, results, blobs, listing } = stores();
  blobs.createContainer('photos');
  for (const name of ['a', 'b', 'c']) blobs.put('photos', name, Uint8Array.of(1));
  await results.save(document('a', chunkId(ref), 'succeeded'), 'new');
  const next = { ...ref, chunk: 1 };
  const page = { runId: RUN, container: 'photos', prefix: '', page: 0, done: 0b11, mayRemove: true };
  expect(await rebuildLostReports({ manifests, results, listing }, page)).toBe(2);
  expect(await manifests.readReport(ref)).toMatchObject([{ blob: 'a', status: 'succeeded' }]);
  expect(manifests.keys()).toEqual([manifestKeys.page(RUN, 0), manifestKeys.report(ref), manifestKeys.report(next)]); // no inputs
  const gone = { ...page, runId: '1'.repeat(32), container: 'gone' };
  expect(await rebuildLostReports({ manifests, results, listing }, gone)).toBe(0);
  blobs.failNext('listPage', 1);
  const later = { ...page, runId: '2'.repeat(32) };
  await expect(rebuildLostReports({ manifests, results, listing }, later)).rejects.toMatchObject({ retryable: true });
});

test('a run that held back tells no image as unchanged that was not listed', async () => {
  const { manifests, results, blobs, listing } = stores();
  blobs.createContainer('photos');
  for (const name of ['a', 'b']) blobs.put('photos', name, Uint8Array.of(1));
  await results.save(document('a', chunkId(ref), 'succeeded'), 'new');
  for (const name of ['b', 'lost']) await results.save(document(name, 'an earlier chunk', 'succeeded'), 'new');
  const page = { runId: RUN, container: 'photos', prefix: '', page: 0, done: 0b01, mayRemove: false };
  expect(await rebuildLostReports({ manifests, results, listing }, page)).toBe(1);
  expect(await manifests.readReport(ref)).toMatchObject([
    { blob: 'a', status: 'succeeded', listed: true },
    { blob: 'b', status: 'unchanged', listed: true },
  ]);
  expect(manifests.keys()).toEqual([manifestKeys.page(RUN, 0), manifestKeys.report(ref)]); // no inputs
  const gone = { runId: '1'.repeat(32), page: 0, chunk: 0 };
  await manifests.writePageOnce(gone.runId, 0, (await manifests.readPage(RUN, 0)) as PageIndex);
  await rebuildLostReports({ manifests, results, listing }, { ...page, runId: gone.runId, container: 'gone' });
  expect(await manifests.readReport(gone)).toEqual([]);
});

test('the inputs of chunks that were not finished stay', async () => {
  const { manifests, results, blobs, listing } = stores();
  blobs.createContainer('photos');
  for (const name of ['a', 'b', 'c', 'd']) blobs.put('photos', name, Uint8Array.of(1));
  for (const lost of ['index', 'report']) {
    const at = (chunk: number) => ({ runId: lost === 'index' ? RUN : '1'.repeat(32), page: 0, chunk });
    const page = { runId: at(0).runId, container: 'photos', prefix: '', page: 0, done: 0b10, mayRemove: false };
    if (lost === 'report') await listing.page(page, 0);
    expect(await rebuildLostReports({ manifests, results, listing }, page)).toBe(1);
    expect((await manifests.readChunk(at(0)))?.map(({ name }) => name)).toEqual(['a', 'b']);
  }
});
