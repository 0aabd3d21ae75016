import { KEY } from '../../../src/domain/container/totals';
import { createMemoryStores } from '../../../src/gateways/by-container/memory-by-container';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { ContainerQueries, summaryOf } from '../../../src/use-cases/containers/container-queries';
import { createMemoryActors } from '../actors/memory-actors';

function createSite() {
  const blobs = createMemoryBlobs();
  const actors = createMemoryActors(() => 0);
  const results = createMemoryResults();
  const { containers } = createMemoryStores();
  const asked: string[] = [];
  const counting = {
    container: (name: string) => {
      asked.push(name);
      return actors.container(name);
    },
  };
  return { blobs, actors, asked, containers, queries: new ContainerQueries(counting, blobs, results, containers) };
}

describe('summaryOf', () => {
  test('the total leaves removed images out', () => {
    const counters = { 'i:succeeded': 5, 'i:failed': 2, 'i:skipped': 1, 'i:removed': 9, [KEY.bytes]: 123 };
    expect(summaryOf('photos', counters)).toMatchObject({
      images: { total: 8, succeeded: 5, failed: 2, skipped: 1, removed: 9 },
      bytes: 123,
    });
  });

  test('tags come most frequent first, then by name, with the mean of those that had a confidence', () => {
    const counters = {
      ...{ [KEY.tag('sky')]: 2, [KEY.tag('dog')]: 2, [KEY.tag('__proto__')]: 3 },
      ...{ [KEY.tagConfidence('dog')]: 15_000, [KEY.tagConfidenceCount('dog')]: 2 },
    };
    expect(summaryOf('photos', counters).tags).toEqual([
      { name: '__proto__', count: 3 },
      { name: 'dog', count: 2, meanConfidence: 0.75 },
      { name: 'sky', count: 2 },
    ]);
  });
});

describe('ContainerQueries', () => {
  test('a container that no run has covered exists if storage says so', async () => {
    const { blobs, queries } = createSite();
    blobs.createContainer('photos');
    expect((await queries.summary('photos')).images.total).toBe(0);
    await expect(queries.summary('other')).rejects.toMatchObject({ code: 'container-not-found' });
  });

  test('a container that is gone from storage keeps its results', async () => {
    const { actors, containers, queries } = createSite();
    await actors.container('photos').beginRun({ runId: 'one' });
    await actors.container('photos').endRun({ runId: 'one' });
    const images = { total: 0, succeeded: 0, failed: 0, skipped: 0, removed: 0 };
    await containers.change('photos', () => ({ container: 'photos', images, lastRun: 'one', updatedAt: '' }));
    expect((await queries.summary('photos')).lastRun).toBe('one');
  });

  test('names that lead nowhere start no actor', async () => {
    const { asked, queries } = createSite();
    for (let i = 0; i < 50; i += 1) {
      await expect(queries.summary(`name-${i}`)).rejects.toMatchObject({ code: 'container-not-found' });
    }
    expect(asked).toEqual([]);
  });

  test('bad names and unknown images are refused', async () => {
    const { queries } = createSite();
    await expect(queries.summary('Photos')).rejects.toMatchObject({ code: 'invalid-container-name' });
    await expect(queries.images('$logs', {}, { size: 1 })).rejects.toMatchObject({ code: 'system-container' });
    await expect(queries.image('photos', 'a.jpg')).rejects.toMatchObject({ code: 'image-not-found' });
  });
});
