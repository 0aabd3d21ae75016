import fc from 'fast-check';
import type { RunStatus, RunView } from '../../../src/domain/run/run';
import {
  awake,
  decide,
  looked,
  nextLookSeconds,
  parseEvery,
  setWatch,
  type Watch,
  woken,
  workFound,
} from '../../../src/domain/watch/watch';

const DAY_MS = 24 * 3_600_000;
const WATCH: Watch = { container: 'photos', everySeconds: 900, since: '2026-01-01T00:00:00.000Z' };
const AT = '2026-01-02T00:00:00.000Z';
const found = (change: Partial<ReturnType<typeof workFound>> = {}) => ({
  ...{ new: 0, changed: 0, missing: 0, ineligible: 0 },
  ...change,
});
const ended = (status: RunStatus, succeeded = 0, removed = 0): RunView =>
  ({ id: 'r', status, removed, counts: { succeeded, skipped: 0 } }) as RunView;

describe('how often', () => {
  test.each<[number | string, number | undefined]>([
    [60, 60],
    ['PT15M', 900],
    ['P1D', 86_400],
    ['P1DT1H1M1S', 90_061],
    ['P2W', 1_209_600],
    ['PT60S', 60],
    [59, undefined],
    [60.5, undefined],
    [Number.NaN, undefined],
    [366 * 86_400 + 1, undefined],
    ['PT59S', undefined],
    ['P1M', undefined],
    ['P', undefined],
    ['PT', undefined],
    ['P1DT', undefined],
    ['15m', undefined],
    ['', undefined],
    [`P${'9'.repeat(30)}D`, undefined],
  ])('%j is %j seconds', (every, seconds) => expect(parseEvery(every)).toBe(seconds));

  test('no text breaks it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const seconds = parseEvery(`P${text}`);
        if (seconds !== undefined) expect(seconds).toBeGreaterThanOrEqual(60);
      }),
    );
  });

  test('sooner where a run is active or the look failed, but not more often than asked', () => {
    const secondsAfter = (outcome: 'unchanged' | 'run-active' | 'failed', everySeconds = 900) =>
      nextLookSeconds({ ...WATCH, everySeconds }, { at: AT, outcome });
    expect([secondsAfter('unchanged'), secondsAfter('run-active'), secondsAfter('failed')]).toEqual([900, 60, 300]);
    expect(secondsAfter('failed', 120)).toBe(120);
  });
});

describe('what is done about what was found', () => {
  test('nothing where nothing needs work, a run where anything does', () => {
    expect(decide(WATCH, found(), undefined, 0)).toBe('unchanged');
    for (const kind of ['new', 'changed', 'missing', 'ineligible'] as const) {
      expect(decide(WATCH, found({ [kind]: 1 }), undefined, 0)).toBe('start');
    }
    const counts = { total: 9, new: 1, changed: 2, unchanged: 3, missing: 4, ineligible: { empty: 1, corrupt: 2 } };
    expect(workFound(counts)).toEqual({ new: 1, changed: 2, missing: 4, ineligible: 3 });
  });

  test('what a run tried in vain is left for a day, or until something differs (I2)', () => {
    const work = found({ changed: 3 });
    const started = looked(WATCH, { at: AT, outcome: 'started', run: 'r', found: work }, 0);
    expect(decide(started, work, ended('CompletedWithErrors', 1), 0)).toBe('start');
    expect(decide(started, found({ changed: 2 }), ended('CompletedWithErrors', 1), 0)).toBe('start');
    expect(decide(started, work, undefined, 0)).toBe('start');
    expect(decide(started, work, ended('CompletedWithErrors'), 0)).toBe('left');
    const left = looked(started, { at: AT, outcome: 'left', found: work }, 0);
    expect(decide(left, work, undefined, DAY_MS - 1)).toBe('left');
    expect(decide(left, found({ changed: 3, new: 1 }), undefined, 1)).toBe('start');
    expect(decide(left, work, undefined, DAY_MS)).toBe('start');
    // Looking again does not put the day off.
    const again = looked(left, { at: AT, outcome: 'left', found: work }, DAY_MS / 2);
    expect(decide(again, work, undefined, DAY_MS)).toBe('start');
  });

  test('what its owner stopped is left too, whatever it came to before', () => {
    const started = looked(WATCH, { at: AT, outcome: 'started', run: 'r', found: found({ new: 9 }) }, 0);
    expect(decide(started, found({ new: 4 }), ended('Cancelled', 5), 0)).toBe('left');
    const left = looked(started, { at: AT, outcome: 'left', found: found({ new: 4 }) }, 0);
    expect(left.lastStart).toBeUndefined();
    expect(decide(left, found({ new: 4 }), ended('Cancelled', 5), 0)).toBe('left');
    expect(decide(left, found({ new: 5 }), undefined, 0)).toBe('start');
  });

  test('new settings are looked at without prejudice', () => {
    const left = looked(WATCH, { at: AT, outcome: 'left', found: found({ new: 1 }) }, 0);
    const set = setWatch(left, { container: 'photos', everySeconds: 60 }, AT);
    expect(set).toEqual({ ...WATCH, everySeconds: 60, lastLook: left.lastLook });
    expect(decide(set, found({ new: 1 }), undefined, 0)).toBe('start');
  });
});

test('one wake-up is on its way at a time, until a look begins or it is lost (I3)', () => {
  const one = woken(WATCH, 1_000);
  expect(woken(one, 2_000)).toBe(one);
  expect(woken(one, 601_000)).not.toBe(one);
  expect(awake(one)).toEqual(WATCH);
  expect(awake(WATCH)).toBe(WATCH);
});
