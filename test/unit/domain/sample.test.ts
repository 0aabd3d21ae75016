import fc from 'fast-check';
import { type Looked, Reservoir, sampleOf, TOP_TAGS } from '../../../src/domain/money/sample';

const PRICE = { unit: 0.001, currency: 'EUR' };

/** A generator of numbers like any other, and the same each time. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function draw(size: number, of: number, random01: () => number): readonly number[] {
  const reservoir = new Reservoir<number>(size, random01);
  for (let item = 0; item < of; item += 1) reservoir.offer(item);
  return reservoir.items;
}

describe('a draw', () => {
  test('holds so many different ones of those offered, or all', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(100), fc.nat(300), fc.infiniteStream(random), (size, of, stream) => {
        const drawn = draw(size, of, () => stream.next().value as number);
        expect(drawn).toHaveLength(Math.min(size, of));
        expect(new Set(drawn).size).toBe(drawn.length);
        expect(drawn.every((item) => item < of)).toBe(true);
      }),
    );
  });

  test('takes each as often as any other', () => {
    const random01 = randomOf(7);
    const times = Array<number>(50).fill(0);
    for (let round = 0; round < 10_000; round += 1) {
      for (const item of draw(5, 50, random01)) times[item] = (times[item] ?? 0) + 1;
    }
    // 1,000 expected of each; six times the standard deviation of 30.
    expect(Math.max(...times)).toBeLessThan(1_180);
    expect(Math.min(...times)).toBeGreaterThan(820);
  });
});

const seen = (change: Partial<Looked['outcome']>, tags: Looked['tags'] = [], callsMs: number[] = []): Looked => ({
  outcome: { status: 'succeeded', calls: 1, transactions: 4, source: 'call', ...change },
  tags,
  callsMs,
});

test('what was measured is what was made: calls, cost, errors by reason, time of a call', () => {
  const tag = (name: string, confidence: number) => ({ name, confidence });
  const looked = [
    seen({}, [tag('sky', 0.9), tag('sea', 0.5)], [100]),
    seen({}, [tag('sky', 0.8)], [301]),
    seen({ calls: 0, transactions: 0, source: 'cache' }, [tag('sky', 1)]),
    seen({ status: 'failed', reason: 'vision-timeout', calls: 5, transactions: 0 }),
    seen({ status: 'skipped', reason: 'too-small', calls: 0, transactions: 0 }),
    seen({ status: 'removed', reason: 'gone', calls: 0, transactions: 0 }),
  ];
  expect(sampleOf(7, looked, PRICE, 'time is up')).toEqual({
    size: 7,
    ...{ analysed: 3, cached: 1, failed: 1, errorRate: 0.25 },
    failures: { 'vision-timeout': 1 },
    ineligible: { 'too-small': 1, gone: 1 },
    tags: [
      { name: 'sky', count: 3, meanConfidence: 0.9 },
      { name: 'sea', count: 1, meanConfidence: 0.5 },
    ],
    ...{ calls: 7, transactions: 8, cost: { unit: 0.001, currency: 'EUR', total: 0.008 } },
    meanCallMs: 201,
    reason: 'time is up',
  });
});

test('of nothing there is nothing to say', () => {
  const sample = sampleOf(0, [], PRICE);
  expect(sample).toMatchObject({ size: 0, analysed: 0, errorRate: 0, tags: [], cost: { total: 0 } });
  expect(sample).not.toHaveProperty('meanCallMs');
  expect(sample).not.toHaveProperty('reason');
});

test('the tags are the most frequent, equal ones by name', () => {
  const many = Array.from({ length: 30 }, (_, n) => ({ name: `t${String(29 - n).padStart(2, '0')}`, confidence: 1 }));
  const { tags } = sampleOf(2, [seen({}, many), seen({}, many.slice(0, 1))], PRICE);
  expect(tags).toHaveLength(TOP_TAGS);
  expect(tags.slice(0, 3).map(({ name }) => name)).toEqual(['t29', 't00', 't01']);
});
