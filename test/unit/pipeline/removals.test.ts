import type { RunRequest } from '../../../src/domain/run/run';
import { createInMemoryPipeline, Engine, type InMemoryPipeline } from './in-memory-pipeline';
import { picture } from './pictures';
import { simulateRun } from './simulated-run';

/** Results of images that are gone leave side by side, and stop when the run stops: what is left leaves in the next run. */

const CONTAINER = 'photos';
const IMAGES = 60;
/** Each request and each answer is under way so long: one removal takes six of them. */
const LAG_MS = 20;

const request = (id: string): RunRequest => ({
  ...{ id: id.repeat(32), container: CONTAINER, prefix: '', features: [], confirmShrink: true },
  startedAt: '2026-01-01T00:00:00.000Z',
});

/** A container whose images were analysed and are all gone, but one. */
async function emptied(): Promise<{ pipeline: InMemoryPipeline; engine: Engine; removedAtMs: number[] }> {
  const pipeline = createInMemoryPipeline();
  const { blobs, clock, results } = pipeline;
  const names = Array.from({ length: IMAGES }, (_, n) => `${String(n).padStart(4, '0')}.jpg`);
  blobs.createContainer(CONTAINER);
  for (const [n, name] of names.entries()) blobs.put(CONTAINER, name, picture(`picture ${n}`));
  const fair = new Engine(pipeline, { fate: () => undefined, lagMs: () => 0 });
  await clock.until(simulateRun(pipeline, fair, request('1')));
  for (const name of names.slice(1)) blobs.remove(CONTAINER, name);
  const removedAtMs: number[] = [];
  const { save } = results;
  results.save = (document, expected) => {
    if (document.status === 'removed') removedAtMs.push(clock.monotonicMs());
    return save(document, expected);
  };
  return { pipeline, engine: new Engine(pipeline, { fate: () => undefined, lagMs: () => LAG_MS }), removedAtMs };
}

const removed = ({ results }: InMemoryPipeline) =>
  results.documents(CONTAINER).filter(({ status }) => status === 'removed').length;

async function untilFirst(removedAtMs: readonly number[], { clock }: InMemoryPipeline): Promise<number> {
  while (removedAtMs.length === 0) await clock.advance(10);
  return clock.monotonicMs();
}

test.each(['pause', 'cancel'] as const)('%s stops removals within a second, and the next run goes on', async (verb) => {
  const { pipeline, engine, removedAtMs } = await emptied();
  const { actors, clock } = pipeline;
  const second = simulateRun(pipeline, engine, request('2'));
  await untilFirst(removedAtMs, pipeline);
  await clock.until(actors.run('2'.repeat(32)).command({ verb }));
  const saidAtMs = clock.monotonicMs();
  await clock.advance(5_000);
  const left = IMAGES - 1 - removed(pipeline);
  expect(left).toBeGreaterThan(IMAGES / 2);
  expect(Math.max(...removedAtMs) - saidAtMs).toBeLessThan(1_000);
  if (verb === 'pause') await clock.until(actors.run('2'.repeat(32)).command({ verb: 'resume' }));
  const { run, verdict } = await clock.until(second);
  expect(run.status).toBe(verb === 'pause' ? 'Completed' : 'Cancelled');
  expect(run.removed).toBe(verb === 'pause' ? IMAGES - 1 : IMAGES - 1 - left);
  expect(verdict.clean).toBe(true);
  if (verb === 'pause') return;
  const third = await clock.until(simulateRun(pipeline, engine, request('3')));
  expect(third.run).toMatchObject({ status: 'Completed', removed: left });
  expect(third.verdict.clean).toBe(true);
});

test('removals fill the places that a process has', async () => {
  const { pipeline, engine, removedAtMs } = await emptied();
  const second = simulateRun(pipeline, engine, request('2'));
  const beganAtMs = await untilFirst(removedAtMs, pipeline);
  await pipeline.clock.until(second);
  const oneByOneMs = (IMAGES - 1) * 6 * LAG_MS;
  expect(removedAtMs).toHaveLength(IMAGES - 1);
  expect((removedAtMs.at(-1) ?? 0) - beganAtMs).toBeLessThan(oneByOneMs / 2.5);
});
