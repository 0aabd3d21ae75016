import { callsPerSecond, type Held, hold } from '../../../src/domain/run/pace';

const worked = { calls: 100, cacheHits: 0 };
const phases = { analyzeAtMs: 1_000, finishAtMs: 21_000 };

test('calls by the time of the analysis', () => {
  expect(callsPerSecond(worked, phases, {})).toBe(5);
  expect(callsPerSecond({ ...worked, calls: 1 }, { ...phases, finishAtMs: 181_000 }, {})).toBe(0.005556);
});

test('what was held back is left out, but for what came before the analysis', () => {
  let held: Held = hold({}, true, 500, undefined);
  held = hold(held, true, 700, undefined); // a pause that is said twice began once
  held = hold(held, false, 3_000, 1_000);
  expect(held).toEqual({ heldMs: 2_000 });
  held = hold(hold(held, true, 5_000, 1_000), false, 13_000, 1_000);
  expect(callsPerSecond(worked, phases, held)).toBe(10);
  expect(hold(hold({}, true, 100, undefined), false, 900, undefined)).toEqual({ heldMs: 0 });
});

test.each([
  ['an analysis that has not ended', worked, { ...phases, finishAtMs: undefined }, {}],
  ['one that never began', worked, { ...phases, analyzeAtMs: undefined }, {}],
  ['a run without calls', { ...worked, calls: 0 }, phases, {}],
  ['one that mostly read known answers', { calls: 4, cacheHits: 5 }, phases, {}],
  ['no time at all', worked, phases, { heldMs: 20_000 }],
])('%s says nothing', (_, done, times, held) => {
  expect(callsPerSecond(done, times, held)).toBeUndefined();
});
