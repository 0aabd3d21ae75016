import { controlOf, decided, needsWake, statusOf } from '../../../src/domain/run/facts';
import { RUN_STATUSES } from '../../../src/domain/run/run';
import { newRun, RUN_SCHEMA } from '../../../src/domain/run/run-state';
import { viewOf } from '../../../src/domain/run/run-view';
import { readRun } from '../../../src/domain/run/stored-run';
import stored from './stored-runs-1.json';

const { runs } = stored;
const SAID = ['waiting', 'reason', 'endedAt', 'approval', 'retriedBy'] as const;

/** Made by the build that wrote the first shape, by the ways a run gets there, with the view and the control it answered. */
test.each(runs)('a run stored in the first shape opens as it was: $name', ({ state, control, wake, shown, whole }) => {
  const read = readRun(state);
  expect(read.schema).toBe(RUN_SCHEMA);
  for (const [view, expected] of [
    [viewOf(read, []), shown],
    [viewOf(decided(read), []), whole],
  ] as const) {
    expect(view).toMatchObject(expected); // counters that are newer than the record may stand beside
    expect(SAID.filter((key) => key in view)).toEqual(SAID.filter((key) => key in expected));
  }
  expect([controlOf(read), needsWake(read)]).toEqual([control, wake]);
  expect(read.version).toBe(state.version);
  expect(Object.keys(read)).not.toEqual(expect.arrayContaining(['status']));
});

test('the fixture has every status', () => {
  const seen = new Set(runs.map(({ whole }) => whole.status));
  expect([...RUN_STATUSES].filter((status) => !seen.has(status))).toEqual([]);
});

test('what is stored in the present shape is read as it is', () => {
  const run = newRun({
    ...{ id: 'a', container: 'photos', prefix: '', features: [], confirmShrink: false },
    startedAt: '2026-01-01T00:00:00.000Z',
  });
  const read = JSON.parse(JSON.stringify(run));
  expect(readRun(read)).toBe(read);
  expect(statusOf(readRun(read))).toBe('Queued');
});

test('a shape of a newer build is refused, not guessed', () => {
  expect(() => readRun({ schema: RUN_SCHEMA + 1 })).toThrow(expect.objectContaining({ code: 'internal' }));
});
