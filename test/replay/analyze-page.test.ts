import fc from 'fast-check';
import { ACTIVITIES, WORKFLOWS } from '../../src/names';
import { failed, ok, peaks, type RunScript, simulatedRun, SCOPE, stepsOf } from './runs';
import { decisions, type Step, type SimulatedEngine, type EngineOptions } from './simulated-engine';

async function page(chunks: number, script: Partial<RunScript> = {}, options: Partial<EngineOptions> = {}) {
  const engine = simulatedRun({ pages: 1, chunks: () => chunks, ...script }, options);
  await engine.start(WORKFLOWS.analyzePage, 'page', { ...SCOPE, page: 0 });
  const instance = await engine.run('page');
  return { engine, output: instance.output, instance };
}

function chunkOf(step: Step): number {
  return (step.input as { ref: { chunk: number } }).ref.chunk;
}

function analyzed(engine: SimulatedEngine): number[] {
  return stepsOf(engine, ACTIVITIES.analyzeChunk).map(chunkOf);
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const range = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('analyze-page.v1', () => {
  it.each([0, 1, 4, 20])('opens, analyzes %i chunks once and cleans, in one generation', async (chunks) => {
    const { engine, output, instance } = await page(chunks);
    expect(output).toEqual({ ok: true, value: { complete: true } });
    expect(engine.steps.map(({ name }) => name)).toEqual([
      ACTIVITIES.openPage,
      ...range(chunks).map(() => ACTIVITIES.analyzeChunk),
      ACTIVITIES.cleanPage,
    ]);
    expect(sorted(analyzed(engine))).toEqual(range(chunks));
    expect(engine.widest.get('page')).toBeLessThanOrEqual(4);
    expect(instance.generation).toBe(1);
    expect(peaks(engine).rows).toBeLessThanOrEqual(70);
  });

  it('works only on chunks that are left', async () => {
    const { engine } = await page(0, {
      answer: ({ name }) => (name === ACTIVITIES.openPage ? ok({ chunks: 0b1010_0100 }) : undefined),
    });
    expect(sorted(analyzed(engine))).toEqual([2, 5, 7]);
  });

  it('analyzes every chunk exactly once, whatever completes first and however often it is delivered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 8 }),
        async (chunks, order, batch, doubled) => {
          const { engine, output } = await page(chunks, {}, { pick: decisions(order), batch: () => batch, doubled });
          expect(output).toEqual({ ok: true, value: { complete: true } });
          expect(sorted(analyzed(engine))).toEqual(range(chunks));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('starts nothing more once a chunk stopped half way, and leaves its inputs', async () => {
    const { engine, output } = await page(20, {
      answer: (step) =>
        step.name === ACTIVITIES.analyzeChunk && chunkOf(step) === 5 ? ok({ complete: false }) : undefined,
    });
    expect(output).toEqual({ ok: true, value: { complete: false } });
    expect(analyzed(engine).length).toBeLessThan(12);
    expect(stepsOf(engine, ACTIVITIES.cleanPage)).toEqual([]);
  });

  it('answers a chunk that fails for good, after the chunks in flight', async () => {
    const { engine, output } = await page(20, {
      answer: (step) => (step.name === ACTIVITIES.analyzeChunk && chunkOf(step) === 5 ? failed(false) : undefined),
    });
    expect(output).toEqual({ ok: false, error: { code: 'internal', message: 'it broke', retryable: false } });
    expect(stepsOf(engine, ACTIVITIES.cleanPage)).toEqual([]);
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
          const { engine, output, instance } = await page(20, { answer }, { pick: decisions(order) });
          expect(output).toEqual({ ok: true, value: { complete: true } });
          expect(stepsOf(engine, ACTIVITIES.openPage)).toHaveLength(1);
          const calls = analyzed(engine);
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
