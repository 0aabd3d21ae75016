import { RunActorLogic } from '../../../src/actors/run/run-actor';
import { ALIVE_MS, SETTLE_MS } from '../../../src/domain/run/chunk-lease';
import { type ChunkProgress, NO_PROGRESS } from '../../../src/domain/run/chunk-progress';
import { chunkId } from '../../../src/domain/ids';
import { NO_LISTING } from '../../../src/domain/money/quote';
import type { RunRequest } from '../../../src/domain/run/run';
import { SILENCE_MS } from '../../../src/domain/run/run-silence';
import { createMemoryActorStore } from './memory-actors';

const RUN_ID = 'a'.repeat(32);
const REQUEST: RunRequest = {
  ...{ id: RUN_ID, container: 'photos', prefix: '', features: [], confirmShrink: false },
  startedAt: '2026-01-01T00:00:00.000Z',
};
const ref = (chunk = 0, page = 0) => ({ runId: RUN_ID, page, chunk });
const progress = (change: Partial<ChunkProgress>): ChunkProgress => ({ ...NO_PROGRESS, ...change });
const close = (attempt: string, succeeded: number, complete = true) => {
  return { ref: ref(), attempt, progress: progress({ succeeded }), complete };
};

async function running() {
  const store = createMemoryActorStore();
  const time = { ms: 1_000_000 };
  const activate = () => new RunActorLogic(store, () => time.ms);
  const actor = activate();
  await actor.begin(REQUEST);
  await actor.setPhase({ phase: 'analyze' });
  return { store, time, actor, activate };
}

const report = (actor: RunActorLogic, attempt: string, change: Partial<ChunkProgress> = {}) =>
  actor.report({ chunks: [{ ref: ref(), attempt, progress: progress(change) }] });

describe('leases', () => {
  test('a second execution waits while the first is alive', async () => {
    const { actor, time } = await running();
    expect(await actor.openChunk({ ref: ref(), attempt: 'one' })).toEqual({ state: 'granted', mayRemove: true });
    expect(await actor.openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'wait' });
    time.ms += ALIVE_MS - 1;
    expect((await report(actor, 'one')).lost).toEqual([]);
    time.ms += ALIVE_MS - 1;
    expect(await actor.openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'wait' });
  });

  test('a holder that is dead is replaced, and told so when it comes back', async () => {
    const { actor, time } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    time.ms += ALIVE_MS;
    expect(await actor.openChunk({ ref: ref(), attempt: 'two' })).toMatchObject({ state: 'granted' });
    expect((await report(actor, 'one')).lost).toEqual([chunkId(ref())]);
    expect((await report(actor, 'two')).lost).toEqual([]);
  });

  test.each([-3_600_000, 3_600_000])('a wall clock that is set by %d ms changes no lease', async (step) => {
    const wall = { ms: Date.UTC(2026, 0, 15) };
    const monotonic = { ms: 0 };
    const store = createMemoryActorStore();
    const actor = new RunActorLogic(
      store,
      () => wall.ms,
      undefined,
      () => monotonic.ms,
    );
    await actor.begin(REQUEST);
    await actor.setPhase({ phase: 'analyze' });
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    wall.ms += step;
    monotonic.ms += ALIVE_MS - 1;
    expect(await actor.openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'wait' });
    monotonic.ms += 1;
    expect(await actor.openChunk({ ref: ref(), attempt: 'two' })).toMatchObject({ state: 'granted' });
  });

  test('a holder whose answer was lost may ask again', async () => {
    const { actor } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    expect(await actor.openChunk({ ref: ref(), attempt: 'one' })).toMatchObject({ state: 'granted' });
  });

  test('after a move nobody is given a chunk before every holder could report', async () => {
    const { actor, activate, time } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    const moved = activate();
    expect(await moved.openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'wait' });
    time.ms += SETTLE_MS - 1;
    expect(await moved.openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'wait' });
    await report(moved, 'one', { succeeded: 5 });
    time.ms += SETTLE_MS;
    expect(await moved.openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'wait' });
    expect(await moved.openChunk({ ref: ref(1), attempt: 'two' })).toMatchObject({ state: 'granted' });
    expect((await moved.view()).run?.counts.succeeded).toBe(5);
  });

  test('a chunk is done for everybody once it is closed', async () => {
    const { actor, activate, time } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    await actor.closeChunk(close('one', 3));
    expect(await actor.openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'done' });
    time.ms += SETTLE_MS;
    expect(await activate().openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'done' });
    expect(await actor.pageDone({ page: 0 })).toMatchObject({ done: 1 });
  });

  test('a run that is told to stop gives nothing away, but lets the holder end first', async () => {
    const { actor } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    await actor.command({ verb: 'cancel' });
    expect(await actor.openChunk({ ref: ref(1), attempt: 'two' })).toEqual({ state: 'stop', control: 'cancel' });
    expect(await actor.openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'wait' });
    await actor.closeChunk(close('one', 3, false));
    expect(await actor.openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'stop', control: 'cancel' });
  });
});

describe('repeats', () => {
  const repeats = async (actor: RunActorLogic) => (await actor.pageDone({ page: 0 })).repeats;

  test('a chunk that is begun once and handed out once leaves no trace', async () => {
    const { actor, store } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    await actor.openChunk({ ref: ref(), attempt: 'one' }); // its answer was lost
    expect(await repeats(actor)).toEqual({ 0: { executions: 1, joined: 0 } });
    await actor.closeChunk(close('one', 3));
    expect(await repeats(actor)).toEqual({});
    expect([...store.data.keys()].filter((key) => key.startsWith('again'))).toEqual([]);
  });

  test('each beginning after a death, an error or a pause counts, also after a move', async () => {
    const { actor, activate, time } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one', process: 'a' });
    time.ms += ALIVE_MS;
    await actor.openChunk({ ref: ref(), attempt: 'two', process: 'b' });
    time.ms += ALIVE_MS;
    await actor.openChunk({ ref: ref(), attempt: 'three', process: 'b' });
    expect(await repeats(actor)).toEqual({ 0: { executions: 3, joined: 0 } });
    await actor.closeChunk(close('three', 3, false));
    await actor.openChunk({ ref: ref(), attempt: 'four', process: 'b' });
    await actor.closeChunk(close('four', 9));
    expect(await repeats(activate())).toEqual({ 0: { executions: 4, joined: 0 } });
  });

  test('deliveries that joined, or came too late, are told apart', async () => {
    const { actor } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    expect(await actor.openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'wait' });
    await actor.closeChunk({ ...close('one', 3), joined: 2 });
    expect(await actor.openChunk({ ref: ref(), attempt: 'two' })).toEqual({ state: 'done' });
    expect(await repeats(actor)).toEqual({ 0: { executions: 1, joined: 3 } });
    await actor.end({});
    await actor.forget();
    await expect(repeats(actor)).rejects.toMatchObject({ code: 'run-not-found' });
  });
});

describe('silence', () => {
  const waiting = async (actor: RunActorLogic) => (await actor.view()).run?.waiting;

  async function moving() {
    const all = await running();
    all.time.ms = Date.parse(REQUEST.startedAt) + 60_000;
    const actor = all.activate();
    await actor.setPhase({ phase: 'finish' });
    return { ...all, actor };
  }

  test('a run whose next step does not come says so before a minute is over', async () => {
    const { actor, time } = await moving();
    expect(await waiting(actor)).toBeUndefined();
    time.ms += SILENCE_MS;
    expect(await waiting(actor)).toBe(
      'The closing of the run has not been heard of for 30 s: the workflow engine or its worker may be down.',
    );
    await actor.end({});
    expect(await waiting(actor)).toBeUndefined();
  });

  test('work that goes on ends the silence, a report without progress does not', async () => {
    const { actor, time } = await moving();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    const reportFor = async (ms: number, change: Partial<ChunkProgress>) => {
      for (const until = time.ms + ms; time.ms < until; time.ms += 1_000) await report(actor, 'one', change);
    };
    await reportFor(SILENCE_MS, { succeeded: 1, inFlight: 4 });
    expect(await waiting(actor)).toBe('No image has been finished for 30 s; 4 are in flight.');
    await report(actor, 'one', { succeeded: 2, inFlight: 4 });
    expect(await waiting(actor)).toBeUndefined();
    await reportFor(SILENCE_MS, { succeeded: 2, waiting: 'Vision asked to wait' });
    expect(await waiting(actor)).toBe('Vision asked to wait');
  });

  test('a run that waits for its owner is not told to be stuck', async () => {
    const { actor, time } = await moving();
    await actor.command({ verb: 'pause' });
    await actor.paused();
    time.ms += 3_600_000;
    expect(await waiting(actor)).toBeUndefined();
  });
});

describe('the live picture', () => {
  test('a report is absolute: repeated it changes nothing', async () => {
    const { actor, store } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    const { writes } = store;
    await report(actor, 'one', { succeeded: 3, inFlight: 2 });
    await report(actor, 'one', { succeeded: 3, inFlight: 2 });
    expect((await actor.view()).run?.counts).toMatchObject({ succeeded: 3, inFlight: 2 });
    expect(store.writes).toBe(writes);
  });

  test('a report that comes after the close counts nothing twice', async () => {
    const { actor } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    await actor.closeChunk(close('one', 3));
    expect((await report(actor, 'one', { succeeded: 3 })).lost).toEqual([chunkId(ref())]);
    expect((await actor.view()).run?.counts.succeeded).toBe(3);
  });

  test('a report that comes after the end changes nothing', async () => {
    const { actor } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    const { run } = await actor.end({});
    expect((await report(actor, 'one', { succeeded: 7, inFlight: 1 })).lost).toEqual([chunkId(ref())]);
    expect((await actor.view()).run).toEqual(run);
    expect((await actor.end({ failure: 'late' })).run).toEqual(run);
  });

  test('a dead execution is not shown for longer than it could live', async () => {
    const { actor, time } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    await report(actor, 'one', { inFlight: 9 });
    time.ms += ALIVE_MS;
    expect((await actor.view()).run?.counts.inFlight).toBe(0);
  });

  test('a chunk that goes on after a pause is counted once', async () => {
    const { actor } = await running();
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    await actor.closeChunk(close('one', 4, false));
    expect((await actor.view()).run?.counts.succeeded).toBe(4);
    await actor.openChunk({ ref: ref(), attempt: 'two' });
    await report(actor, 'two', { succeeded: 6 });
    expect((await actor.view()).run?.counts.succeeded).toBe(6);
    await actor.closeChunk(close('two', 9));
    expect((await actor.view()).run?.counts.succeeded).toBe(9);
  });

  test('trouble is shown while it is fresh, and nothing a chunk says itself is hidden by it', async () => {
    const { actor, time } = await running();
    await actor.trouble({ reason: 'list-page: no answer' });
    expect((await actor.view()).run?.waiting).toBe('list-page: no answer');
    expect((await actor.view()).run).toMatchObject({ waitingCode: 'step-failed', actions: ['pause', 'cancel'] });
    await actor.openChunk({ ref: ref(), attempt: 'one' });
    await report(actor, 'one', { waiting: 'Vision asked to wait' });
    expect((await actor.view()).run?.waiting).toBe('Vision asked to wait');
    expect((await actor.view()).run?.waitingCode).toBe('service');
    time.ms += 80_000;
    expect((await actor.view()).run?.waiting).toMatch(/^The next chunk has not been heard of for 80 s/);
    expect((await actor.view()).run?.waitingCode).toBe('silence');
  });
});

describe('durable', () => {
  test('the first request stands', async () => {
    const { actor } = await running();
    expect(await actor.begin({ ...REQUEST, container: 'other' })).toEqual({ begun: false });
    expect((await actor.view()).run?.container).toBe('photos');
  });

  test('a run that was never begun is not found, and has no view', async () => {
    const actor = new RunActorLogic(createMemoryActorStore(), () => 0);
    expect(await actor.view()).toEqual({});
    await expect(actor.setPhase({ phase: 'quote' })).rejects.toMatchObject({ code: 'run-not-found' });
    await expect(report(actor, 'one')).rejects.toMatchObject({ code: 'run-not-found' });
  });

  test('everything but leases survives a move', async () => {
    const { actor, activate } = await running();
    const counts = { ...NO_LISTING, total: 5, new: 5 };
    await actor.pageListed({ page: 0, counts, settled: 0 });
    await actor.closeChunk(close('one', 5));
    await actor.command({ verb: 'pause', reason: 'lunch' });
    await actor.paused();
    const before = await actor.view();
    expect(await activate().view()).toEqual(before);
    expect(before.run).toMatchObject({ status: 'Paused', reason: 'lunch', counts: { total: 5, succeeded: 5 } });
    expect(await activate().listing()).toEqual({ listing: counts, confirmShrink: false });
  });

  test.each(['before-write', 'after-write'] as const)(
    'a close whose commit fails %s counts once when it is repeated',
    async (when) => {
      const { actor, store } = await running();
      await actor.openChunk({ ref: ref(), attempt: 'one' });
      store.failNext(1, when);
      await expect(actor.closeChunk(close('one', 3))).rejects.toThrow();
      await actor.closeChunk(close('one', 3));
      expect((await actor.view()).run?.counts.succeeded).toBe(3);
    },
  );

  test('a refused command answers the run as it is', async () => {
    const { actor } = await running();
    await actor.end({});
    expect(await actor.command({ verb: 'pause' })).toMatchObject({ accepted: false, run: { status: 'Completed' } });
  });
});

test('the pace of a run is that of its analysis, its pauses left out, and outlives a move', async () => {
  const { actor, activate, time } = await running();
  await actor.openChunk({ ref: ref(), attempt: 'one' });
  expect((await actor.view()).run).not.toHaveProperty('callsPerSecond');
  time.ms += 4_000;
  await actor.command({ verb: 'pause' });
  time.ms += 3_600_000;
  const moved = activate();
  await moved.command({ verb: 'resume' });
  time.ms += 6_000;
  await moved.closeChunk({ ref: ref(), attempt: 'one', progress: progress({ calls: 50 }), complete: true });
  await moved.setPhase({ phase: 'finish' });
  time.ms += 1_000;
  const { run } = await moved.end({});
  expect(run.callsPerSecond).toBe(5);
});
