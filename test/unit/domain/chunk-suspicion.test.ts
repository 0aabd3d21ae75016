import fc from 'fast-check';
import { carefulRange, cleared, reopened, type Suspicion } from '../../../src/domain/run/chunk-suspicion';

/** Runs a chunk whose poison ends each process, until one process gets through. Answers the convicted and the deaths. */
function search(size: number, poison: readonly number[]): { convicted: readonly number[]; deaths: number } {
  let known: Suspicion | undefined;
  for (let deaths = 0; deaths < 500; deaths++) {
    known = reopened(known, `process-${deaths}`);
    const range = carefulRange(known);
    const work = (from: number, to: number): boolean => {
      if (from >= size) return true;
      if (isDeadly(from, to)) return false;
      known = cleared(known as Suspicion);
      return work(known.from, known.to);
    };
    const isDeadly = (from: number, to: number) =>
      poison.some((at) => at >= from && at < Math.min(to, size) && !range?.poison.includes(at));
    if (!range) {
      if (isDeadly(0, size)) continue;
      return { convicted: [], deaths };
    }
    if (work(range.from, range.to)) return { convicted: known.poison, deaths };
  }
  throw new Error('the search does not end');
}

test('I1 convicts exactly the images that end the process', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.uniqueArray(fc.nat(99), { maxLength: 3 }), (size, at) => {
      const poison = at.filter((n) => n < size).sort((a, b) => a - b);
      expect([...search(size, poison).convicted].sort((a, b) => a - b)).toEqual(poison);
    }),
  );
});

test('I3 finds one image among a hundred in about ten deaths', () => {
  const deaths = Array.from({ length: 100 }, (_, at) => search(100, [at]).deaths);
  expect(Math.max(...deaths)).toBeLessThanOrEqual(20);
  expect(deaths.reduce((a, b) => a + b) / 100).toBeLessThanOrEqual(15);
});

test('I2 a process that comes back for its chunk has not died', () => {
  const first = reopened(undefined, 'one');
  expect(reopened(reopened(first, 'one'), 'one')).toBe(first);
  expect(carefulRange(first)).toBeUndefined();
});
