import fc from 'fast-check';
import { STEP_RETRY } from '../../src/domain/retry';
import { call, defineWorkflow, type Step, StepFailed, window } from '../../src/workflows/sdk';
import { TASKS_PER_GENERATION } from '../../src/workflows/sdk/generation';
import { type Answer, decisions, SimulatedEngine, type EngineOptions } from './simulated-engine';

const retryable = { ok: false, error: { code: 'sidecar-unavailable', message: 'down', retryable: true } } as const;
const fatal = { ok: false, error: { code: 'internal', message: 'broken', retryable: false } } as const;
const ok = (value: unknown = {}) => ({ ok: true, value }) as const;

interface Items {
  left: number[];
  done: number[];
  width: number;
  stopAt?: number;
}

/** A window over numbers whose state is what is left. */
const numbers = defineWorkflow<Items, readonly number[]>('numbers', async function* (generation, state): Step<
  number[]
> {
  yield* window<number, object>(generation, {
    items: [...state.left],
    width: state.width,
    start: (n) => generation.activity('work', { n }),
    done: (n) => {
      state.left = state.left.filter((other) => other !== n);
      state.done.push(n);
      return n !== state.stopAt;
    },
  });
  return state.done;
});

const range = (count: number) => Array.from({ length: count }, (_, n) => n);
const numberOf = (input: object) => (input as { n: number }).n;

async function run(input: Items, options: Omit<EngineOptions, 'workflows'>) {
  const engine = new SimulatedEngine({ workflows: [numbers], ...options });
  await engine.start('numbers', 'w', input);
  const instance = await engine.run('w');
  return { engine, instance, calls: engine.steps.map(({ input: at }) => numberOf(at)) };
}

describe('window', () => {
  it('ends at once when there is nothing to do', async () => {
    const { instance, calls } = await run({ left: [], done: [], width: 4 }, { activity: () => ok() });
    expect(instance.output).toEqual({ ok: true, value: [] });
    expect(calls).toEqual([]);
  });

  it('does everything once, never wider than asked, whatever completes first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (count, width, order, batch) => {
          const left = range(count);
          const options = { activity: () => ok(), pick: decisions(order), batch: () => batch };
          const { engine, instance, calls } = await run({ left, done: [], width }, options);
          expect([...(instance.output as { value: number[] }).value].sort((a, b) => a - b)).toEqual(left);
          expect([...calls].sort((a, b) => a - b)).toEqual(left);
          expect(engine.widest.get('w') ?? 0).toBeLessThanOrEqual(width);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('retries a slot by a durable timer while the others go on, and loses nothing over generations', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.nat({ max: 3 }), { minLength: 30, maxLength: 30 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (count, failures, order, batch) => {
          const activity = ({ input, attempt }: { input: object; attempt: number }): Answer => {
            if (attempt > (failures[numberOf(input)] ?? 0)) return ok();
            return attempt % 2 ? retryable : new Error('the engine lost it');
          };
          const left = range(count);
          const options = { activity, pick: decisions(order), batch: () => batch };
          const { engine, instance, calls } = await run({ left, done: [], width: 4 }, options);
          expect([...(instance.output as { value: number[] }).value].sort((a, b) => a - b)).toEqual(left);
          for (const n of left) expect(calls.filter((at) => at === n)).toHaveLength((failures[n] ?? 0) + 1);
          expect(engine.widest.get('w')).toBeLessThanOrEqual(4);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes no late second answer of an earlier generation for the answer of another step', async () => {
    const mixedUp: string[] = [];
    const checked = defineWorkflow<Items, number>('checked', async function* (generation, state): Step<number> {
      yield* window<number, { n: number }>(generation, {
        items: [...state.left],
        width: 4,
        start: (n) => generation.activity('work', { n }),
        done: (n, result) => {
          if (result.n !== n) mixedUp.push(`${n} got the answer of ${result.n}`);
          state.left = state.left.filter((other) => other !== n);
          return true;
        },
      });
      return state.left.length;
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { minLength: 1, maxLength: 60 }), async (order) => {
        const activity = ({ input }: { input: object }): Answer => ok({ n: numberOf(input) });
        const engine = new SimulatedEngine({ workflows: [checked], activity, pick: decisions(order), doubled: 8 });
        await engine.start('checked', 'w', { left: range(60), done: [], width: 4 });
        expect((await engine.run('w')).output).toEqual({ ok: true, value: 0 });
        expect(mixedUp).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('drains what is in flight after a permanent failure, starts nothing more, then throws', async () => {
    const activity = ({ input }: { input: object }): Answer => (numberOf(input) === 1 ? fatal : ok());
    const { instance, calls } = await run({ left: range(10), done: [], width: 4 }, { activity });
    expect(instance.output).toEqual({ ok: false, error: fatal.error });
    expect(calls).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(calls).size).toBe(calls.length);
  });

  it('starts nothing more once done says so', async () => {
    const { instance } = await run({ left: range(10), done: [], width: 2, stopAt: 1 }, { activity: () => ok() });
    expect(instance.output).toEqual({ ok: true, value: [0, 1, 2] });
  });

  it('keeps a generation within its budget when every slot fails at the end of it', async () => {
    for (let before = 0; before <= TASKS_PER_GENERATION; before++) {
      const activity = ({ input, attempt }: { input: object; attempt: number }): Answer =>
        numberOf(input) >= before && attempt <= 3 ? retryable : ok();
      const { instance } = await run({ left: range(before + 6), done: [], width: 4 }, { activity });
      const tasks = new Map<number, number>();
      for (const { generation, actions } of instance.turns) {
        const started = actions.filter(({ kind }) => kind === 'activity' || kind === 'timer').length;
        tasks.set(generation, (tasks.get(generation) ?? 0) + started);
      }
      expect(Math.max(...tasks.values())).toBeLessThanOrEqual(TASKS_PER_GENERATION);
    }
  });

  it('gives up on an item after the last attempt, however many generations it took', async () => {
    const { instance, calls } = await run(
      { left: range(2), done: [], width: 2 },
      {
        activity: ({ input }) => (numberOf(input) === 0 ? retryable : ok()),
      },
    );
    expect(instance.output).toMatchObject({ ok: false, error: { code: 'sidecar-unavailable' } });
    expect(calls.filter((n) => n === 0)).toHaveLength(STEP_RETRY.maxAttempts);
  });
});

describe('call', () => {
  const step = { name: 'step' };
  const one = defineWorkflow<object, unknown>('one', async function* (generation): Step<unknown> {
    return yield* call(generation, step, { n: 0 });
  });
  const start = async (activity: EngineOptions['activity']) => {
    const engine = new SimulatedEngine({ workflows: [one], activity });
    const beganMs = engine.nowMs;
    await engine.start('one', 'c', {});
    const instance = await engine.run('c');
    return { instance, engine, tookMs: engine.nowMs - beganMs };
  };

  it('answers the value of its activity', async () => {
    expect((await start(() => ok({ answer: 42 }))).instance.output).toEqual({ ok: true, value: { answer: 42 } });
  });

  it('tries again after 1, 2 and 4 s by durable timers', async () => {
    const { engine, tookMs } = await start(({ attempt }) => (attempt <= 3 ? retryable : ok()));
    expect(engine.steps).toHaveLength(4);
    expect(tookMs).toBeGreaterThanOrEqual(7_000);
    expect(tookMs).toBeLessThan(7_100);
  });

  it('fails at once for good when no retry helps', async () => {
    const { instance, engine } = await start(() => fatal);
    expect(instance.output).toEqual({ ok: false, error: fatal.error });
    expect(engine.steps).toHaveLength(1);
  });

  it('tries again when the engine lost the step', async () => {
    const { instance } = await start(({ attempt }) => (attempt <= 2 ? new Error('not registered') : ok()));
    expect(instance.output).toEqual({ ok: true, value: {} });
  });

  it('waits longer and longer over generations, and gives up after the last attempt', async () => {
    const { instance, engine, tookMs } = await start(() => retryable);
    expect(instance.output).toMatchObject({ ok: false, error: { code: 'sidecar-unavailable' } });
    expect(engine.steps).toHaveLength(STEP_RETRY.maxAttempts);
    expect(instance.generation).toBeGreaterThan(10);
    expect(tookMs).toBeGreaterThan(3 * 3_600_000);
  });

  it('throws StepFailed, which a workflow may catch', async () => {
    const catching = defineWorkflow<object, string>('catching', async function* (generation): Step<string> {
      try {
        yield* call(generation, step, {});
        return 'no';
      } catch (thrown) {
        return thrown instanceof StepFailed ? thrown.error.code : 'other';
      }
    });
    const engine = new SimulatedEngine({ workflows: [catching], activity: () => fatal });
    await engine.start('catching', 'c', {});
    expect((await engine.run('c')).output).toEqual({ ok: true, value: 'internal' });
  });
});
