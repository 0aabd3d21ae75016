import fc from 'fast-check';
import { ACTIVITIES, WORKFLOWS } from '../../src/names';
import { failed, ok, peaks, type RunScript, runWorld, SCOPE, stepsOf } from './runs';
import { decisions, type Step, type World, type WorldOptions } from './simulated-engine';

async function page(chunks: number, script: Partial<RunScript> = {}, options: Partial<WorldOptions> = {}) {
  const world = runWorld({ pages: 1, chunks: () => chunks, ...script }, options);
  await world.start(WORKFLOWS.analyzePage, 'page', { ...SCOPE, page: 0 });
  const instance = await world.run('page');
  return { world, output: instance.output, instance };
}

function chunkOf(step: Step): number {
  return (step.input as { ref: { chunk: number } }).ref.chunk;
}

function analyzed(world: World): number[] {
  return stepsOf(world, ACTIVITIES.analyzeChunk).map(chunkOf);
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const range = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('analyze-page.v1', () => {
  it.each([0, 1, 4, 20])('opens, analyzes %i chunks once and cleans, in one generation', async (chunks) => {
    const { world, output, instance } = await page(chunks);
    expect(output).toEqual({ ok: true, value: { complete: true } });
    expect(world.steps.map(({ name }) => name)).toEqual([
      ACTIVITIES.openPage,
      ...range(chunks).map(() => ACTIVITIES.analyzeChunk),
      ACTIVITIES.cleanPage,
    ]);
    expect(sorted(analyzed(world))).toEqual(range(chunks));
    expect(world.widest.get('page')).toBeLessThanOrEqual(4);
    expect(instance.generation).toBe(1);
    expect(peaks(world).rows).toBeLessThanOrEqual(70);
  });

  it('works only on chunks that are left', async () => {
    const { world } = await page(0, {
      answer: ({ name }) => (name === ACTIVITIES.openPage ? ok({ chunks: 0b1010_0100 }) : undefined),
    });
    expect(sorted(analyzed(world))).toEqual([2, 5, 7]);
  });

  it('analyzes every chunk exactly once, whatever completes first and however often it is delivered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 8 }),
        async (chunks, order, batch, doubled) => {
          const { world, output } = await page(chunks, {}, { pick: decisions(order), batch: () => batch, doubled });
          expect(output).toEqual({ ok: true, value: { complete: true } });
          expect(sorted(analyzed(world))).toEqual(range(chunks));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('starts nothing more once a chunk stopped half way, and leaves its inputs', async () => {
    const { world, output } = await page(20, {
      answer: (step) =>
        step.name === ACTIVITIES.analyzeChunk && chunkOf(step) === 5 ? ok({ complete: false }) : undefined,
    });
    expect(output).toEqual({ ok: true, value: { complete: false } });
    expect(analyzed(world).length).toBeLessThan(12);
    expect(stepsOf(world, ACTIVITIES.cleanPage)).toEqual([]);
  });

  it('answers a chunk that fails for good, after the chunks in flight', async () => {
    const { world, output } = await page(20, {
      answer: (step) => (step.name === ACTIVITIES.analyzeChunk && chunkOf(step) === 5 ? failed(false) : undefined),
    });
    expect(output).toEqual({ ok: false, error: { code: 'internal', message: 'it broke', retryable: false } });
    expect(stepsOf(world, ACTIVITIES.cleanPage)).toEqual([]);
  });

  it('carries a page of failing chunks over generations: every chunk completes once, nothing is opened twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 6 }), { minLength: 20, maxLength: 20 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 30 }),
        async (failures, order) => {
          const answer = (step: Step) => {
            if (step.name !== ACTIVITIES.analyzeChunk) return undefined;
            return step.attempt <= (failures[chunkOf(step)] ?? 0) ? failed(true, 'sidecar-unavailable') : undefined;
          };
          const { world, output, instance } = await page(20, { answer }, { pick: decisions(order) });
          expect(output).toEqual({ ok: true, value: { complete: true } });
          expect(stepsOf(world, ACTIVITIES.openPage)).toHaveLength(1);
          const calls = analyzed(world);
          for (const chunk of range(20)) {
            expect(calls.filter((at) => at === chunk)).toHaveLength((failures[chunk] ?? 0) + 1);
          }
          if (failures.reduce((sum, n) => sum + n, 0) > 5) expect(instance.generation).toBeGreaterThan(1);
        },
      ),
      { numRuns: 25 },
    );
  });
});
