import fc from 'fast-check';
import { ContainerActorLogic } from '../../../src/actors/container/container-actor';
import { addCounters, type TotalsVector, KEY } from '../../../src/domain/container/totals';
import { createMemoryActorStore } from './memory-actors';

const ref = (chunk: number, runId = 'one', page = 0) => ({ runId, page, chunk });

async function started() {
  const store = createMemoryActorStore();
  const actor = new ContainerActorLogic(store);
  await actor.beginRun({ runId: 'one' });
  return { store, actor };
}

const COUNTERS: fc.Arbitrary<TotalsVector> = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom('dog', '__proto__', 'sky', 'größe').map(KEY.tag),
        fc.constantFrom('i:failed', KEY.bytes),
      ),
      fc.integer({ min: -50, max: 50 }).filter((n) => n !== 0),
    ),
  )
  .map((rows) => Object.fromEntries(rows));

describe('ContainerActor', () => {
  test('totals are the sum of the deltas, each chunk once, through moves and lost answers', async () => {
    const step = fc.record({
      chunk: fc.nat(5),
      page: fc.constantFrom(0, 1, 64),
      happens: fc.constantFrom('fine', 'fine', 'before-write', 'after-write', 'move'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step), fc.array(COUNTERS, { minLength: 18, maxLength: 18 }), async (steps, deltas) => {
        const { store } = await started();
        let actor = new ContainerActorLogic(store);
        const applied = new Map<string, TotalsVector>();
        for (const { chunk, page, happens } of steps) {
          const delta = deltas[(page % 3) * 6 + chunk] ?? {};
          if (happens === 'move') actor = new ContainerActorLogic(store);
          if ((happens === 'before-write' || happens === 'after-write') && !applied.has(`${page}/${chunk}`)) {
            store.failNext(1, happens);
          }
          const input = { ref: ref(chunk, 'one', page), delta, complete: true };
          const again = () => actor.applyChunk(input);
          await again().catch(again).catch(again).catch(again);
          applied.set(`${page}/${chunk}`, delta);
        }
        const sum = [...applied.values()].reduce((a, b) => addCounters(a, b), {});
        expect((await new ContainerActorLogic(store).summary()).counters).toEqual(sum);
      }),
    );
  });

  test('says who is active, and who was last', async () => {
    const { actor } = await started();
    expect(await actor.beginRun({ runId: 'two' })).toEqual({ begun: false, activeRun: 'one' });
    expect(await actor.summary()).toEqual({ counters: {}, activeRun: 'one' });
    await actor.endRun({ runId: 'two' });
    await actor.endRun({ runId: 'one' });
    expect(await actor.summary()).toEqual({ counters: {}, lastRun: 'one' });
  });

  test('a question or a repetition writes nothing', async () => {
    const { store, actor } = await started();
    await actor.applyChunk({ ref: ref(0), delta: { 'i:failed': 1 }, complete: true });
    const { writes } = store;
    expect(await actor.applyChunk({ ref: ref(0), delta: { 'i:failed': 1 }, complete: true })).toEqual({
      result: 'already-applied',
    });
    expect(await actor.applyChunk({ ref: ref(0, 'two'), delta: {}, complete: true })).toEqual({ result: 'refused' });
    await actor.beginRun({ runId: 'one' });
    await actor.endRun({ runId: 'two' });
    await actor.summary();
    expect(store.writes).toBe(writes);
  });

  test('a run that has ended applies nothing more, and the next starts from its totals', async () => {
    const { actor } = await started();
    await actor.applyChunk({ ref: ref(0), delta: { 'i:succeeded': 3 }, complete: true });
    await actor.endRun({ runId: 'one' });
    expect(await actor.applyChunk({ ref: ref(1), delta: { 'i:succeeded': 9 }, complete: true })).toEqual({
      result: 'refused',
    });
    await actor.beginRun({ runId: 'two' });
    await actor.applyChunk({ ref: ref(0, 'two'), delta: { 'i:succeeded': -1, 'i:removed': 1 }, complete: true });
    expect((await actor.summary()).counters).toEqual({ 'i:succeeded': 2, 'i:removed': 1 });
  });

  test('a recount replaces every part, and only for the active run', async () => {
    const { actor } = await started();
    await actor.applyChunk({
      ref: ref(0),
      delta: { [KEY.tag('dog')]: 3, [KEY.tag('sky')]: 2, 'i:failed': 1 },
      complete: true,
    });
    expect(await actor.replaceAggregate({ runId: 'two', counters: {} })).toMatchObject({ replaced: false });
    expect(await actor.replaceAggregate({ runId: 'one', counters: { [KEY.tag('sea')]: 1 } })).toMatchObject({
      replaced: true,
    });
    expect((await actor.summary()).counters).toEqual({ [KEY.tag('sea')]: 1 });
  });

  test('one chunk is one transaction, rewriting only the buckets it touches', async () => {
    const { store, actor } = await started();
    const before = store.writes;
    await actor.applyChunk({ ref: ref(0), delta: { [KEY.tag('dog')]: 1, 'i:succeeded': 1 }, complete: true });
    expect(store.writes).toBe(before + 1);
    expect([...store.data.keys()].filter((key) => key.startsWith('tags-'))).toHaveLength(1);
  });
});

test('what a resting chunk applied is replaced by what it applies when it is complete', async () => {
  const actor = new ContainerActorLogic(createMemoryActorStore());
  await actor.beginRun({ runId: 'one' });
  const ref = { runId: 'one', page: 0, chunk: 3 };
  await actor.applyChunk({ ref, delta: { 'i:succeeded': 2, 't:sea': 1 }, complete: false });
  await actor.applyChunk({ ref, delta: { 'i:succeeded': 2, 't:sea': 1 }, complete: false });
  expect((await actor.summary()).counters).toEqual({ 'i:succeeded': 2, 't:sea': 1 });
  await actor.applyChunk({ ref, delta: { 'i:succeeded': 5, 't:sky': 1 }, complete: true });
  await actor.applyChunk({ ref, delta: { 'i:succeeded': 9 }, complete: true });
  expect((await actor.summary()).counters).toEqual({ 'i:succeeded': 5, 't:sky': 1 });
});
