import { isFinal } from '../../../src/domain/run/run';
import { ACTIVITIES } from '../../../src/names';
import { picture } from '../pipeline/pictures';
import { createInMemoryPipeline, Engine } from '../pipeline/in-memory-pipeline';
import { simulateRun } from '../pipeline/simulated-run';

const ID = '1'.repeat(32);
const SCOPE = { runId: ID, container: 'photos', prefix: '' };

/** A run of three images whose processes all die at one call of a port while it is closed, and again until `heal`. */
function aDyingClosing(callsUntilDeath: number) {
  const pipeline = createInMemoryPipeline();
  pipeline.blobs.createContainer('photos');
  for (const name of ['a.gif', 'b.gif', 'c.gif']) pipeline.blobs.put('photos', name, picture(name));
  let left = Number.POSITIVE_INFINITY;
  class DyingEngine extends Engine {
    override step<T>(name: string, input: object): Promise<T> {
      if (name === ACTIVITIES.closeRun) left = callsUntilDeath;
      return super.step(name, input);
    }
  }
  const fate = () => (left-- > 0 ? undefined : 'die-before');
  const engine = new DyingEngine(pipeline, { fate, lagMs: () => 0 });
  const request = { id: ID, container: 'photos', prefix: '', features: [], confirmShrink: false };
  const startedAt = new Date(pipeline.clock.nowMs()).toISOString();
  const isTold = async () =>
    pipeline.clock.until(simulateRun(pipeline, engine, { ...request, startedAt })).then(
      () => true,
      () => false,
    );
  const heal = async () => {
    callsUntilDeath = Number.POSITIVE_INFINITY;
    await pipeline.clock.until(engine.step(ACTIVITIES.closeRun, SCOPE));
  };
  const seen = async () => {
    const { run } = await pipeline.actors.run(ID).view();
    const receipt = await pipeline.manifests.readReceipt(ID);
    const { activeRun } = await pipeline.actors.container('photos').summary();
    return { run, receipt, isFree: activeRun === undefined, indexed: await pipeline.runs.get(ID) };
  };
  return { pipeline, isTold, heal, seen };
}

test('whoever sees the end of a run finds its receipt, and its container free, wherever its closing dies', async () => {
  const stages = new Set<string>();
  let isTold = false;
  for (let calls = 0; !isTold; calls++) {
    const closing = aDyingClosing(calls);
    isTold = await closing.isTold();
    const { run, receipt, isFree, indexed } = await closing.seen();
    const end = [run, indexed].some((each) => each && isFinal(each.status)) ? 'told' : 'untold';
    stages.add(`${receipt ? 'receipt' : 'no receipt'}, ${isFree ? 'free' : 'busy'}, ${end}`);
    await closing.heal();
    const after = await closing.seen();
    expect(after).toMatchObject({ isFree: true, run: { status: 'Completed', phase: 'done' } });
    expect(after.receipt).toMatchObject({ status: 'Completed', endedAt: after.run?.endedAt });
    expect(after.indexed).toEqual(after.run);
    if (receipt) expect(after.receipt).toEqual(receipt);
  }
  expect([...stages]).toEqual([
    'no receipt, busy, untold',
    'receipt, busy, untold',
    'receipt, free, untold',
    'receipt, free, told',
  ]);
});

test('a run whose end is decided and not told is shown as it was, and takes no word any more', async () => {
  const { pipeline, seen } = aDyingClosing(0);
  const actor = pipeline.actors.run(ID);
  await actor.begin({ ...SCOPE, id: ID, features: [], confirmShrink: false, startedAt: '2026-01-01T00:00:00.000Z' });
  await actor.setPhase({ phase: 'finish' });
  const { run } = await actor.seal({});
  expect(run).toMatchObject({ status: 'Completed', endedAt: expect.any(String) });
  const shown = await seen();
  expect(shown.run).toMatchObject({ status: 'Running', phase: 'finish' });
  expect(shown.run).not.toHaveProperty('endedAt');
  expect(await actor.command({ verb: 'pause' })).toMatchObject({ accepted: false, run: { status: 'Completed' } });
  expect((await actor.seal({ failure: 'late' })).run).toEqual(run);
  expect((await actor.end({ failure: 'late' })).run).toEqual(run);
  expect((await seen()).run).toEqual(run);
});
