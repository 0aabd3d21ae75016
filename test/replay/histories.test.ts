import type { Control } from '../../src/domain/run/facts';
import { ACTIVITIES, APPROVAL_EVENT, RUN_CONTROL_EVENT, WATCH_EVENT, WORKFLOWS } from '../../src/names';
import { workflowDefinitions } from '../../src/workflows/register';
import { actionLeft, execute, type HistoryEvent, MAX_ROWS, turnsOf } from './harness';
import { eventsOf, readHistory, recordedHistories, writeHistory } from './histories';
import { failed, ok, RUN_ID, type RunScript, runToEnd, simulatedRun, SCOPE, startRun } from './runs';
import { SimulatedEngine } from './simulated-engine';

/** What an activity may answer; the real ones are measured in test/unit/pipeline/in-memory-pipeline.ts. */
const MAX_ANSWER_BYTES = 200;
/** On average: the names of container and prefix are in the input of every step. */
const MOST_BYTES_A_ROW = 300;

/**
 * Histories that runs in flight may have. A change of a workflow that refuses one of them needs a new workflow name.
 * `RECORD_HISTORIES=1` writes those of the harness anew; only while no released version has runs in flight.
 */
const RECORDERS: Readonly<Record<string, () => Promise<{ engine: SimulatedEngine; id: string; workflow: string }>>> = {
  'analyze-page@v1-20-chunks.json': () => page({ pages: 1, chunks: () => 20 }),
  'analyze-page@v1-retries.json': () =>
    page({
      pages: 1,
      chunks: () => 8,
      answer: ({ name, attempt }) =>
        name === ACTIVITIES.analyzeChunk && attempt <= 2 ? failed(true, 'sidecar-unavailable') : undefined,
    }),
  'analyze-container@v1-3-pages.json': async () => run(await runToEnd({ pages: 3 })),
  'analyze-container@v1-45-pages.json': async () => run(await runToEnd({ pages: 45 })),
  'analyze-container@v1-paused.json': paused,
  'analyze-container@v1-approved.json': approved,
  'watch-container@v1-woken.json': watched,
  'analyze-container@v1-failed.json': async () =>
    run(
      await runToEnd({
        pages: 3,
        answer: ({ name }) => (name === ACTIVITIES.analyzeChunk ? failed(false, 'vision-unauthorized') : undefined),
      }),
    ),
};

/** Eight looks, every second one woken, until nobody watches any more. */
async function watched() {
  const id = 'watch-photos';
  let looks = 0;
  const engine = new SimulatedEngine({
    workflows: workflowDefinitions,
    activity: () => ok({ watched: ++looks < 8, waitSeconds: 900 }),
  });
  await engine.start(WORKFLOWS.watchContainer, id, { container: 'photos' });
  for (const look of [2, 4, 6]) {
    await engine.run(id, () => looks >= look && engine.idle);
    await engine.raise(id, WATCH_EVENT);
  }
  await engine.run(id);
  return { engine, id, workflow: WORKFLOWS.watchContainer };
}

const run = (engine: SimulatedEngine) => ({ engine, id: RUN_ID, workflow: WORKFLOWS.analyzeContainer });

async function page(script: RunScript) {
  const engine = simulatedRun(script);
  await engine.start(WORKFLOWS.analyzePage, `${RUN_ID}-p00000`, { ...SCOPE, page: 0 });
  await engine.run(`${RUN_ID}-p00000`);
  return { engine, id: `${RUN_ID}-p00000`, workflow: WORKFLOWS.analyzePage };
}

async function paused() {
  let control: Control = 'run';
  const engine = simulatedRun({ pages: 5, chunks: () => 2, control: () => control });
  await startRun(engine);
  await engine.run(RUN_ID, () => engine.startedChildren.length === 4);
  control = 'pause';
  await engine.run(RUN_ID, () => engine.idle && engine.instance(RUN_ID).customStatus.includes('"paused":true'));
  control = 'run';
  await engine.raise(RUN_ID, RUN_CONTROL_EVENT, { control });
  await engine.run(RUN_ID);
  return run(engine);
}

/** Asked, answered by the external event `approval`, and gone on. */
async function approved() {
  let consent = false;
  const engine = simulatedRun({
    pages: 1,
    answer: ({ name }) => {
      if (name === ACTIVITIES.writeQuote) return ok({ control: 'run', needsApproval: true });
      if (name === ACTIVITIES.seekApproval) return ok({ control: 'run', waitMs: consent ? 0 : 604_800_000 });
      if (name !== ACTIVITIES.takeApproval) return undefined;
      consent = true;
      return ok({ taken: true });
    },
  });
  await startRun(engine);
  await engine.run(RUN_ID, () => engine.idle);
  await engine.raise(RUN_ID, APPROVAL_EVENT, { approved: true, planHash: 'x' });
  await engine.run(RUN_ID);
  return run(engine);
}

/** What the SDK answers after every prefix, compared with what the history says came of it. */
async function replay(instanceId: string, history: readonly HistoryEvent[], continued: unknown): Promise<number> {
  const past: HistoryEvent[] = [];
  const turns = turnsOf(history);
  let prefixes = 0;
  for (const [index, { fresh, left }] of turns.entries()) {
    const isLast = index === turns.length - 1;
    // The same turn cut anywhere into replayed and new events must come to the same.
    for (let cut = 0; cut < fresh.length; cut++) {
      const { actions } = await execute(
        workflowDefinitions,
        instanceId,
        [...past, ...fresh.slice(0, cut)],
        fresh.slice(cut),
      );
      prefixes += 1;
      if (isLast && continued !== undefined) {
        expect(actions).toEqual([expect.objectContaining({ kind: 'continued', input: continued })]);
      } else {
        expect(actions).toEqual(left.map(actionLeft));
      }
    }
    past.push(...fresh, ...left);
  }
  return prefixes;
}

describe('recorded histories', () => {
  it.each(Object.keys(RECORDERS))('%s is recorded', async (file) => {
    if (process.env.RECORD_HISTORIES) {
      const recorded = await RECORDERS[file]?.();
      if (recorded) {
        writeHistory(file, recorded.workflow, recorded.id, recorded.engine.instance(recorded.id).recorded());
      }
    }
    expect(recordedHistories()).toContain(file);
  });

  it.each(recordedHistories())('every prefix of %s comes to the same', async (file) => {
    const history = readHistory(file);
    let prefixes = 0;
    for (const [generation, { continued }] of history.generations.entries()) {
      prefixes += await replay(history.instanceId, eventsOf(history, generation), continued);
    }
    expect(prefixes).toBeGreaterThan(10);
  });

  it.each(recordedHistories())('%s stays small: its rows, its bytes, and each answer of a step', (file) => {
    const history = readHistory(file);
    for (const [generation, { events }] of history.generations.entries()) {
      const rows = eventsOf(history, generation);
      const answers = rows.flatMap((row) => row.getTaskcompleted()?.getResult()?.getValue() ?? []);
      expect(answers.filter((answer) => Buffer.byteLength(answer) > MAX_ANSWER_BYTES)).toEqual([]);
      expect(rows.length).toBeLessThanOrEqual(MAX_ROWS);
      const bytes = events.reduce((sum, { event }) => sum + Buffer.from(event, 'base64').length, 0);
      expect(bytes).toBeLessThanOrEqual(MAX_ROWS * MOST_BYTES_A_ROW);
    }
    expect(history.generations.length).toBeGreaterThan(0);
  });

  const refused = async (file: string, change: (history: HistoryEvent[]) => HistoryEvent[]) => {
    const history = readHistory(file);
    const all = change([...eventsOf(history, 0)]);
    const { actions } = await execute(workflowDefinitions, history.instanceId, all.slice(0, -1), all.slice(-1));
    return actions;
  };
  const nonDeterminism = expect.objectContaining({ kind: 'failed', errorType: 'NonDeterminismError' });
  const container = 'analyze-container@v1-3-pages.json';

  it('refuses a history whose steps come in another order', async () => {
    const actions = await refused(container, (history) => {
      const scheduled = history.filter((event) => event.hasTaskscheduled());
      const [first, second] = scheduled.map((event) => event.getTaskscheduled()?.clone());
      scheduled[0]?.setTaskscheduled(second);
      scheduled[1]?.setTaskscheduled(first);
      return history;
    });
    expect(actions).toEqual([nonDeterminism]);
  });

  it('refuses a history with a step of another type', async () => {
    const actions = await refused(container, (history) => {
      const child = history.findIndex((event) => event.hasSuborchestrationinstancecreated());
      const activity = history.find((event) => event.hasTaskscheduled())?.clone();
      const id = history[child]?.getEventid();
      if (child < 0 || !activity || id === undefined) throw new Error('no child in this history');
      activity.setEventid(id);
      history[child] = activity;
      return history;
    });
    expect(actions).toEqual([nonDeterminism]);
  });

  it('refuses a history with a step that is no more', async () => {
    const actions = await refused(container, (history) => {
      const extra = history.find((event) => event.hasTaskscheduled())?.clone();
      extra?.setEventid(99);
      return extra ? [...history.slice(0, 5), extra, ...history.slice(5)] : history;
    });
    expect(actions).toEqual([nonDeterminism]);
  });
});
