import { ACTIVITIES, WATCH_EVENT, WORKFLOWS } from '../../src/names';
import { workflowDefinitions } from '../../src/workflows/register';
import { failed, ok, peaks } from './runs';
import { type Answer, type Step, SimulatedEngine } from './simulated-engine';

const ID = 'watch-photos';
const EVERY_S = 900;

/** A watch; `answer` says what a look answers, else that nothing changed. */
async function watching(answer: (step: Step, looks: number) => Answer | undefined = () => undefined) {
  let looks = 0;
  const engine = new SimulatedEngine({
    workflows: workflowDefinitions,
    activity: (step) => answer(step, ++looks) ?? ok({ watched: true, waitSeconds: EVERY_S }),
  });
  await engine.start(WORKFLOWS.watchContainer, ID, { container: 'photos' });
  const until = (count: number) => engine.run(ID, () => looks >= count && engine.idle);
  return { engine, until, looks: () => looks };
}

test('looks at once, and then in its time, for ever and within its bounds', async () => {
  const { engine, until } = await watching();
  await until(100);
  expect(engine.nowMs - Date.UTC(2026, 0, 1)).toBeGreaterThanOrEqual(99 * EVERY_S * 1_000);
  expect(engine.nowMs - Date.UTC(2026, 0, 1)).toBeLessThan(100 * EVERY_S * 1_000);
  expect(engine.steps.every(({ name, input }) => name === ACTIVITIES.lookAtContainer && 'container' in input)).toBe(
    true,
  );
  const { rows, operations, generations } = peaks(engine);
  expect(rows).toBeLessThanOrEqual(90);
  expect(operations).toBeLessThanOrEqual(90);
  expect(generations).toBeGreaterThan(10);
});

test('100 wake-ups, each in the middle of a wait or of a look, stay within the bounds', async () => {
  const { engine, until, looks } = await watching();
  for (let wakes = 1; wakes <= 100; wakes++) {
    if (wakes % 3 !== 0) await until(looks()); // else while the look goes on
    await engine.raise(ID, WATCH_EVENT);
  }
  await engine.run(ID, () => engine.idle);
  expect(looks()).toBeGreaterThanOrEqual(67);
  expect(looks()).toBeLessThanOrEqual(101);
  expect(engine.nowMs - Date.UTC(2026, 0, 1)).toBeLessThan(EVERY_S * 1_000); // no timer was needed
  expect(peaks(engine).rows).toBeLessThanOrEqual(90);
});

test('a wake-up during a look is followed by another look', async () => {
  const { engine, looks, until } = await watching();
  await engine.raise(ID, WATCH_EVENT); // the first look is under way
  await until(2);
  expect(looks()).toBe(2);
  expect(engine.nowMs - Date.UTC(2026, 0, 1)).toBeLessThan(EVERY_S * 1_000);
});

test('ends when nobody watches any more', async () => {
  const { engine } = await watching((_, looks) => (looks === 3 ? ok({ watched: false, waitSeconds: 0 }) : undefined));
  await engine.run(ID);
  expect(engine.instance(ID).output).toEqual({ ok: true, value: { ended: true } });
});

test('outlives what breaks: an outage by retries, an error for good by a rest', async () => {
  const { engine, until } = await watching((_, looks) => {
    if (looks < 30) return failed(true, 'results-unavailable');
    return looks === 40 ? failed(false, 'results-forbidden') : undefined;
  });
  await until(45);
  expect(engine.instance(ID).end).toBeUndefined();
  expect(peaks(engine).rows).toBeLessThanOrEqual(90);
});
