import fc from 'fast-check';
import pino from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { createMemoryBlobs } from '../../../src/gateways/blobs/memory-blobs';
import { createMemoryStores } from '../../../src/gateways/by-container/memory-by-container';
import type { Actors } from '../../../src/actors';
import type { RunsGateway } from '../../../src/gateways/runs/port';
import { createMemoryRuns } from '../../../src/gateways/runs/memory-runs';
import { createMemoryVision } from '../../../src/gateways/vision/memory-vision';
import { ContainerIndex } from '../../../src/use-cases/containers/container-index';
import { createGetRun } from '../../../src/use-cases/runs/get-run';
import { createListRuns } from '../../../src/use-cases/runs/list-runs';
import { createLiveRun } from '../../../src/use-cases/runs/live-run';
import { InstanceIds } from '../../../src/use-cases/runs/instance-ids';
import { createPurgeRun } from '../../../src/use-cases/runs/purge-run';
import { createReconcileRuns } from '../../../src/use-cases/runs/reconcile-runs';
import type { RunClosing } from '../../../src/use-cases/runs/run-closing';
import { createStartRun } from '../../../src/use-cases/runs/start-run';
import type { WorkflowStarter, WorkflowStatus } from '../../../src/use-cases/workflow-starter';
import { instanceIdOf } from '../../../src/domain/run/instance-id';
import { type ApprovalRule, needsApproval } from '../../../src/domain/run/approval';
import { createMemoryActors } from '../actors/memory-actors';

function createSite(approval?: ApprovalRule) {
  const time = { ms: Date.UTC(2026, 0, 1) };
  const blobs = createMemoryBlobs();
  blobs.createContainer('photos');
  const runs = createMemoryRuns();
  const actors = createMemoryActors(() => time.ms);
  const workflows = new Map<string, WorkflowStatus>();
  const inputs: unknown[] = [];
  const trouble = { atStep: '', ofRun: '', beforeStatus: async () => {} };
  const warned: string[] = [];
  const looks = { count: 0 };
  const die = (step: string) => {
    if (trouble.atStep === step) throw new Error(`died before ${step}`);
  };
  const containers = createMemoryStores().containers;
  const containerIndex = new ContainerIndex({ actors, containers, nowMs: () => time.ms });
  const closed: unknown[] = [];
  const closing: Pick<RunClosing, 'close'> = {
    async close(scope, failure) {
      closed.push(scope);
      await actors.container(scope.container).endRun({ runId: scope.runId });
      return (await actors.run(scope.runId).end(failure === undefined ? {} : { failure })).run;
    },
  };
  const watched: Pick<Actors, 'run' | 'container'> = {
    container: actors.container,
    run: (id) => ({
      ...methodsOf(actors.run(id)),
      view: async () => {
        looks.count += 1;
        return actors.run(id).view();
      },
      begin: async (request) => {
        die('begin');
        return actors.run(id).begin(request);
      },
    }),
  };
  const index: RunsGateway = {
    ...runs,
    write: async (run) => {
      die('write');
      await runs.write(run);
    },
  };
  const starter: Pick<WorkflowStarter, 'schedule' | 'raiseEvent' | 'status'> = {
    schedule: async (_, id, input) => {
      die('schedule');
      inputs.push(input);
      const isKnown = workflows.has(id);
      workflows.set(id, 'active');
      return isKnown ? 'exists' : 'scheduled';
    },
    raiseEvent: async () => {},
    status: async (id) => {
      if (trouble.ofRun === id) throw new Error('its workflow cannot be looked at');
      await trouble.beforeStatus();
      return workflows.get(id) ?? 'unknown';
    },
  };
  const liveRun = createLiveRun(watched);
  const deps = { actors: watched, runs: index, workflows: starter, liveRun, nowMs: () => time.ms };
  const get = createGetRun(deps);
  const { instances } = createMemoryStores();
  const instanceIds = new InstanceIds({ instances, getRun: get, nowMs: () => time.ms });
  const purgeRun = createPurgeRun({
    ...{ getRun: get, actors, runs, instanceIds, sleep: async () => {} },
    manifests: { deleteRecords: async () => {} },
    workflows: { ...starter, purge: async (id) => void workflows.delete(id) },
  });
  const service = {
    start: createStartRun({
      ...{ ...deps, blobs, containerIndex, instanceIds, purgeRun },
      vision: createMemoryVision(),
      ...(approval !== undefined && { approval }),
      newRunId: () => uuidv7({ msecs: time.ms }).replaceAll('-', ''),
    }),
    get,
    purge: purgeRun,
    find: (instanceId: string) => instanceIds.run(instanceId, get),
    list: createListRuns(deps),
    reconcile: createReconcileRuns({
      ...{ ...deps, closing },
      log: pino({ level: 'warn' }, { write: (line: string) => void warned.push(JSON.parse(line).runId) }),
    }),
  };
  return { time, blobs, actors, runs, containers, workflows, inputs, trouble, warned, looks, closed, service };
}

/** The memory client answers any name, so its methods have to be named to be copied. */
function methodsOf<Api extends object>(client: Api): Api {
  const names = ['view', 'setPhase', 'seal', 'end', 'command'] as (keyof Api)[];
  return Object.fromEntries(names.map((name) => [name, client[name]])) as Api;
}

const codeOf = (error: unknown) => (error as { code?: string }).code;

// Its actor answers one at a time, and the work of the run waits behind every look.
test('however many look at a run at once, its actor is asked twice', async () => {
  const { service, looks } = createSite();
  const { id } = await service.start({ container: 'photos' });
  looks.count = 0;
  const seen = await Promise.all(Array.from({ length: 50 }, () => service.get(id)));
  expect([looks.count, new Set(seen.map((run) => run.id))]).toEqual([2, new Set([id])]);
});

describe('starting a run', () => {
  test('runs of a container start one after another, though the clock goes back and callers choose the ids', async () => {
    const { service, actors, time } = createSite();
    const ids = ['f', '7', '0', 'c'].map((digit) => digit.repeat(32));
    const started: string[] = [];
    for (const id of ids) {
      const run = await service.start({ container: 'photos', id });
      started.push(run.startedAt);
      await actors.run(run.id).end({});
      await actors.container('photos').endRun({ runId: run.id });
      time.ms -= 3_600_000;
    }
    expect(new Set(started).size).toBe(4);
    expect([...started].sort()).toEqual(started);
    const { value } = await service.list({ container: 'photos' }, { size: 10 });
    expect(value.map(({ id }) => instanceIdOf(id))).toEqual([...ids].reverse());
  });

  test('under a chosen id is refused while a run has it, wherever, and leaves the other container free', async () => {
    const { service, blobs } = createSite();
    blobs.createContainer('other');
    const { id } = await service.start({ container: 'photos', id: 'nightly' });
    const again = service.start({ container: 'other', id: 'nightly' });
    await expect(again).rejects.toMatchObject({ code: 'run-active', context: { existingRun: id } });
    expect((await service.start({ container: 'other', id: 'Nightly' })).status).toBe('Queued');
  });

  test.each(['after its end', 'after a purge'])(
    'under a chosen id is another run %s, of which no record is left',
    async (when) => {
      const { service, actors, runs, workflows, time } = createSite();
      const ids: string[] = [];
      for (let round = 0; round < 3; round += 1) {
        const { id } = await service.start({ container: 'photos', id: 'nightly' });
        ids.push(id);
        expect((await service.find('nightly')).id).toBe(id);
        const { run } = await actors.run(id).end({});
        await runs.write(run);
        await actors.container('photos').endRun({ runId: id });
        workflows.set(id, 'ended');
        time.ms += 1;
        if (when === 'after a purge') {
          await service.purge(id);
          await expect(service.find('nightly')).rejects.toMatchObject({ code: 'run-not-found' });
        }
      }
      expect(new Set(ids).size).toBe(3);
      const { value } = await service.list({}, { size: 10 });
      expect(value.map(({ id }) => id)).toEqual(when === 'after a purge' ? [] : [ids[2]]);
      expect((await actors.run(ids[0] ?? '').view()).run).toBeUndefined();
    },
  );

  test('a run that an older build began under an id of its caller, and left there, blocks no container', async () => {
    const { service, actors } = createSite();
    await actors.container('photos').beginRun({ runId: 'f47ac10b58cc4372a5670e02b2c3d479' });
    expect((await service.start({ container: 'photos' })).status).toBe('Queued');
  });

  test('under a chosen id is refused without a trace while its container is busy', async () => {
    const { service } = createSite();
    await service.start({ container: 'photos' });
    const busy = service.start({ container: 'photos', id: 'nightly' });
    await expect(busy).rejects.toMatchObject({ code: 'run-active' });
    await expect(service.find('nightly')).rejects.toMatchObject({ code: 'run-not-found' });
  });

  test('claims the container, begins, is indexed and scheduled', async () => {
    const { service, actors, runs, containers, workflows } = createSite();
    const run = await service.start({ container: 'photos', prefix: 'a/' });
    expect(run).toMatchObject({
      container: 'photos',
      prefix: 'a/',
      status: 'Queued',
      startedAt: '2026-01-01T00:00:00.000Z',
    });
    expect((await actors.container('photos').summary()).activeRun).toBe(run.id);
    expect(await runs.get(run.id)).toEqual(run);
    const { value } = await containers.list({ size: 10 });
    expect(value).toMatchObject([{ container: 'photos', activeRun: run.id, updatedAt: '2026-01-01T00:00:00.000Z' }]);
    expect(workflows.get(run.id)).toBe('active');
  });

  test('spends without consent only where both what is configured and its start allow it', async () => {
    const rules = fc.oneof(
      fc.constantFrom<ApprovalRule>('auto', 'always'),
      fc.nat(9).map((above) => ({ above })),
    );
    await fc.assert(
      fc.asyncProperty(rules, fc.option(rules, { nil: undefined }), fc.nat(10), async (floor, said, total) => {
        const { service, actors } = createSite(floor);
        const { id } = await service.start({ container: 'photos', ...(said !== undefined && { approval: said }) });
        const { approvalRule = 'auto' } = await actors.run(id).view();
        const plan = { transactions: 1, price: { total } };
        const mayWait = needsApproval(floor, plan) || (said !== undefined && needsApproval(said, plan));
        expect(needsApproval(approvalRule, plan)).toBe(mayWait);
      }),
    );
  });

  test('a second one is told which run is active', async () => {
    const { service } = createSite();
    const first = await service.start({ container: 'photos' });
    await expect(service.start({ container: 'photos' })).rejects.toMatchObject({
      code: 'run-active',
      context: { existingRun: first.id },
    });
  });

  test('of many at the same moment one starts, and it stays the active one', async () => {
    const { service, actors, workflows } = createSite();
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => service.start({ container: 'photos' })));
    const started = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.id] : []));
    expect(started).toHaveLength(1);
    expect(all.flatMap((one) => (one.status === 'rejected' ? [codeOf(one.reason)] : []))).toEqual(
      Array(4).fill('run-active'),
    );
    expect([...workflows.keys()]).toEqual(started);
    expect((await actors.container('photos').summary()).activeRun).toBe(started[0]);
  });

  test.each(['begin', 'write'])(
    'a starter that dies before "%s" blocks its container for a while, not for ever',
    async (step) => {
      const { service, trouble, time, actors } = createSite();
      trouble.atStep = step;
      await expect(service.start({ container: 'photos' })).rejects.toThrow('died');
      trouble.atStep = '';
      await expect(service.start({ container: 'photos' })).rejects.toMatchObject({ code: 'run-active' });
      time.ms += 31_000;
      const run = await service.start({ container: 'photos' });
      expect((await actors.container('photos').summary()).activeRun).toBe(run.id);
    },
  );

  test('a starter that dies before "schedule" is carried on by the reconciler', async () => {
    const { service, trouble, time, workflows } = createSite();
    trouble.atStep = 'schedule';
    await expect(service.start({ container: 'photos' })).rejects.toThrow('died');
    trouble.atStep = '';
    expect(await service.reconcile()).toBe(0); // it may still be on its way
    time.ms += 31_000;
    expect(await service.reconcile()).toBe(1);
    expect([...workflows.values()]).toEqual(['active']);
    expect(await service.reconcile()).toBe(0);
  });

  test('the reconciler carries on more runs than one page, and one that it cannot look at keeps no other', async () => {
    const { service, blobs, trouble, warned, time, workflows } = createSite();
    const ids: string[] = [];
    for (let n = 0; n < 120; n += 1) {
      blobs.createContainer(`photos-${n}`);
      ids.push((await service.start({ container: `photos-${n}` })).id);
      time.ms += 1; // the newest is looked at first
    }
    workflows.clear();
    trouble.ofRun = ids.at(-1) as string;
    time.ms += 31_000;
    expect(await service.reconcile()).toBe(119);
    expect([[...workflows.keys()].sort(), warned]).toEqual([ids.slice(0, -1).sort(), [trouble.ofRun]]);
  });

  test('a run whose workflow gave up while it closed it is closed by the reconciler; one that is being closed is left', async () => {
    const { service, actors, workflows, closed, time } = createSite();
    const { id } = await service.start({ container: 'photos', prefix: 'a/' });
    await actors.run(id).seal({});
    time.ms += 31_000;
    expect(await service.reconcile()).toBe(0);
    workflows.set(id, 'ended');
    expect(await service.reconcile()).toBe(1);
    expect(closed).toEqual([expect.objectContaining({ runId: id, container: 'photos', prefix: 'a/' })]);
    expect((await service.get(id)).status).toBe('Completed');
    expect(await service.reconcile()).toBe(0);
  });

  test('a run whose workflow ended before it sealed the run ends as Failed, and its container is free', async () => {
    const { service, actors, workflows, closed, time } = createSite();
    const { id } = await service.start({ container: 'photos', prefix: 'a/' });
    await actors.run(id).setPhase({ phase: 'finish' });
    time.ms += 31_000;
    expect([await service.reconcile(), closed]).toEqual([0, []]); // its workflow goes on
    workflows.set(id, 'ended');
    expect(await service.reconcile()).toBe(1);
    expect(closed).toEqual([expect.objectContaining({ runId: id, container: 'photos', prefix: 'a/' })]);
    const reason = expect.stringMatching(/^Its workflow ended before it closed the run/);
    expect((await actors.run(id).view()).run).toMatchObject({ status: 'Failed', reason });
    expect((await service.start({ container: 'photos' })).status).toBe('Queued');
  });

  test('a run that ends by itself between the two looks of the reconciler stays as it ended', async () => {
    const { service, actors, workflows, trouble, time } = createSite();
    const { id } = await service.start({ container: 'photos' });
    time.ms += 31_000;
    trouble.beforeStatus = async () => {
      await actors.run(id).end({});
      workflows.set(id, 'ended');
    };
    await service.reconcile();
    const { run } = await actors.run(id).view();
    expect(run?.status).toBe('Completed');
    expect(run).not.toHaveProperty('reason');
  });

  test('what was chosen travels in the record, in the view and in the input of the workflow', async () => {
    const { service, inputs } = createSite();
    const run = await service.start({ container: 'photos', features: ['tags', 'ADULT', 'Tags'] });
    expect(run.features).toEqual(['Adult', 'Tags']);
    expect(inputs).toEqual([expect.objectContaining({ runId: run.id, features: ['Adult', 'Tags'] })]);
  });

  test('without a choice a run asks for what is configured, and says so', async () => {
    const run = await createSite().service.start({ container: 'photos' });
    expect(run.features).toEqual(['Categories', 'Color', 'Description', 'Tags']);
  });

  test('a run that was carried on by the reconciler keeps its choice', async () => {
    const { service, inputs, trouble, time } = createSite();
    trouble.atStep = 'schedule';
    await expect(service.start({ container: 'photos', features: ['Tags'] })).rejects.toThrow('died');
    trouble.atStep = '';
    time.ms += 31_000;
    await service.reconcile();
    expect(inputs).toEqual([expect.objectContaining({ features: ['Tags'] })]);
  });

  test('which images it is for travels in the record, in the view and in the input, also of the reconciler', async () => {
    const { service, runs, time, inputs, workflows } = createSite();
    const retry = { code: 'vision-timeout' };
    const { id } = await service.start({ container: 'photos', retry });
    expect([(await service.get(id)).retry, (await runs.get(id))?.retry]).toEqual([retry, retry]);
    workflows.clear();
    time.ms += 60_000;
    await service.reconcile();
    expect(inputs).toMatchObject([{ retry }, { retry }]);
  });

  test('a feature that Vision does not have is refused before anything is claimed', async () => {
    const { service, actors } = createSite();
    await expect(service.start({ container: 'photos', features: ['Tags', 'Smiles'] })).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringMatching(/no feature Smiles; it has Categories, Tags, Description/),
      context: { pointer: '/body/features/1' },
    });
    expect((await actors.container('photos').summary()).activeRun).toBeUndefined();
  });

  test.each([
    ['no-such-container', 'container-not-found'],
    ['Photos', 'invalid-container-name'],
    ['contactsheet-manifests', 'system-container'],
  ])('%s is refused: %s', async (container, code) => {
    await expect(createSite().service.start({ container })).rejects.toMatchObject({ code });
  });
});

describe('showing runs', () => {
  test('a live run shows the numbers of its actor, a final one those of the index', async () => {
    const { service, actors, runs } = createSite();
    const { id } = await service.start({ container: 'photos' });
    await actors.run(id).setPhase({ phase: 'analyze' });
    expect((await service.get(id)).status).toBe('Running');
    expect((await service.list({}, { size: 10 })).value.map(({ status }) => status)).toEqual(['Running']);
    const { run } = await actors.run(id).end({});
    await runs.write(run);
    expect(await service.get(id)).toEqual(run);
  });

  test('what is no run is not found', async () => {
    const { service } = createSite();
    for (const id of ['', 'x', '../etc', '0'.repeat(32)]) {
      await expect(service.get(id)).rejects.toMatchObject({ code: 'run-not-found' });
    }
  });
});
