import fc from 'fast-check';
import { keptAttempts, times } from '../../../src/domain/image/attempt-history';
import { type Attempt, MAX_ATTEMPTS } from '../../../src/domain/image/image';

const attempt = (change: Partial<Attempt> = {}): Attempt => ({
  ...{ stage: 'vision', startedAt: '2026-01-01T00:00:00.000Z', waitMs: 1, workMs: 10, runId: 'now' },
  ...change,
});

const ATTEMPT = fc
  .record(
    {
      stage: fc.constantFrom('download', 'vision', 'save' as const),
      code: fc.constantFrom('vision-timeout', 'vision-unavailable'),
      runId: fc.constantFrom('before', 'now'),
      count: fc.integer({ min: 1, max: 5 }),
      bytesDownloaded: fc.nat(1_000),
    },
    { requiredKeys: ['stage', 'runId'] },
  )
  .map(attempt);

const sum = (attempts: readonly Attempt[], pick: (one: Attempt) => number) =>
  attempts.reduce((total, one) => total + pick(one), 0);

test('nothing of the run at hand is left uncounted, however long its story', () => {
  fc.assert(
    fc.property(fc.array(ATTEMPT, { maxLength: 60 }), (attempts) => {
      const kept = keptAttempts(attempts, 'now');
      expect(kept.length).toBeLessThanOrEqual(MAX_ATTEMPTS);
      const bytes = ({ bytesDownloaded = 0 }: Attempt) => bytesDownloaded;
      for (const pick of [times, bytes, ({ waitMs }: Attempt) => waitMs, ({ workMs }: Attempt) => workMs]) {
        for (const stage of ['download', 'vision', 'save']) {
          const mine = (all: readonly Attempt[]) => all.filter((one) => one.runId === 'now' && one.stage === stage);
          expect(sum(mine(kept), pick)).toBe(sum(mine(attempts), pick));
        }
      }
      const own = attempts.filter(({ runId }) => runId === 'now');
      expect([kept.at(-1)?.stage, kept.at(-1)?.code]).toEqual(
        own.length > 0 ? [own.at(-1)?.stage, own.at(-1)?.code] : [attempts.at(-1)?.stage, attempts.at(-1)?.code],
      );
    }),
  );
});

test('a story of ten is told one by one, and pushes out those of earlier runs', () => {
  const own = Array.from({ length: MAX_ATTEMPTS }, (_, n) => attempt({ requestId: `r${n}` }));
  expect(keptAttempts([attempt({ runId: 'before' }), ...own.slice(1)], 'now')).toHaveLength(MAX_ATTEMPTS);
  expect(keptAttempts([attempt({ runId: 'before' }), ...own], 'now')).toEqual(own);
});

test('one that stands for several began with the first and ended as the last', () => {
  const failed = (n: number) =>
    attempt({ code: 'vision-timeout', startedAt: `2026-01-01T00:00:0${n}.000Z`, requestId: `r${n}` });
  const saves = Array.from({ length: MAX_ATTEMPTS }, () => attempt({ stage: 'save', code: 'results-unavailable' }));
  const [vision] = keptAttempts([failed(1), failed(2), ...saves], 'now');
  expect(vision).toEqual({ ...failed(2), startedAt: failed(1).startedAt, waitMs: 2, workMs: 20, count: 2 });
});
