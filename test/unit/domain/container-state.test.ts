import fc from 'fast-check';
import { jsonBytes } from '../../../src/domain/bytes';
import {
  type AppliedShard,
  beginRun,
  bucketOf,
  type ContainerHead,
  endRun,
  joinParts,
  markApplied,
  mayApply,
  NEW_CONTAINER,
  splitByBucket,
  TAG_BUCKETS,
} from '../../../src/domain/container/container-state';
import { type TotalsVector, KEY } from '../../../src/domain/container/totals';

const ref = (runId: string, page = 0, chunk = 0) => ({ runId, page, chunk });

describe('one run at a time', () => {
  test('a run begins once, others are told which one is active', () => {
    const { head, result } = beginRun(NEW_CONTAINER, 'one');
    expect(result).toEqual({ begun: true });
    expect(beginRun(head, 'one')).toEqual({ head, result: { begun: true } });
    expect(beginRun(head, 'two')).toEqual({ head, result: { begun: false, activeRun: 'one' } });
  });

  test('a run that has ended cannot begin again, the next can', () => {
    const ended = endRun(beginRun(NEW_CONTAINER, 'one').head, 'one');
    expect(beginRun(ended, 'one').result).toEqual({ begun: false, ended: true });
    expect(beginRun(ended, 'two').result).toEqual({ begun: true });
  });

  test('each run starts later than the one before it, whatever the clocks say', () => {
    const times = fc.array(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }), {
      minLength: 2,
    });
    fc.assert(
      fc.property(times, (clocks) => {
        let head: ContainerHead = NEW_CONTAINER;
        const starts = clocks.map((clock, run) => {
          const begun = beginRun(head, `run-${run}`, clock.toISOString());
          expect(beginRun(begun.head, `run-${run}`, new Date(0).toISOString()).result).toEqual(begun.result);
          head = endRun(begun.head, `run-${run}`);
          return begun.result.begun ? (begun.result.startedAt ?? '') : '';
        });
        expect(starts[0]).toBe(clocks[0]?.toISOString());
        expect(new Set(starts).size).toBe(starts.length);
        expect([...starts].sort()).toEqual(starts);
      }),
    );
  });

  test('ending a run that is not active changes nothing', () => {
    const active = beginRun(NEW_CONTAINER, 'one').head;
    expect(endRun(active, 'two')).toBe(active);
    const ended = endRun(active, 'one');
    expect(endRun(ended, 'one')).toBe(ended);
  });

  test('whatever is asked in whatever order, at most one run is active', () => {
    const step = fc.tuple(fc.constantFrom('begin', 'end'), fc.constantFrom('one', 'two', 'three'));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let head: ContainerHead = NEW_CONTAINER;
        let active: string | undefined;
        for (const [verb, run] of steps) {
          if (verb === 'end') {
            head = endRun(head, run);
            if (active === run) active = undefined;
          } else {
            const answer = beginRun(head, run);
            if (answer.result.begun) {
              expect(active === undefined || active === run).toBe(true);
              active = run;
            }
            head = answer.head;
          }
          expect(head.activeRun).toBe(active);
        }
      }),
    );
  });
});

describe('a delta is applied once', () => {
  const head: ContainerHead = { version: 3, activeRun: 'one' };

  test('by chunk', () => {
    const chunk = fc.record({ page: fc.nat(200), chunk: fc.nat(19) });
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        let shard: AppliedShard | undefined;
        const seen = new Set<string>();
        for (const { page, chunk: number } of chunks) {
          const one = ref('one', page, number);
          const key = `${page}/${number}`;
          expect(mayApply(head, shard, one)).toBe(seen.has(key) ? 'already-applied' : 'applied');
          shard = markApplied(shard, one);
          seen.add(key);
        }
      }),
    );
  });

  test('for the active run only', () => {
    expect(mayApply(head, undefined, ref('two'))).toBe('refused');
    expect(mayApply(endRun(head, 'one'), undefined, ref('one'))).toBe('refused');
  });

  test('the chunks of another run say nothing about this one', () => {
    const old = markApplied(undefined, ref('zero'));
    expect(mayApply(head, old, ref('one'))).toBe('applied');
    expect(markApplied(old, ref('one', 0, 3))).toEqual({ runId: 'one', chunks: { 0: 0b1000 } });
  });
});

describe('parts', () => {
  const key = fc.oneof(
    fc.string().map(KEY.tag),
    fc.string().map(KEY.tagConfidence),
    fc.string().map(KEY.tagConfidenceCount),
    fc.string().map(KEY.category),
    fc.constant(KEY.bytes),
  );
  const counters: fc.Arbitrary<TotalsVector> = fc
    .array(fc.tuple(key, fc.integer({ min: 1, max: 1_000_000 })))
    .map((rows) => Object.fromEntries(rows));

  test('split and joined are the same', () => {
    fc.assert(fc.property(counters, (all) => expect(joinParts([...splitByBucket(all).values()])).toEqual(all)));
  });

  test('everything about one tag lies in one bucket', () => {
    fc.assert(
      fc.property(fc.string(), (tag) => {
        const all = { [KEY.tag(tag)]: 1, [KEY.tagConfidence(tag)]: 2, [KEY.tagConfidenceCount(tag)]: 3 };
        expect([...splitByBucket(all).keys()]).toEqual([bucketOf(tag)]);
        expect(bucketOf(tag)).toBeGreaterThanOrEqual(0);
        expect(bucketOf(tag)).toBeLessThan(TAG_BUCKETS);
      }),
    );
  });

  // Wire format: a changed hash would leave every tag of a stored container in the wrong bucket.
  test('the bucket of a tag never changes', () => {
    expect(['dog', 'sky', 'outdoor', '__proto__', 'größe', ''].map(bucketOf)).toMatchInlineSnapshot(`
[
  9,
  6,
  7,
  13,
  2,
  5,
]
`);
  });
});

test('the totals of every tag that Vision has fit one transaction of Cosmos DB', () => {
  // "more than 10,000 concepts and objects" (Image Analysis 3.2), here 15,000 with long names, a million images each.
  const names = Array.from({ length: 15_000 }, (_, n) => `a name of a tag ${n}`.padEnd(24, 'x'));
  const all = names.flatMap((name, n) => [
    [KEY.tag(name), 1_000_000 + n],
    [KEY.tagConfidence(name), 9_999_999_999],
    [KEY.tagConfidenceCount(name), 1_000_000 + n],
  ]);
  const parts = [...splitByBucket(Object.fromEntries(all)).values()];
  const bytes = parts.map((part) => jsonBytes(part));
  expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(2 * 1024 * 1024);
  expect(Math.max(...bytes)).toBeLessThan(256 * 1024);
});
