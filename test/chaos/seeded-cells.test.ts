import { CELLS_A_STACK, seededCells, stacksOf, TARGETS } from './kill-matrix';

test('the first 120 cells of a seed are all there are, each once', () => {
  const cells = seededCells(5, 120).map(({ target, phase, blow }) => `${target} ${phase} ${blow}`);
  expect(new Set(cells).size).toBe(120);
});

test('a stack is hit in every part once', () => {
  for (const stack of stacksOf(seededCells(6, 240))) {
    expect(stack.map(({ target }) => target).sort()).toEqual([...TARGETS].sort());
  }
});

test('a seed deals the same again, however many are asked for', () => {
  expect(seededCells(7, 20)).toEqual(seededCells(7, 130).slice(0, 20));
  expect(seededCells(7, 20)).not.toEqual(seededCells(8, 20));
  expect(stacksOf(seededCells(7, 20)).map((each) => each.length)).toEqual([CELLS_A_STACK, CELLS_A_STACK, 4]);
});
