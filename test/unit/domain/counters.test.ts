import fc from 'fast-check';
import {
  add,
  addWork,
  COUNTERS,
  type Counter,
  IMAGE_COUNTERS,
  NO_COUNTERS,
  NO_WORK,
  pickCounters,
  sumOf,
  WORK_COUNTERS,
} from '../../../src/domain/counters';
import { covered, NO_PROGRESS } from '../../../src/domain/run/chunk-progress';
import { LINE_COUNTERS } from '../../../src/domain/run/report';
import { receiptCounter } from '../../../src/domain/run/receipt';

const NAMES = Object.keys(COUNTERS) as Counter[];
/** As an older build may have stored it: any of the counters may be missing. */
const SOME = fc.dictionary(fc.constantFrom(...NAMES), fc.nat(1_000_000)) as fc.Arbitrary<
  Partial<Record<Counter, number>>
>;

test('every counter says what it counts, in which unit, as a sentence and as a title', () => {
  for (const { unit, label, meaning } of Object.values(COUNTERS)) {
    expect(['images', 'requests', 'transactions', 'bytes']).toContain(unit);
    expect(label).toMatch(/^[a-z ]+$/);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
  }
});

test('a sum has every counter, and reads what is absent as 0', () => {
  fc.assert(
    fc.property(SOME, SOME, (a, b) => {
      const sum = add(a, b);
      expect(Object.keys(sum)).toEqual(NAMES);
      for (const name of NAMES) expect(sum[name]).toBe((a[name] ?? 0) + (b[name] ?? 0));
      expect(addWork(a, b)).toEqual(pickCounters(sum, WORK_COUNTERS));
    }),
  );
});

test('a sum of many is that of one after another, and changes none of them', () => {
  fc.assert(
    fc.property(fc.array(SOME, { maxLength: 5 }), (vectors) => {
      const before = structuredClone(vectors);
      expect(sumOf(vectors)).toEqual(vectors.reduce<ReturnType<typeof add>>(add, NO_COUNTERS));
      expect(vectors).toEqual(before);
    }),
  );
  expect(Object.values(NO_COUNTERS).every((value) => value === 0)).toBe(true);
});

test('nothing but counters is taken over', () => {
  const stored = { ...NO_WORK, calls: 2, waiting: 'Vision asked to wait', failureGroups: [] };
  expect(add(stored, {})).toEqual({ ...NO_COUNTERS, calls: 2 });
});

test('an image that is dealt with is in one of the counters of images', () => {
  for (const counter of IMAGE_COUNTERS) expect(covered({ ...NO_PROGRESS, [counter]: 3 })).toBe(3);
  for (const counter of WORK_COUNTERS) expect(covered({ ...NO_PROGRESS, [counter]: 3 })).toBe(0);
});

test('no two counters share a name on the receipt or in a line of a report', () => {
  expect(new Set(WORK_COUNTERS.map(receiptCounter)).size).toBe(WORK_COUNTERS.length);
  expect(receiptCounter('throttled')).toBe('throttled429');
  expect(LINE_COUNTERS).toEqual(WORK_COUNTERS.filter((name) => !['calls', 'transactions', 'cacheHits'].includes(name)));
});
