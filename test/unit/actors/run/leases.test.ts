import { ChunkLeases } from '../../../../src/actors/run/leases';
import { ALIVE_MS, SETTLE_MS } from '../../../../src/domain/run/chunk-lease';
import { type ChunkProgress, NO_PROGRESS } from '../../../../src/domain/run/chunk-progress';
import { chunkId } from '../../../../src/domain/ids';

const ref = { runId: 'a'.repeat(32), page: 0, chunk: 0 };
const report = (attempt: string, change: Partial<ChunkProgress> = {}) => ({
  ...{ ref, attempt, progress: { ...NO_PROGRESS, ...change } },
});

function leases({ isBorn = true } = {}) {
  const time = { wallMs: 1_000_000, monotonicMs: 0 };
  const all = new ChunkLeases({ nowMs: () => time.wallMs, monotonicMs: () => time.monotonicMs });
  if (isBorn) all.born();
  return { all, time };
}

test('a chunk is free, then its holder has it and others wait, until the holder is dead', () => {
  const { all, time } = leases();
  expect(all.ask(ref, 'one')).toBe('free');
  all.grant(ref, 'one');
  expect([all.ask(ref, 'one'), all.ask(ref, 'two')]).toEqual(['mine', 'wait']);
  time.monotonicMs += ALIVE_MS - 1;
  expect(all.ask(ref, 'two')).toBe('wait');
  time.monotonicMs += 1;
  expect(all.ask(ref, 'two')).toBe('free');
});

test('after a move nothing is given away before everybody could report; who reported keeps its chunk', () => {
  const { all, time } = leases({ isBorn: false });
  expect(all.ask(ref, 'two')).toBe('wait');
  expect(all.renew(report('one'))).toBe(true);
  time.monotonicMs += SETTLE_MS;
  expect([all.ask(ref, 'one'), all.ask(ref, 'two')]).toEqual(['mine', 'wait']);
  expect(all.ask({ ...ref, chunk: 1 }, 'two')).toBe('free');
});

test('the report of an execution that lost its chunk is refused and changes nothing', () => {
  const { all } = leases();
  all.grant(ref, 'two');
  expect(all.renew(report('one', { succeeded: 9 }))).toBe(false);
  expect(all.live().get(chunkId(ref))?.succeeded).toBe(0);
});

test('only the holder gives a chunk back', () => {
  const { all } = leases();
  all.grant(ref, 'one');
  all.release(ref, 'two');
  expect(all.ask(ref, 'two')).toBe('wait');
  all.release(ref, 'one');
  expect(all.ask(ref, 'two')).toBe('free');
});

test('the dead are not among the living, and after the end nobody is', () => {
  const { all, time } = leases();
  all.grant(ref, 'one');
  all.renew(report('one', { inFlight: 3 }));
  expect([...all.live()].map(([id, { inFlight }]) => [id, inFlight])).toEqual([[chunkId(ref), 3]]);
  time.monotonicMs += ALIVE_MS;
  expect(all.live().size).toBe(0);
  time.monotonicMs -= ALIVE_MS;
  all.clear();
  expect(all.live().size).toBe(0);
});

test('work moves with a grant, a first report and each image, not with a report that says the same', () => {
  const { all, time } = leases();
  const moves = (act: () => void) => {
    time.wallMs += 1_000;
    act();
    return all.movedAtMs === time.wallMs;
  };
  expect(moves(() => all.grant(ref, 'one'))).toBe(true);
  expect(moves(() => all.renew(report('one')))).toBe(false);
  expect(moves(() => all.renew(report('one', { succeeded: 1 })))).toBe(true);
  expect(moves(() => all.renew(report('one', { succeeded: 1, inFlight: 2 })))).toBe(false);
  expect(moves(() => all.renew({ ...report('one'), ref: { ...ref, chunk: 1 } }))).toBe(true);
});
