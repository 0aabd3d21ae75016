import type { WorkflowStatus } from '../../../src/use-cases/workflow-starter';
import { AppError } from '../../../src/domain/errors';
import { NO_LISTING } from '../../../src/domain/money/quote';
import type { RunStatus, RunView } from '../../../src/domain/run/run';
import { createMemoryStores } from '../../../src/gateways/by-container/memory-by-container';
import type { StartRunCommand } from '../../../src/use-cases/runs/port';
import { WATCH_EVENT, WORKFLOWS } from '../../../src/names';
import { ContainerWatcher } from '../../../src/use-cases/watches/container-watcher';
import { WatchService } from '../../../src/use-cases/watches/watch-service';
import { createMemoryActors } from '../actors/memory-actors';

const SETTINGS = { container: 'photos', everySeconds: 900 };
const ID = 'watch-photos';

/** Watches over a memory store; workflows and runs are what the test says. */
function site() {
  const time = { ms: Date.UTC(2026, 0, 1) };
  const nowMs = () => time.ms;
  const watches = createMemoryStores().watches;
  const actors = createMemoryActors(nowMs);
  const engine = { status: new Map<string, WorkflowStatus>(), raised: [] as string[], isDown: false, deaf: '' };
  const workflows = {
    async schedule(name: string, id: string) {
      expect(name).toBe(WORKFLOWS.watchContainer);
      if (engine.status.get(id) === 'active') return 'exists' as const;
      engine.status.set(id, 'active');
      return 'scheduled' as const;
    },
    async raiseEvent(id: string, event: string) {
      expect(event).toBe(WATCH_EVENT);
      if (engine.isDown) throw new AppError('workflow-unavailable', 'no engine', { retryable: true });
      engine.raised.push(id);
    },
    async status(id: string) {
      if (id === engine.deaf) throw new AppError('workflow-unavailable', 'no answer', { retryable: true });
      return engine.status.get(id) ?? 'unknown';
    },
  };
  const found = { ...NO_LISTING };
  const runs = new Map<string, RunView>();
  const started: StartRunCommand[] = [];
  const state = { listing: async () => found, refuse: undefined as AppError | undefined };
  const watcher = new ContainerWatcher({
    ...{ watches, actors, nowMs },
    listing: { count: () => state.listing() },
    async startRun(command) {
      if (state.refuse) throw state.refuse;
      started.push(command);
      return run(String(started.length).padStart(32, '0'), 'Queued');
    },
    async getRun(id) {
      const view = runs.get(id);
      if (!view) throw new AppError('run-not-found', id);
      return view;
    },
  });
  const run = (id: string, status: RunStatus, succeeded = 0) => {
    const view = { id, status, removed: 0, counts: { succeeded, skipped: 0 } } as RunView;
    runs.set(id, view);
    return view;
  };
  const blobs = { containerExists: async (name: string) => name !== 'nowhere' };
  const warned: unknown[] = [];
  const log = { warn: (fields: { container: string }) => void warned.push(fields.container) };
  const service = new WatchService({ watches, workflows, blobs, nowMs, log });
  const look = () => watcher.look('photos');
  return { time, watches, actors, engine, found, runs, run, started, state, service, warned, look };
}

describe('a watch', () => {
  test('begins with its document and its workflow; set again it takes the new settings and looks at once', async () => {
    const { service, engine, watches } = site();
    await service.set(SETTINGS);
    expect([engine.status.get(ID), engine.raised]).toEqual(['active', []]);
    expect(await service.set({ ...SETTINGS, everySeconds: 60, maxTransactions: 5 })).toMatchObject({
      everySeconds: 60,
    });
    expect(engine.raised).toEqual([ID]);
    expect(await service.get('photos')).toEqual(await watches.get('photos'));
  });

  test('of a container that is not there, or of the system, is refused', async () => {
    const { service } = site();
    await expect(service.set({ ...SETTINGS, container: 'nowhere' })).rejects.toMatchObject({
      code: 'container-not-found',
    });
    await expect(service.get('photos')).rejects.toMatchObject({ code: 'watch-not-found' });
    await expect(service.remove('contactsheet-manifests')).rejects.toMatchObject({ code: 'system-container' });
  });

  test('ends with its document, and begins again under the same id', async () => {
    const { service, engine, look } = site();
    await service.set(SETTINGS);
    await service.remove('photos');
    await service.remove('photos');
    expect(engine.raised).toEqual([ID, ID]);
    expect(await look()).toEqual({ watched: false, waitSeconds: 0 });
    engine.status.set(ID, 'ended');
    await service.set(SETTINGS);
    expect(engine.status.get(ID)).toBe('active');
    expect((await look()).watched).toBe(true);
  });

  test('whose starter died is reconciled; one that runs is left alone', async () => {
    const { service, engine, watches } = site();
    await watches.change('photos', () => ({ ...SETTINGS, since: '2026-01-01T00:00:00.000Z' }));
    expect(await service.reconcile()).toBe(1);
    expect(await service.reconcile()).toBe(0);
    engine.status.set(ID, 'ended');
    expect(await service.reconcile()).toBe(1);
  });
});

describe('reviving', () => {
  test('a watch that the engine does not answer for keeps no other, and is named', async () => {
    const { service, engine, watches, warned } = site();
    const since = '2026-01-01T00:00:00.000Z';
    for (const container of ['albums', 'photos', 'scans'])
      await watches.change(container, () => ({ ...SETTINGS, container, since }));
    engine.deaf = 'watch-albums';
    expect(await service.reconcile()).toBe(2);
    expect([[...engine.status.keys()].sort(), warned]).toEqual([['watch-photos', 'watch-scans'], ['albums']]);
  });
});

describe('a wake-up', () => {
  test('is sent once until a look begins, from whatever replica', async () => {
    const { service, engine, look } = site();
    await service.set(SETTINGS);
    for (const _ of [1, 2, 3]) await service.wake('photos');
    expect(engine.raised).toEqual([ID]);
    await look();
    await service.wake('photos');
    expect(engine.raised).toEqual([ID, ID]);
  });

  test('that could not be sent is told, and sent again', async () => {
    const { service, engine } = site();
    await service.set(SETTINGS);
    engine.isDown = true;
    await expect(service.wake('photos')).rejects.toMatchObject({ code: 'workflow-unavailable' });
    engine.isDown = false;
    await service.wake('photos');
    expect(engine.raised).toEqual([ID]);
  });

  test('for a container that nobody watches is none', async () => {
    const { service, engine, watches } = site();
    await service.wake('photos');
    expect([engine.raised, await watches.get('photos')]).toEqual([[], undefined]);
  });
});

describe('a look', () => {
  test('starts nothing where nothing changed, and a run with the settings of the watch where something did', async () => {
    const { service, look, found, started, watches } = site();
    await service.set({ ...SETTINGS, approval: 'always', maxTransactions: 40 });
    expect(await look()).toEqual({ watched: true, waitSeconds: 900 });
    expect((await watches.get('photos'))?.lastLook).toMatchObject({ outcome: 'unchanged' });
    Object.assign(found, { new: 2 });
    expect(await look()).toEqual({ watched: true, waitSeconds: 900 });
    expect(started).toEqual([{ container: 'photos', approval: 'always', maxTransactions: 40 }]);
    expect((await watches.get('photos'))?.lastLook).toMatchObject({ outcome: 'started', found: { new: 2 } });
  });

  test('starts nothing for a watch that was removed while it counted', async () => {
    const { service, look, found, started, state } = site();
    await service.set(SETTINGS);
    state.listing = async () => {
      await service.remove('photos');
      return { ...found, total: 3, new: 3 };
    };
    expect(await look()).toEqual({ watched: false, waitSeconds: 0 });
    expect(started).toEqual([]);
  });

  test('does not even count while a run is active, and looks again soon', async () => {
    const { service, look, actors, run, state, watches } = site();
    await service.set(SETTINGS);
    const { id } = run('a'.repeat(32), 'Paused');
    await actors.container('photos').beginRun({ runId: id });
    state.listing = () => Promise.reject(new Error('counted'));
    expect(await look()).toEqual({ watched: true, waitSeconds: 60 });
    expect((await watches.get('photos'))?.lastLook).toMatchObject({ outcome: 'run-active', run: id });
  });

  test('waits for the run it started while its end is not told, though its container is free', async () => {
    const { service, look, found, runs, run, started, watches } = site();
    await service.set(SETTINGS);
    Object.assign(found, { new: 1 });
    await look();
    const [id = ''] = runs.keys();
    run(id, 'Running');
    await look();
    expect((await watches.get('photos'))?.lastLook).toMatchObject({ outcome: 'run-active', run: id });
    expect(started).toHaveLength(1);
  });

  test('is not held up by a run that never got as far as its index', async () => {
    const { service, look, actors, found, started } = site();
    await service.set(SETTINGS);
    Object.assign(found, { new: 1 });
    await actors.container('photos').beginRun({ runId: 'b'.repeat(32) });
    await look();
    expect(started).toHaveLength(1);
  });

  test('that finds a run where it wanted to start one is no failure', async () => {
    const { service, look, found, state, watches } = site();
    await service.set(SETTINGS);
    Object.assign(found, { new: 1 });
    state.refuse = new AppError('run-active', 'one is', { context: { existingRun: 'c'.repeat(32) } });
    expect(await look()).toEqual({ watched: true, waitSeconds: 60 });
    expect((await watches.get('photos'))?.lastLook).toMatchObject({ outcome: 'run-active', run: 'c'.repeat(32) });
  });

  test('that fails says why, and comes again sooner', async () => {
    const { service, look, state, watches } = site();
    await service.set(SETTINGS);
    state.listing = () => Promise.reject(new AppError('container-not-found', 'It is gone.'));
    expect(await look()).toEqual({ watched: true, waitSeconds: 300 });
    expect((await watches.get('photos'))?.lastLook).toMatchObject({
      outcome: 'failed',
      problem: 'container-not-found: It is gone.',
    });
  });

  test('does not repeat a run that came to nothing or was cancelled, until the container differs', async () => {
    const { service, look, found, run, started, watches } = site();
    await service.set(SETTINGS);
    Object.assign(found, { new: 3 });
    await look();
    run('1'.padStart(32, '0'), 'Cancelled', 2);
    Object.assign(found, { new: 1 });
    for (const _ of [1, 2]) await look();
    expect((await watches.get('photos'))?.lastLook).toMatchObject({ outcome: 'left', found: { new: 1 } });
    expect(started).toHaveLength(1);
    Object.assign(found, { new: 2 });
    await look();
    expect(started).toHaveLength(2);
  });

  test('after which the watch was removed ends it, and does not bring it back', async () => {
    const { service, look, state, watches, found } = site();
    await service.set(SETTINGS);
    state.listing = async () => {
      await service.remove('photos');
      return found;
    };
    expect((await look()).watched).toBe(false);
    expect(await watches.get('photos')).toBeUndefined();
  });
});
