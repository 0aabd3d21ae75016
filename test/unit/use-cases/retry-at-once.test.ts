import { v7 as uuidv7 } from 'uuid';
import type { RunView } from '../../../src/domain/run/run';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import { createMemoryResults } from '../../../src/gateways/results/memory-results';
import { createMemoryRuns } from '../../../src/gateways/runs/memory-runs';
import { createMemoryVision } from '../../../src/gateways/vision/memory-vision';
import { createGetRun } from '../../../src/use-cases/runs/get-run';
import { createLiveRun } from '../../../src/use-cases/runs/live-run';
import { createRetryRun } from '../../../src/use-cases/runs/retry-run';
import { createStartRun } from '../../../src/use-cases/runs/start-run';
import { createMemoryActors } from '../actors/memory-actors';
import { stored } from '../domain/images';
import { VirtualClock } from '../pipeline/virtual-clock';

const ID = '1'.repeat(32);

/** A run that left one image failed, and the real start of runs over an index that is slower to write than to read. */
async function createSite() {
  const clock = new VirtualClock();
  const [nowMs, sleep] = [() => clock.nowMs(), (ms: number) => clock.sleep(ms)];
  const [actors, index, vision] = [createMemoryActors(nowMs), createMemoryRuns(), createMemoryVision()];
  const [blobs, results, engine] = [createMemoryBlobs(), createMemoryResults(), { starts: 0, isIndexDown: false }];
  const error = { code: 'vision-timeout', stage: 'vision', message: '', retryable: true } as const;
  const { version: _, ...failed } = stored('a', { status: 'failed', error });
  blobs.createContainer('photos');
  await results.save({ ...failed, container: 'photos', analyzedAt: '2026-01-01T00:00:00Z' }, 'new');
  await index.write({ id: ID, container: 'photos', prefix: '', status: 'CompletedWithErrors' } as RunView);
  const runs = {
    ...index,
    get: (id: string) => sleep(5).then(() => index.get(id)),
    async write(run: RunView) {
      await sleep(300);
      if (engine.isIndexDown) throw new Error('the index is down');
      await index.write(run);
    },
  };
  const workflows = {
    async schedule() {
      engine.starts += 1;
      return 'scheduled' as const;
    },
  };
  const liveRun = createLiveRun(actors);
  const startRun = createStartRun({
    ...{ actors, blobs, runs, liveRun, workflows, vision, nowMs },
    containerIndex: { refresh: async () => {} },
    instanceIds: { ended: async () => undefined, claim: async () => {} },
    purgeRun: async () => true,
    newRunId: () => uuidv7({ msecs: nowMs() }).replaceAll('-', ''),
  });
  const getRun = createGetRun({ runs, liveRun });
  const analyzer = () => vision.analyzer;
  const retryRun = createRetryRun({ getRun, startRun, actors, runs, results, analyzer, sleep });
  return { clock, engine, retry: () => retryRun({ id: ID, filter: {}, who: 'ann' }) };
}

test('a retry that is said twice at once starts one run, and both hear of it', async () => {
  const { clock, engine, retry } = await createSite();
  const [first, second] = await clock.until(Promise.all([retry(), retry()]));
  expect([second?.id, second?.retryOf]).toEqual([first?.id, ID]);
  expect(engine.starts).toBe(1);
});

test('where the first dies before the index knows of its run, the second is refused two seconds later', async () => {
  const { clock, engine, retry } = await createSite();
  engine.isIndexDown = true;
  const [first, second] = [retry(), retry()];
  first.catch(() => undefined); // it is awaited below
  await expect(clock.until(second)).rejects.toMatchObject({ code: 'run-active' });
  await expect(clock.until(first)).rejects.toThrow('the index is down');
  expect(clock.monotonicMs()).toBeGreaterThan(1_800);
  expect(clock.monotonicMs()).toBeLessThan(2_200);
});
