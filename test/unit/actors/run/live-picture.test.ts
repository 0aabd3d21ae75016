import { DoneChunks } from '../../../../src/actors/run/done-chunks';
import { LivePicture } from '../../../../src/actors/run/live-picture';
import { WakeUp } from '../../../../src/actors/run/wake-up';
import { chunkId } from '../../../../src/domain/ids';
import { type ChunkProgress, NO_PROGRESS } from '../../../../src/domain/run/chunk-progress';
import { closeChunk, enterPhase, newRun, sealRun } from '../../../../src/domain/run/run-state';
import { SILENCE_MS } from '../../../../src/domain/run/run-silence';

const AT = '2026-01-01T00:00:00.000Z';
const REQUEST = { id: 'a'.repeat(32), container: 'photos', prefix: '', features: [], confirmShrink: false };
const ref = { runId: REQUEST.id, page: 0, chunk: 0 };
const running = enterPhase(newRun({ ...REQUEST, startedAt: AT }), 'analyze', AT);

function picture() {
  const time = { ms: Date.parse(AT) };
  const live = new Map<string, ChunkProgress>();
  const leases = { live: () => live, movedAtMs: time.ms };
  return { time, live, all: new LivePicture({ nowMs: () => time.ms, monotonicMs: () => time.ms }, leases) };
}

test('what a chunk reports now replaces what it left when it stopped half way', () => {
  const { all, live } = picture();
  const progress = { ...NO_PROGRESS, succeeded: 4 };
  const { state } = closeChunk(running, {}, { ref, progress, complete: false }, AT);
  expect(all.of(state).counts.succeeded).toBe(4);
  live.set(chunkId(ref), { ...NO_PROGRESS, succeeded: 6 });
  expect(all.of(state).counts.succeeded).toBe(6);
});

test('a step in trouble is told while that is fresh, then the silence, and neither of a run that has ended', () => {
  const { all, time } = picture();
  all.trouble('list-page: no answer');
  time.ms += 74_999;
  expect(all.of(running).waiting).toBe('list-page: no answer');
  time.ms += 1;
  expect(time.ms - Date.parse(AT)).toBeGreaterThan(SILENCE_MS);
  expect(all.of(running).waiting).toMatch(/has not been heard of for 75 s/);
  expect(all.decided(sealRun(running, undefined, AT))).not.toHaveProperty('waiting');
});

test('an end that is not told does not show, but to who decided it', () => {
  const { all } = picture();
  const sealed = sealRun(running, 'internal: it broke', AT);
  expect(all.of(sealed)).toMatchObject({ status: 'Running', phase: 'finish', reason: 'internal: it broke' });
  expect(all.of(sealed)).not.toHaveProperty('endedAt');
  expect(all.decided(sealed)).toMatchObject({ status: 'Failed', phase: 'done', endedAt: AT });
});

test('a workflow that rests and need not is woken once in ten seconds, or at its next rest', () => {
  const time = { ms: 0 };
  const wakeUp = new WakeUp({ monotonicMs: () => time.ms });
  const resumed = { phase: 'analyze', drained: true } as const;
  expect(wakeUp.isDue({ ...resumed, hold: { by: 'owner', since: AT } })).toBe(false);
  expect([wakeUp.isDue(resumed), wakeUp.isDue(resumed)]).toEqual([true, false]);
  time.ms += 10_000;
  expect([wakeUp.isDue(resumed), wakeUp.isDue(resumed)]).toEqual([true, false]);
  wakeUp.rests();
  expect(wakeUp.isDue(resumed)).toBe(true);
});

test('done chunks are kept by shard of pages', async () => {
  const parts: Record<string, unknown> = { 'done-1': { 65: 0b101 } };
  const done = new DoneChunks({ part: async <T>(key: string) => parts[key] as T | undefined });
  expect([await done.mask(65), await done.mask(64), await done.mask(3)]).toEqual([0b101, 0, 0]);
  expect([await done.has({ ...ref, page: 65, chunk: 2 }), await done.has({ ...ref, page: 65, chunk: 1 })]).toEqual([
    true,
    false,
  ]);
  expect(done.part(65, { 65: 7 })).toEqual({ 'done-1': { 65: 7 } });
  expect(DoneChunks.keys([0, 63, 64])).toEqual(['done-0', 'done-0', 'done-1']);
});
