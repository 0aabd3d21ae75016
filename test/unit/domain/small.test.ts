import fc from 'fast-check';
import { AppError, toAppError } from '../../../src/domain/errors';
import { runEvent } from '../../../src/domain/run/events';
import { settle, unwrap } from '../../../src/domain/outcome';
import { delayMs, IMAGE_RETRY, STEP_RETRY } from '../../../src/domain/retry';
import { FINAL_STATUSES, isFinal, RUN_STATUSES } from '../../../src/domain/run/run';

describe('retry', () => {
  const policy = { maxAttempts: 5, firstDelayMs: 250, maxDelayMs: 8_000 };

  test('doubles up to its limit', () => {
    expect([1, 2, 3, 6, 7, 1_000].map((attempt) => delayMs(policy, attempt))).toEqual([
      250, 500, 1_000, 8_000, 8_000, 8_000,
    ]);
  });

  test('jitter takes off at most half', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const delay = delayMs(STEP_RETRY, attempt, random);
        const full = delayMs(STEP_RETRY, attempt);
        expect(delay).toBeGreaterThanOrEqual(Math.floor(full / 2));
        expect(delay).toBeLessThanOrEqual(full);
        expect(Number.isInteger(delay)).toBe(true);
      }),
    );
  });

  test('an image is set aside after five attempts; a step goes on for about three hours', () => {
    expect(IMAGE_RETRY.maxAttempts).toBe(5);
    const hours =
      Array.from({ length: STEP_RETRY.maxAttempts }, (_, i) => delayMs(STEP_RETRY, i + 1)).reduce((a, b) => a + b) /
      3_600_000;
    expect(hours).toBeGreaterThan(3);
    expect(hours).toBeLessThan(4);
  });
});

describe('events', () => {
  const data = { runId: 'r1', container: 'photos', status: 'Completed' as const };

  test('the same fact has the same id whenever it is announced', () => {
    const first = runEvent('run-completed', '2026-01-01T00:00:00.000Z', data);
    expect(first).toEqual({
      id: 'r1/run-completed',
      type: 'io.contactsheet.run.completed.v1',
      subject: 'containers/photos/runs/r1',
      time: '2026-01-01T00:00:00.000Z',
      data,
    });
    expect(runEvent('run-completed', 'later', data).id).toBe(first.id);
  });

  test('different facts have different ids and types', () => {
    const events = (['run-started', 'run-completed', 'run-failed'] as const).map((name) => runEvent(name, '', data));
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
    expect(new Set(events.map(({ type }) => type)).size).toBe(3);
  });
});

describe('outcomes', () => {
  test('a value comes through', async () => {
    expect(unwrap(await settle(async () => 7))).toBe(7);
  });

  test('an error of ours comes through JSON as itself, without its context', async () => {
    const error = new AppError('storage-unavailable', 'no answer', { retryable: true, context: { secret: 'x' } });
    const sent = JSON.parse(JSON.stringify(await settle(() => Promise.reject(error))));
    expect(sent).toEqual({ ok: false, error: { code: 'storage-unavailable', message: 'no answer', retryable: true } });
    expect(() => unwrap(sent)).toThrow(expect.objectContaining({ code: 'storage-unavailable', retryable: true }));
  });

  test('a function that throws before its first await is a failure too', async () => {
    const outcome = await settle(() => {
      throw new TypeError('x'.repeat(500));
    });
    expect(outcome).toEqual({ ok: false, error: { code: 'internal', message: 'x'.repeat(106), retryable: false } });
  });

  test.each(['📷', '"', 'é'])(
    'an error fits into a history, whatever its message is made of: %s',
    async (character) => {
      const outcome = await settle(() => {
        throw new AppError('results-unavailable', character.repeat(300), { retryable: true });
      });
      expect(Buffer.byteLength(JSON.stringify({ ...outcome, step: '1000.26' }))).toBeLessThanOrEqual(200);
      expect(JSON.stringify(outcome)).toContain(JSON.stringify(character.repeat(10)).slice(1, -1));
    },
  );

  test('an error that quotes a whole answer holds up nobody', async () => {
    const began = performance.now();
    const outcome = await settle(() => Promise.reject(new Error('📷'.repeat(100_000))));
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(outcome).toMatchObject({ ok: false, error: { message: expect.stringMatching(/^📷+$/u) } });
  });

  test('anything thrown becomes an AppError', () => {
    const own = new AppError('not-ready', 'wait');
    expect(toAppError(own)).toBe(own);
    for (const thrown of ['text', undefined, null, { a: 1 }, new Error('text')]) {
      expect(toAppError(thrown)).toMatchObject({ code: 'internal', retryable: false });
    }
  });
});

test('the final statuses are those that nothing leads out of', () => {
  expect(RUN_STATUSES.filter(isFinal)).toEqual([...FINAL_STATUSES]);
});
