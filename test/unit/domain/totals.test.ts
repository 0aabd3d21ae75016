import fc from 'fast-check';
import {
  addCounters,
  addInto,
  type TotalsVector,
  differences,
  isEmpty,
  KEY,
  named,
} from '../../../src/domain/container/totals';

const NAMES = fc.constantFrom('dog', 'sky', '__proto__', 'constructor', 'toString', 'größe', '🎞', '');
const COUNTERS: fc.Arbitrary<TotalsVector> = fc
  .array(
    fc.tuple(
      NAMES.map(KEY.tag),
      fc.integer({ min: -1_000_000, max: 1_000_000 }).filter((n) => n !== 0),
    ),
  )
  .map((rows) => Object.fromEntries(rows));

describe('counters', () => {
  test('a sum does not depend on its order', () => {
    fc.assert(
      fc.property(fc.array(COUNTERS), fc.infiniteStream(fc.nat()), (vectors, random) => {
        const shuffled = vectors
          .map((vector): [number, TotalsVector] => [random.next().value as number, vector])
          .sort(([a], [b]) => a - b)
          .map(([, vector]) => vector);
        const sum = (all: readonly TotalsVector[]) => all.reduce((a, b) => addCounters(a, b), {});
        expect(sum(shuffled)).toEqual(sum(vectors));
      }),
    );
  });

  test('what is added and taken away leaves nothing, not even a zero', () => {
    fc.assert(
      fc.property(COUNTERS, COUNTERS, (a, b) => {
        expect(addCounters(addCounters(a, b), b, -1)).toEqual(a);
        expect(isEmpty(addCounters(a, a, -1))).toBe(true);
      }),
    );
  });

  test('adding in place is adding', () => {
    fc.assert(
      fc.property(COUNTERS, COUNTERS, (a, b) => {
        const sum = { ...a };
        addInto(sum, b);
        expect(sum).toEqual(addCounters(a, b));
      }),
    );
  });

  test('addition leaves its arguments alone', () => {
    const a = Object.freeze({ 'i:failed': 1 });
    addCounters(a, { 'i:failed': 2 });
    expect(a).toEqual({ 'i:failed': 1 });
  });

  test('a tag called __proto__ is a tag like any other', () => {
    const one = { [KEY.tag('__proto__')]: 1 };
    const tags = named(addCounters(one, one), KEY.tag(''));
    expect(Object.entries(tags)).toEqual([['__proto__', 2]]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('named takes only what lies under its prefix', () => {
    const counters = { [KEY.format('Gif')]: 1, [KEY.tag('f:Gif')]: 2, [KEY.bytes]: 9 };
    expect(named(counters, KEY.format(''))).toEqual({ Gif: 1 });
  });

  test('differences name every key that is not the same, sorted', () => {
    expect(differences({ a: 1, c: 3 }, { a: 1, b: 2, c: 4 })).toEqual([
      { key: 'b', expected: 0, actual: 2 },
      { key: 'c', expected: 3, actual: 4 },
    ]);
    fc.assert(fc.property(COUNTERS, (a) => expect(differences(a, { ...a })).toEqual([])));
  });
});
