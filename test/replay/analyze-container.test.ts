import fc from 'fast-check';
import { pageInstanceId } from '../../src/domain/ids';
import type { Control } from '../../src/domain/run/facts';
import { ACTIVITIES, APPROVAL_EVENT, RUN_CONTROL_EVENT, WORKFLOWS } from '../../src/names';
import {
  failed,
  ok,
  peaks,
  RUN_ID,
  type RunScript,
  runToEnd,
  simulatedRun,
  startRun,
  stepsOf,
  stepNames,
} from './runs';
import { type Answer, decisions, type Step, type SimulatedEngine } from './simulated-engine';

const {
  setPhase,
  listPage,
  writeQuote,
  seekApproval,
  takeApproval,
  markPaused,
  verifyTotals,
  closeRun,
  announce,
  cleanRun,
} = ACTIVITIES;
const FINISH = [setPhase, verifyTotals, closeRun, announce, cleanRun];
const range = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Pages that were completed, from what their children answered. */
function completedPages(engine: SimulatedEngine): number[] {
  const pages = [...engine.instances.values()].filter(({ output }) => {
    const { value } = (output ?? {}) as { value?: { complete?: boolean } };
    return value?.complete === true;
  });
  return pages.map(({ id }) => Number(/-p(\d{5})/.exec(id)?.[1])).sort((a, b) => a - b);
}

function announced(engine: SimulatedEngine): unknown[] {
  return stepsOf(engine, announce).map(({ input }) => (input as { event: string }).event);
}

function output(engine: SimulatedEngine): unknown {
  return engine.instance(RUN_ID).output;
}

function expectUniqueChildren(engine: SimulatedEngine): void {
  expect(new Set(engine.startedChildren).size).toBe(engine.startedChildren.length);
}

/** A run that somebody talks to: `say` changes the control and wakes the run, as the API does. */
async function conversation(script: Omit<RunScript, 'control'>) {
  let control: Control = 'run';
  const engine = simulatedRun({ ...script, control: () => control });
  await startRun(engine);
  return {
    engine,
    async say(word: Control) {
      control = word;
      await engine.raise(RUN_ID, RUN_CONTROL_EVENT, { control: word });
    },
    want(word: Control) {
      control = word;
    },
  };
}

const isPaused = (engine: SimulatedEngine) => engine.instance(RUN_ID).customStatus.includes('"paused":true');

/** A run whose plan needs its owner's consent, which `decide` gives or refuses; `asks` counts the questions. */
async function question(pages = 1) {
  let control: Control = 'run';
  let decided = false;
  const expiresAtMs = Date.UTC(2026, 0, 8);
  const engine: SimulatedEngine = simulatedRun({
    pages,
    control: () => control,
    answer: ({ name, input }): Answer | undefined => {
      if (name === writeQuote) return ok({ control, needsApproval: true });
      if (name === takeApproval) {
        decided = true;
        if (!(input as { answer: { approved: boolean } }).answer.approved) control = 'cancel';
        return ok({ taken: true });
      }
      if (name !== seekApproval) return undefined;
      const leftMs = decided || control === 'cancel' ? 0 : expiresAtMs - engine.nowMs;
      if (!decided && leftMs <= 0) control = 'cancel'; // as the run actor does when the question expires
      return ok({ control, waitMs: Math.max(0, leftMs) });
    },
  });
  await startRun(engine);
  await engine.run(RUN_ID, () => announced(engine).includes('approval-requested') && engine.idle);
  return {
    engine,
    async decide(word: Control) {
      decided = word === 'run';
      control = word;
      await engine.raise(RUN_ID, RUN_CONTROL_EVENT);
    },
  };
}

describe('analyze-container.v1, what is asked for', () => {
  const chosenIn = (engine: SimulatedEngine) => [
    ...new Set(engine.steps.map(({ input }) => JSON.stringify((input as { features?: string[] }).features))),
  ];

  it('reaches every step of every page, over generations', async () => {
    const engine = simulatedRun({ pages: 45, chunks: () => 2 });
    await startRun(engine, { features: ['Adult', 'Tags'] });
    await engine.run(RUN_ID);
    expect(peaks(engine).generations).toBeGreaterThan(1);
    expect(chosenIn(engine)).toEqual(['["Adult","Tags"]']);
  });

  it('an input from before there was a choice makes none', async () => {
    expect(chosenIn(await runToEnd({ pages: 2 }))).toEqual([undefined]);
  });
});

describe('analyze-container.v1, approval', () => {
  it('asks once, waits, and goes on as soon as the owner has approved', async () => {
    const { engine, decide } = await question();
    expect(stepNames(engine).slice(3)).toEqual([writeQuote, setPhase, seekApproval, announce]);
    const askedAtMs = engine.nowMs;
    await decide('run');
    await engine.run(RUN_ID);
    expect(engine.nowMs - askedAtMs).toBeLessThan(60_000);
    expect(stepNames(engine).slice(7)).toEqual([seekApproval, setPhase, WORKFLOWS.analyzePage, ...FINISH]);
    expect(announced(engine)).toEqual(['run-started', 'approval-requested', 'run-completed']);
  });

  it('declined, analyzes nothing and closes', async () => {
    const { engine, decide } = await question();
    await decide('cancel');
    await engine.run(RUN_ID);
    expect(stepNames(engine).slice(7)).toEqual([seekApproval, ...FINISH]);
    expect(engine.startedChildren).toEqual([]);
  });

  it('unanswered for a week, expires by its timer and stays within its bounds', async () => {
    const { engine } = await question();
    await engine.run(RUN_ID);
    expect(engine.nowMs - Date.UTC(2026, 0, 1)).toBeGreaterThan(7 * 24 * 3_600_000 - 60_000);
    expect(engine.nowMs - Date.UTC(2026, 0, 1)).toBeLessThan(7 * 24 * 3_600_000 + 60_000);
    expect(engine.startedChildren).toEqual([]);
    expect(announced(engine).filter((event) => event === 'approval-requested')).toHaveLength(1);
    expect(peaks(engine).rows).toBeLessThanOrEqual(82);
  });

  it.each([
    [true, 'run'],
    [false, 'cancel'],
  ])('the external event %j is told to the run actor', async (approved, end) => {
    const { engine } = await question();
    await engine.raise(RUN_ID, APPROVAL_EVENT, { approved, planHash: 'x', other: 'dropped' });
    await engine.run(RUN_ID);
    expect(stepsOf(engine, takeApproval).map(({ input }) => input)).toMatchObject([
      { answer: { approved, planHash: 'x' } },
    ]);
    expect(engine.startedChildren).toHaveLength(end === 'run' ? 1 : 0);
  });

  it('an event that is no answer changes nothing', async () => {
    const { engine, decide } = await question();
    await engine.raise(RUN_ID, APPROVAL_EVENT, 'yes please');
    await engine.run(RUN_ID, () => engine.idle);
    expect(stepsOf(engine, takeApproval)).toEqual([]);
    await decide('run');
    await engine.run(RUN_ID);
    expect(completedPages(engine)).toEqual([0]);
  });
});

describe('analyze-container.v1', () => {
  it('tells a run of one page and one chunk in its order', async () => {
    const engine = await runToEnd({ pages: 1 });
    expect(stepNames(engine)).toEqual([
      setPhase,
      announce,
      listPage,
      writeQuote,
      setPhase,
      WORKFLOWS.analyzePage,
      ...FINISH,
    ]);
    expect(engine.startedChildren).toEqual([pageInstanceId(RUN_ID, 0)]);
    expect(announced(engine)).toEqual(['run-started', 'run-completed']);
    expect(output(engine)).toEqual({ ok: true, value: { failed: false } });
    expect(engine.instance(RUN_ID).customStatus).toBe('{"phase":"finish","pages":1}');
  });

  it.each([3, 45, 120])('lists and analyzes each of %i pages once', async (pages) => {
    const engine = await runToEnd({ pages, chunks: (page) => (page % 3) + 1 });
    expect(stepsOf(engine, listPage).map(({ input }) => (input as { page: number }).page)).toEqual(range(pages));
    expect(completedPages(engine)).toEqual(range(pages));
    expect(engine.startedChildren).toEqual(range(pages).map((page) => pageInstanceId(RUN_ID, page)));
    expect(engine.widest.get(RUN_ID)).toBeLessThanOrEqual(4);
    expect(stepsOf(engine, cleanRun).at(-1)?.input).toMatchObject({ pages });
    expect(peaks(engine).rows).toBeLessThanOrEqual(82);
    expect(peaks(engine).operations).toBeLessThanOrEqual(88);
  });

  it('runs an empty container, and one where everything is settled, to its end', async () => {
    const engine = await runToEnd({ pages: 1, chunks: () => 0 });
    expect(stepsOf(engine, ACTIVITIES.analyzeChunk)).toEqual([]);
    expect(announced(engine)).toEqual(['run-started', 'run-completed']);
    const settled = await runToEnd({ pages: 30, chunks: () => 0 });
    expect(stepsOf(settled, ACTIVITIES.analyzeChunk)).toEqual([]);
    expect(completedPages(settled)).toEqual(range(30));
  });

  it('completes every page exactly once in any order, with children of unique ids', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 8 }),
        async (pages, order, batch, doubled) => {
          const options = { pick: decisions(order), batch: () => batch, doubled };
          const engine = await runToEnd({ pages, chunks: (page) => page % 4 }, options);
          expect(output(engine)).toEqual({ ok: true, value: { failed: false } });
          expect(completedPages(engine)).toEqual(range(pages));
          if (doubled === 0) expectUniqueChildren(engine); // a mixed-up child is asked for again under its own id
        },
      ),
      { numRuns: 25 },
    );
  });

  it('cancelled during the snapshot, analyzes nothing and closes', async () => {
    const engine = await runToEnd({
      pages: 9,
      answer: ({ name, input }) =>
        name === listPage && (input as { page: number }).page === 2
          ? ok({ last: false, control: 'cancel' })
          : undefined,
    });
    expect(stepNames(engine)).toEqual([setPhase, announce, listPage, listPage, listPage, ...FINISH]);
    expect(stepsOf(engine, cleanRun).at(-1)?.input).toMatchObject({ pages: 3 });
  });

  it('cancelled at the quote, closes', async () => {
    const engine = await runToEnd({
      pages: 1,
      answer: ({ name }) => (name === writeQuote ? ok({ control: 'cancel' }) : undefined),
    });
    expect(stepNames(engine)).toEqual([setPhase, announce, listPage, writeQuote, ...FINISH]);
  });

  it('cancelled or failed while it analyzes, stops at most the window and closes', async () => {
    for (const word of ['cancel', 'fail'] as const) {
      const { engine, want } = await conversation({ pages: 30, chunks: () => 3 });
      await engine.run(RUN_ID, () => engine.startedChildren.length === 6);
      want(word);
      await engine.run(RUN_ID);
      expect(engine.startedChildren.length).toBeLessThanOrEqual(10);
      expect(stepNames(engine).slice(-6)).toEqual([markPaused, ...FINISH]);
      expect(announced(engine).at(-1)).toBe(word === 'fail' ? 'run-failed' : 'run-completed');
    }
  });

  it('paused, waits; resumed by the event, goes on and completes every page', async () => {
    const { engine, want, say } = await conversation({ pages: 30, chunks: () => 3 });
    await engine.run(RUN_ID, () => engine.startedChildren.length === 6);
    want('pause');
    await engine.run(RUN_ID, () => isPaused(engine) && engine.idle);
    const before = engine.steps.length;
    expect(stepsOf(engine, markPaused)).toHaveLength(1);
    const pausedAtMs = engine.nowMs;
    await say('run');
    expect(isPaused(engine)).toBe(false);
    expect(engine.steps.length).toBeGreaterThan(before);
    await engine.run(RUN_ID);
    expect(engine.nowMs - pausedAtMs).toBeLessThan(3_600_000);
    expect(completedPages(engine)).toEqual(range(30));
    expectUniqueChildren(engine);
    expect(output(engine)).toEqual({ ok: true, value: { failed: false } });
  });

  it('paused while it lists, rests there and goes on with the next page', async () => {
    const { engine, want, say } = await conversation({ pages: 9 });
    await engine.run(RUN_ID, () => stepsOf(engine, listPage).length === 3);
    want('pause');
    await engine.run(RUN_ID, () => isPaused(engine) && engine.idle);
    const listed = stepsOf(engine, listPage).length;
    expect(listed).toBeLessThan(6);
    await say('run');
    await engine.run(RUN_ID);
    expect(stepsOf(engine, listPage)).toHaveLength(9);
    expect(completedPages(engine)).toEqual(range(9));
  });

  it('paused, then cancelled, closes', async () => {
    const { engine, want, say } = await conversation({ pages: 8, chunks: () => 3 });
    await engine.run(RUN_ID, () => engine.startedChildren.length === 4);
    want('pause');
    await engine.run(RUN_ID, () => isPaused(engine) && engine.idle);
    await say('cancel');

    await engine.run(RUN_ID);
    expect(stepNames(engine).slice(-7)).toEqual([markPaused, markPaused, ...FINISH]);
  });

  it('held back by Vision, goes on by a durable timer of its own', async () => {
    const DAY_MS = 86_400_000;
    let untilMs = 0;
    const { engine, want } = await conversation({
      pages: 8,
      chunks: () => 3,
      answer: ({ name }): Answer | undefined => {
        if (name !== markPaused) return undefined;
        if (untilMs === 0) untilMs = engine.nowMs + DAY_MS;
        const waitMs = untilMs - engine.nowMs;
        if (waitMs > 0) return ok({ control: 'throttled', waitMs });
        want('run');
        return ok({ control: 'run' });
      },
    });
    await engine.run(RUN_ID, () => engine.startedChildren.length === 4);
    want('throttled');
    await engine.run(RUN_ID);
    expect(engine.nowMs - untilMs).toBeGreaterThanOrEqual(0);
    expect(engine.nowMs - untilMs).toBeLessThan(3_600_000);
    expect(completedPages(engine)).toEqual(range(8));
    expectUniqueChildren(engine);
  });

  it('looks for itself once an hour when the event was lost, and still hears the next one', async () => {
    const { engine, want, say } = await conversation({ pages: 1, chunks: () => 3 });
    await engine.run(RUN_ID, () => engine.startedChildren.length === 1);
    want('pause');
    await engine.run(RUN_ID, () => stepsOf(engine, markPaused).length === 3 && isPaused(engine) && engine.idle);
    expect(engine.instance(RUN_ID).generation).toBe(1); // the wait that was given up is still there
    const pausedAtMs = engine.nowMs;
    await say('run');
    await engine.run(RUN_ID);
    expect(engine.nowMs - pausedAtMs).toBeLessThan(60_000);
    expect(completedPages(engine)).toEqual(range(1));
    expectUniqueChildren(engine);
  });

  it('keeps an event that comes before the wait, also over a continue-as-new', async () => {
    const talk = await conversation({
      pages: 60,
      answer: ({ name }): Answer | undefined => {
        if (name !== markPaused) return undefined;
        const control = stepsOf(engine, markPaused).length === 1 ? 'pause' : 'run';
        talk.want('run'); // said after the answer was on its way; its event came long before
        return ok({ control });
      },
    });
    const { engine } = talk;
    await talk.say('run'); // nobody waits for it yet: 60 pages are three generations of the snapshot
    await engine.run(RUN_ID, () => engine.startedChildren.length === 20);
    expect(engine.instance(RUN_ID).generation).toBeGreaterThan(3);
    talk.want('pause');
    const pausedAtMs = engine.nowMs;
    await engine.run(RUN_ID);
    expect(stepsOf(engine, markPaused)).toHaveLength(2);
    expect(engine.nowMs - pausedAtMs).toBeLessThan(3_600_000); // the early event woke it, not the hourly look
    expect(completedPages(engine)).toEqual(range(60));
  });

  it('has room for four words of the owner in a generation, not for twelve', async () => {
    const told = async (words: number) => {
      const engine = simulatedRun({ pages: 60 });
      await startRun(engine);
      for (let word = 0; word < words; word++) await engine.raise(RUN_ID, RUN_CONTROL_EVENT);
      return engine.run(RUN_ID);
    };
    expect((await told(4)).output).toEqual({ ok: true, value: { failed: false } });
    // Each is two rows that no workflow can refuse: who raises the event must keep it rare.
    await expect(told(12)).rejects.toThrow('history rows');
  });

  it('a chunk that fails for good ends the run as failed: verified, closed, announced, cleaned', async () => {
    const isBad = ({ name, input }: Step) =>
      name === ACTIVITIES.analyzeChunk && (input as { ref: { page: number } }).ref.page === 2;
    const engine = await runToEnd({ pages: 30, answer: (step) => (isBad(step) ? failed(false) : undefined) });
    expect(stepNames(engine).slice(-5)).toEqual(FINISH);
    expect(stepsOf(engine, closeRun).at(-1)?.input).toMatchObject({ failure: 'internal: it broke' });
    expect(announced(engine)).toEqual(['run-started', 'run-failed']);
    expect(output(engine)).toEqual({ ok: true, value: { failed: true } });
    expect(engine.startedChildren.length).toBeLessThan(10);
  });

  it.each([setPhase, announce, listPage, writeQuote])('%s failing for good still ends the run', async (bad) => {
    let calls = 0;
    const answer = ({ name }: Step) => (name === bad && ++calls === 1 ? failed(false) : undefined);
    const engine = await runToEnd({ pages: 2, answer });
    expect(stepNames(engine).slice(-5)).toEqual(FINISH);
    expect(announced(engine).at(-1)).toBe('run-failed');
  });

  it('survives an hour of failing steps anywhere, and does everything once', async () => {
    const beganMs = Date.UTC(2026, 0, 1);
    const engine: SimulatedEngine = simulatedRun({
      pages: 6,
      chunks: () => 2,
      answer: () => (engine.nowMs - beganMs < 3_600_000 ? failed(true, 'sidecar-unavailable') : undefined),
    });
    await startRun(engine);
    await engine.run(RUN_ID);
    expect(completedPages(engine)).toEqual(range(6));
    expectUniqueChildren(engine);
    expect(announced(engine).at(-1)).toBe('run-completed');
  });

  it('keeps rows and operations in bounds with failures and orders of any kind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        async (pages, trouble, order, batch) => {
          let call = 0;
          const answer = () => {
            const what = trouble[call++ % trouble.length] ?? 0;
            if (call > 150) return undefined;
            return what === 9
              ? new Error('the engine lost it')
              : what > 6
                ? failed(true, 'sidecar-unavailable')
                : undefined;
          };
          const options = { pick: decisions(order), batch: () => batch };
          const engine = await runToEnd({ pages, chunks: (page) => page % 5, answer }, options);
          expect(completedPages(engine)).toEqual(range(pages));
        },
      ),
      { numRuns: 25 },
    );
  });
});
