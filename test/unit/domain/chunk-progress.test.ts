import fc from 'fast-check';
import { addGroups, addProgress, NO_PROGRESS, progressOf } from '../../../src/domain/run/chunk-progress';
import { type ImageOutcome, outcomeOf } from '../../../src/domain/run/report';
import type { FailureGroup } from '../../../src/domain/run/run';
import { stored } from './images';

const group = (reason: string, count = 1): FailureGroup => {
  return { reason, code: reason, stage: 'vision', count, retryable: true, sample: `first ${reason}` };
};
const outcome = (change: Partial<ImageOutcome>): ImageOutcome => {
  return { blob: 'a', status: 'succeeded', listed: true, calls: 1, transactions: 4, ...change };
};
const OUTCOME: fc.Arbitrary<ImageOutcome> = fc.record({
  blob: fc.string(),
  status: fc.constantFrom('succeeded', 'failed', 'skipped', 'removed', 'unchanged'),
  listed: fc.boolean(),
  calls: fc.nat(5),
  transactions: fc.nat(20),
});

describe('progressOf', () => {
  test('every image is counted once', () => {
    fc.assert(
      fc.property(fc.array(OUTCOME), (outcomes) => {
        const { succeeded, failed, skipped, unchanged, removed } = progressOf(outcomes);
        expect(succeeded + failed + skipped + unchanged + removed).toBe(outcomes.length);
      }),
    );
  });

  test('is a sum: of parts as of the whole', () => {
    fc.assert(
      fc.property(fc.array(OUTCOME), fc.array(OUTCOME), (a, b) => {
        expect(addProgress(progressOf(a), progressOf(b))).toEqual(progressOf([...a, ...b]));
      }),
    );
  });

  test('an image that was listed and deleted before its turn is skipped, one that was not listed is removed', () => {
    const gone = outcome({ status: 'removed', reason: 'gone', calls: 0, transactions: 0 });
    expect(progressOf([gone, { ...gone, listed: false }])).toMatchObject({ skipped: 1, removed: 1 });
  });

  test('failures are grouped by stage, code and reason, with one that shows it', () => {
    const failed = (blob: string, code: string) =>
      outcome({ blob, status: 'failed', reason: 'vision-unavailable', code, stage: 'vision', retryable: true });
    expect(progressOf([failed('a', 'x'), failed('b', 'x'), failed('c', 'y')]).failureGroups).toEqual([
      { reason: 'vision-unavailable', code: 'x', stage: 'vision', count: 2, retryable: true, sample: 'a' },
      { reason: 'vision-unavailable', code: 'y', stage: 'vision', count: 1, retryable: true, sample: 'c' },
    ]);
  });

  test('cache hits are counted', () => {
    expect(progressOf([outcome({ source: 'cache' }), outcome({ source: 'call' })]).cacheHits).toBe(1);
  });
});

describe('failure groups', () => {
  test('never lose a failure: beyond 50 kinds the rest is counted under the last', () => {
    const many = Array.from({ length: 60 }, (_, i) => group(`r${i}`, 2));
    const kept = addGroups([], many);
    expect(kept).toHaveLength(50);
    expect(kept.reduce((sum, { count }) => sum + count, 0)).toBe(120);
    expect(kept.at(-1)).toMatchObject({ reason: 'r49', count: 22 });
  });

  test('keep the sample that came first', () => {
    expect(addGroups([group('x')], [{ ...group('x'), sample: 'later' }])).toEqual([{ ...group('x'), count: 2 }]);
  });
});

test('a waiting chunk among busy ones is heard', () => {
  const waiting = { ...NO_PROGRESS, waiting: 'Vision asked to wait' };
  expect(addProgress(NO_PROGRESS, waiting).waiting).toBe('Vision asked to wait');
  expect('waiting' in addProgress(NO_PROGRESS, NO_PROGRESS)).toBe(false);
});

describe('outcomeOf', () => {
  const attempt = { stage: 'vision' as const, startedAt: '', waitMs: 0, workMs: 0, runId: 'run-1' };

  test('counts the calls of this run, refusals by rate limit left out', () => {
    const attempts = [
      { ...attempt, runId: 'run-0' },
      { ...attempt, code: 'vision-throttled' },
      { ...attempt, code: 'vision-unavailable' },
      { ...attempt, stage: 'download' as const, code: 'download-failed' },
      attempt,
    ];
    expect(outcomeOf(stored('a', { attempts }), true)).toMatchObject({ calls: 2, transactions: 2, source: 'call' });
  });

  test('tells what went wrong where', () => {
    const error = { code: 'vision-timeout', stage: 'vision' as const, message: 'slow', retryable: true };
    expect(outcomeOf(stored('a', { status: 'failed', reason: 'vision-timeout', error }), true)).toMatchObject({
      status: 'failed',
      reason: 'vision-timeout',
      code: 'vision-timeout',
      stage: 'vision',
      retryable: true,
    });
  });
});
