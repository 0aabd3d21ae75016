import fc from 'fast-check';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { compareStarts, isWrittenLater, timeInId, writtenBy } from '../../../src/domain/run/run-order';

const at = (ms: number) => new Date(ms).toISOString();
const millisecond = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
const id = fc.oneof(fc.uuid(), fc.string({ minLength: 1, maxLength: 20 }));
const run = fc.record({ id, startedAt: fc.oneof(millisecond, fc.integer({ min: 0, max: 3 })).map(at) });

describe('the order of runs', () => {
  test('is total: the same for the same run alone, the other way round, and through a third one', () => {
    fc.assert(
      fc.property(run, run, run, (a, b, c) => {
        expect(compareStarts(a, b)).toBe(-compareStarts(b, a) + 0);
        expect(compareStarts(a, b) === 0).toBe(a.id === b.id && a.startedAt === b.startedAt);
        const [first, second, third] = [a, b, c].sort(compareStarts) as [typeof a, typeof a, typeof a];
        expect(compareStarts(first, third)).toBeLessThanOrEqual(Math.min(0, compareStarts(first, second)));
      }),
    );
  });

  test('is that of the starts, whatever the ids are', () => {
    fc.assert(
      fc.property(run, run, (a, b) => {
        fc.pre(a.startedAt !== b.startedAt);
        expect(compareStarts(a, b)).toBe(Date.parse(a.startedAt) < Date.parse(b.startedAt) ? -1 : 1);
      }),
    );
  });
});

describe('whether a later run wrote a document', () => {
  test('follows from the stored starts, whatever the ids are', () => {
    fc.assert(
      fc.property(run, run, (writer, asker) => {
        fc.pre(writer.startedAt !== asker.startedAt && writer.id !== asker.id);
        const written = writtenBy({ runId: writer.id, startedAt: writer.startedAt });
        expect(isWrittenLater(written, asker)).toBe(writer.startedAt > asker.startedAt);
      }),
    );
  });

  test('is never said of the run itself', () => {
    fc.assert(
      fc.property(run, millisecond, (own, ms) => {
        expect(isWrittenLater({ runId: own.id, runStartedAt: at(ms), analyzedAt: at(ms) }, own)).toBe(false);
      }),
    );
  });

  test('of an older build: by the time in the id, and by the write where somebody chose the id', () => {
    const asker = { id: uuidv4(), startedAt: at(10_000) };
    const made = (msecs: number) => uuidv7({ msecs }).replaceAll('-', '');
    const chosen = uuidv4().replaceAll('-', '');
    expect(isWrittenLater({ runId: made(9_000), analyzedAt: at(20_000) }, asker)).toBe(false);
    expect(isWrittenLater({ runId: made(11_000), analyzedAt: at(9_000) }, asker)).toBe(true);
    expect(isWrittenLater({ runId: chosen, analyzedAt: at(9_000) }, asker)).toBe(false);
    expect(isWrittenLater({ runId: chosen, analyzedAt: at(11_000) }, asker)).toBe(true);
    expect(isWrittenLater({ runId: chosen }, asker)).toBe(false);
  });
});

test('a UUID v7 tells its time, any other id none', () => {
  fc.assert(
    fc.property(millisecond, (msecs) => {
      const made = uuidv7({ msecs }).replaceAll('-', '');
      expect(timeInId(made)).toBe(at(msecs));
      for (const other of [`${made}0`, made.slice(1), `x${made}`, uuidv4()]) expect(timeInId(other)).toBeUndefined();
    }),
  );
});
