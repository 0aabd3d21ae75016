import { callsPerSecond, heldDuring } from '../../../src/domain/run/pace';

const worked = { calls: 100, cacheHits: 0 };
const phases = { analyzeAtMs: 1_000, finishAtMs: 21_000 };

test('calls by the time of the analysis', () => {
  expect(callsPerSecond(worked, phases, 0)).toBe(5);
  expect(callsPerSecond({ ...worked, calls: 1 }, { ...phases, finishAtMs: 181_000 }, 0)).toBe(0.005556);
});

test('what was held back is left out, but for what came before the analysis', () => {
  const begun = heldDuring(500, 3_000, 1_000);
  expect(begun).toBe(2_000);
  const heldMs = begun + heldDuring(5_000, 13_000, 1_000);
  expect(callsPerSecond(worked, phases, heldMs)).toBe(10);
  expect(heldDuring(100, 900, undefined)).toBe(0);
  expect(heldDuring(900, 100, 0)).toBe(0); // a wall clock that was set back
});

test.each([
  ['an analysis that has not ended', worked, { ...phases, finishAtMs: undefined }, 0],
  ['one that never began', worked, { ...phases, analyzeAtMs: undefined }, 0],
  ['a run without calls', { ...worked, calls: 0 }, phases, 0],
  ['one that mostly read known answers', { calls: 4, cacheHits: 5 }, phases, 0],
  ['no time at all', worked, phases, 20_000],
])('%s says nothing', (_, done, times, heldMs) => {
  expect(callsPerSecond(done, times, heldMs)).toBeUndefined();
});
