import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { type DurableClient, EntityId, OrchestrationRuntimeStatus } from 'durable-functions';
import { ENDPOINTS, pathOf } from '../../../src/contract';
import { taken } from '../../../src/contract';
import { APP_ID } from '../../../src/names';
import { createPictures } from '../../../packages/bench/src/pictures';
import { durableClient } from '../../http/azure-client';
import { callsSeen, inStatus, type RunBody, runOf, seeded } from '../control/control';
import { eventually, startTestStack, type TestStack } from '../framework';
import { visionOf } from '../main-job/client';

/**
 * Every management call of the `DurableClient` of durable-functions 3.x against a real stack whose links need codes, each
 * seen by its effect. The tests are one scenario and run in this order.
 */
const PEERS = 'peers';
const IMAGES = 1_000;
/** They fail until somebody puts Vision right. */
const FLAKY = 3;
const STARTED = new Date(Date.now() - 1_000);
const peers = new EntityId('ContainerActor', PEERS);

describe('the client of durable-functions', () => {
  let stack: TestStack;
  let client: DurableClient;
  /** The run of most of the scenario. */
  let id: string;

  beforeAll(async () => {
    const appEnv = { LINK_TOKENS: 'on', MAX_IMAGES_IN_FLIGHT: '20' };
    stack = await startTestStack({ vision: { latencyMs: 100 }, appEnv });
    client = durableClient(stack.endpoints.api, stack.endpoints.linkKey);
    await seeded(stack, PEERS, IMAGES);
    const pictureOf = await createPictures(PEERS);
    const faults = Array.from({ length: FLAKY }, (_, n) => ({
      behaviour: 'status-500' as const,
      times: 1_000,
      match: createHash('sha256').update(pictureOf(n)).digest('hex'),
    }));
    expect((await visionOf(stack).arm(...faults)).status).toBe(200);
  }, 180_000);
  afterAll(() => stack?.stop());

  const runtimeStatus = (run: string, status: string) =>
    eventually(async () => (await client.getStatus(run)).runtimeStatus === status, {
      what: `${run} is ${status}`,
      timeoutMs: 120_000,
    });

  test('startNew: a run begins, and asks before it spends', async () => {
    id = await client.startNew('O_ProccessImage', { input: { container: PEERS, approval: 'always' } });
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    await inStatus(stack, id, /^AwaitingApproval$/);
    expect(await callsSeen(stack)).toBe(0);
    await expect(client.startNew('O_ProccessImage', { input: PEERS })).rejects.toThrow('409');
    await expect(client.startNew('O_Unknown', { input: PEERS })).rejects.toThrow(/400.*Message/);
    await expect(client.startNew('O_ProccessImage', { input: 'nowhere' })).rejects.toThrow('404');
  });

  test('signalEntity: refused while a run is active', async () => {
    await expect(client.signalEntity(peers, 'repair')).rejects.toThrow(/409.*is at work/);
  });

  test('raiseEvent: an event nobody waits for changes nothing, the approval starts the work', async () => {
    await client.raiseEvent(id, 'weather', { sunny: true });
    expect((await runOf(stack, id)).status).toBe('AwaitingApproval');
    await expect(client.raiseEvent(id, 'approval', { approved: true, planHash: '0'.repeat(64) })).rejects.toThrow(
      '409',
    );
    const { quote } = await runOf(stack, id);
    await client.raiseEvent(id, 'approval', { approved: true, planHash: quote?.planHash });
    await callsSeen(stack, 1);
    await expect(client.raiseEvent('0'.repeat(32), 'approval', {})).rejects.toThrow('No instance');
  });

  test('suspend: no call starts any more', async () => {
    await client.suspend(id, 'lunch');
    await runtimeStatus(id, 'Suspended');
    const calls = await callsSeen(stack);
    expect(calls).toBeLessThan(IMAGES);
    expect((await runOf(stack, id)).reason).toBe('lunch');
    await expect(client.rewind(id, 'too early')).rejects.toThrow(/^This run is Paused \(Suspended\)/);
    expect(await callsSeen(stack)).toBe(calls);
  });

  test('createCheckStatusResponse, createHttpManagementPayload: their links work', async () => {
    const request = { url: `${stack.endpoints.api}/api/x` } as never;
    const response = client.createCheckStatusResponse(request, id);
    expect([response.status, response.headers.get('retry-after')]).toEqual([202, '10']);
    const location = response.headers.get('location') ?? '';
    expect(await (await fetch(location)).json()).toMatchObject({ instanceId: id, runtimeStatus: 'Suspended' });
    const { statusQueryGetUri } = client.createHttpManagementPayload(id);
    expect((await fetch(statusQueryGetUri)).status).toBe(202);
  });

  test('resume, waitForCompletionOrCreateCheckStatusResponse: it goes on, to its output', async () => {
    const wait = (timeoutInMilliseconds: number) =>
      client.waitForCompletionOrCreateCheckStatusResponse({ url: stack.endpoints.api } as never, id, {
        timeoutInMilliseconds,
        retryIntervalInMilliseconds: 200,
      });
    expect((await wait(200)).status).toBe(202);
    await client.resume(id, 'back');
    const done = await wait(120_000);
    expect(done.status).toBe(200);
    expect(await done.json()).toMatchObject({
      status: 'CompletedWithErrors',
      counts: { total: IMAGES, succeeded: IMAGES - FLAKY, failed: FLAKY },
    });
  }, 150_000);

  test('getStatus: input, output, history', async () => {
    const status = await client.getStatus(id, { showHistory: true, showHistoryOutput: true });
    expect(status).toMatchObject({ name: 'O_ProccessImage', runtimeStatus: 'Completed', input: PEERS });
    expect(status.createdTime.getMilliseconds()).toBe(0);
    expect(status.output).toMatchObject({ status: 'CompletedWithErrors' });
    const history = status.history as unknown as Record<string, string>[];
    expect(history[0]).toMatchObject({ EventType: 'ExecutionStarted', FunctionName: 'O_ProccessImage' });
    expect(history.at(-1)).toMatchObject({ EventType: 'ExecutionCompleted', OrchestrationStatus: 'Completed' });
    const raised = history.filter(({ EventType }) => EventType === 'EventRaised').map(({ Name }) => Name);
    expect(raised).toEqual(expect.arrayContaining(['approve', 'pause', 'resume']));
    expect((await client.getStatus(id, { showInput: false })).input).toBeNull();
    expect((await client.getStatus(id)).history).toBeUndefined();
    await expect(client.getStatus('0'.repeat(32))).rejects.toThrow('404');
  });

  test('readEntityState: exact totals of the container', async () => {
    // The container hears of the end of its run a moment after the run.
    const { entityExists, entityState } = await eventually(
      async () => {
        const answer = await client.readEntityState<{ lastRun?: string }>(peers);
        return answer.entityState?.lastRun === id ? answer : undefined;
      },
      { what: 'the container knows its last run' },
    );
    expect(entityExists).toBe(true);
    expect(entityState).toMatchObject({
      container: PEERS,
      images: { total: IMAGES, succeeded: IMAGES - FLAKY, failed: FLAKY },
    });
    expect((await client.readEntityState(new EntityId('containeractor', 'nowhere'))).entityExists).toBe(false);
  });

  test('rewind: only what failed is called, as a run of its own that asks again', async () => {
    await visionOf(stack).disarm();
    const before = await callsSeen(stack);
    await client.rewind(id, 'Vision is well again');
    const { retriedBy } = (await runOf(stack, id)) as RunBody & { readonly retriedBy: string };
    const asks = async () => (await runOf(stack, retriedBy)).status === 'AwaitingApproval';
    await eventually(asks, { what: 'it asks for the consent that its run had to ask for' });
    const { quote } = await runOf(stack, retriedBy);
    expect(quote).toMatchObject({ calls: FLAKY });
    await client.raiseEvent(retriedBy, 'approval', { approved: true, planHash: quote?.planHash });
    await runtimeStatus(retriedBy, 'Completed');
    expect(await callsSeen(stack)).toBe(before + FLAKY);
    expect(await client.readEntityState(peers)).toMatchObject({ entityState: { images: { succeeded: IMAGES } } });
    await expect(client.rewind(retriedBy, 'nothing failed')).rejects.toThrow('410');
    await expect(client.rewind('0'.repeat(32), 'x')).rejects.toThrow('No instance');
  });

  test('signalEntity: a repair takes out what is gone, and the totals stay exact', async () => {
    const container = BlobServiceClient.fromConnectionString(stack.endpoints.blobConnectionString).getContainerClient(
      PEERS,
    );
    await container.deleteBlob('photo-0000007.jpg');
    await client.signalEntity(peers, 'repair');
    await eventually(
      async () => {
        const { entityState } = await client.readEntityState<{ images: Record<string, number> }>(peers);
        return entityState?.images.removed === 1 && entityState.images.total === IMAGES - 1;
      },
      { what: 'the picture that is gone has left the totals' },
    );
    await eventually(
      async () => {
        const { value } = taken(await stack.client.listContainers());
        return value.length === 1 && value[0]?.images.removed === 1 && value[0].images.total === IMAGES - 1;
      },
      { what: 'the list of containers says so too' },
    );
    await expect(client.signalEntity(peers, 'add', 5)).rejects.toThrow(/400.*takes the operation repair/);
    expect(await client.readEntityState(peers)).toMatchObject({ entityState: { images: { total: IMAGES - 1 } } });
  });

  test('the restart link: another run of the same input, which spends nothing', async () => {
    const before = await callsSeen(stack);
    const { restartPostUri } = client.createHttpManagementPayload(id) as unknown as { restartPostUri: string };
    const answer = await fetch(`${restartPostUri}&timeout=60&pollingInterval=0.5`, { method: 'POST' });
    expect([answer.status, await answer.json()]).toMatchObject([200, { counts: { unchanged: IMAGES - 1 } }]);
    expect(await callsSeen(stack)).toBe(before);
  }, 120_000);

  test('terminate: it ends, and most was never called', async () => {
    await seeded(stack, 'stopped', 400);
    await visionOf(stack).pace({ latencyMs: 1_000 });
    const before = await callsSeen(stack);
    const own = `0192f0c0${'7'.repeat(24)}`;
    expect(await client.startNew('analyze-container.v1', { input: 'stopped', instanceId: own })).toBe(own);
    await callsSeen(stack, before + 1);
    expect(await client.purgeInstanceHistory(own)).toMatchObject({ instancesDeleted: 0 }); // it goes on
    await expect(client.startNew('analyze-container.v1', { input: PEERS, instanceId: own })).rejects.toThrow('409');
    await client.terminate(own, 'wrong folder');
    await runtimeStatus(own, 'Terminated');
    expect((await callsSeen(stack)) - before).toBeLessThan(200);
    await client.terminate(own, 'once more'); // 410 is no error
    const saved = (await callsSeen(stack)) - before;
    const { entityState } = await client.readEntityState(new EntityId('ContainerActor', 'stopped'));
    expect(entityState).toMatchObject({ images: { total: saved, succeeded: saved } }); // what was sent is not thrown away
  }, 120_000);

  test('getStatusAll, getStatusBy: all, and those that fit', async () => {
    const all = await client.getStatusAll();
    expect(all).toHaveLength(4);
    expect(all[0]).toMatchObject({ runtimeStatus: 'Terminated', input: 'stopped' }); // newest first
    const terminated = await client.getStatusBy({
      createdTimeFrom: STARTED,
      createdTimeTo: new Date(Date.now() + 1_000),
      runtimeStatus: [OrchestrationRuntimeStatus.Terminated],
    });
    expect(terminated.map(({ input }) => input)).toEqual(['stopped']);
    expect(await client.getStatusBy({ createdTimeFrom: new Date(Date.now() + 60_000) })).toEqual([]);
  });

  test('purgeInstanceHistory, purgeInstanceHistoryBy: runs are forgotten, results stay', async () => {
    expect(await client.purgeInstanceHistory(id)).toEqual({ instancesDeleted: 1 });
    await expect(client.getStatus(id)).rejects.toThrow('404');
    const terminated = { createdTimeFrom: STARTED, runtimeStatus: [OrchestrationRuntimeStatus.Terminated] };
    expect(await client.purgeInstanceHistoryBy(terminated)).toEqual({ instancesDeleted: 1 });
    expect(await client.purgeInstanceHistoryBy({ createdTimeFrom: STARTED })).toEqual({ instancesDeleted: 2 });
    expect(await client.purgeInstanceHistoryBy({ createdTimeFrom: STARTED })).toMatchObject({ instancesDeleted: 0 });
    expect(await client.getStatusAll()).toEqual([]);
    expect(await client.readEntityState(peers)).toMatchObject({ entityState: { images: { total: IMAGES - 1 } } });
  });

  test('entities and containers are listed from the read model', async () => {
    const base = `${stack.endpoints.api}${pathOf(ENDPOINTS.listEntities)}`;
    const answer = await fetch(`${base}?fetchState=true&code=${stack.endpoints.linkKey}`);
    expect(await answer.json()).toMatchObject([
      { entityId: { name: 'containeractor', key: PEERS }, state: { images: { total: IMAGES - 1 } } },
      { entityId: { name: 'containeractor', key: 'stopped' } },
    ]);
    const { value } = taken(await stack.client.listContainers());
    expect(value).toMatchObject([{ container: PEERS, images: { total: IMAGES - 1 } }, { container: 'stopped' }]);
    expect(value.filter((one) => 'activeRun' in one)).toEqual([]);
  });

  describe('ids of the caller', () => {
    const OWN = 'own';
    const IMAGES_OF_OWN = 3;
    /** Sorts after every id that this product makes. */
    const GUID = `ffffffff${'4'.repeat(24)}`;
    const ended = async (run: string, input = OWN) => {
      expect(await client.startNew('O_ProccessImage', { input, instanceId: encodeURIComponent(run) })).toBe(run);
      return inStatus(stack, run, /^(Completed|Failed)$/);
    };
    const linesOf = async (run: string) => {
      const { value } = taken(await stack.client.listRunImages({ params: { id: run } }));
      const report = await (await stack.api(pathOf(ENDPOINTS.getRunReport, { id: run }))).text();
      return [value.length, report.trim().split('\n').filter(Boolean).length];
    };

    beforeAll(async () => {
      await visionOf(stack).pace({ latencyMs: 0 });
      await seeded(stack, OWN, IMAGES_OF_OWN);
    });

    test("any id will do, and the order of ids is nobody's order: each run tells its images", async () => {
      const ids = [GUID, 'My-Own id%1', '3F2504E0-4F89-41D3-9A0C-0305E82C3301', 'bulk'];
      for (const run of ids) expect((await ended(run)).counts).toMatchObject({ total: IMAGES_OF_OWN });
      for (const run of ids) expect([run, await linesOf(run)]).toEqual([run, [IMAGES_OF_OWN, IMAGES_OF_OWN]]);
      expect((await client.getStatusAll()).map(({ instanceId }) => instanceId)).toEqual([...ids].reverse());
      expect(await client.readEntityState(new EntityId('ContainerActor', OWN))).toMatchObject({
        entityState: { lastRun: 'bulk' },
      });
      // The sidecar decodes a path once: an id with a percent sign is encoded twice.
      const path = pathOf(ENDPOINTS.getRun, { id: encodeURIComponent('My-Own id%1') });
      const invoked = await stack.sidecar(`/v1.0/invoke/${APP_ID}/method${path}`);
      expect(await invoked.json()).toMatchObject({ id: 'My-Own id%1', status: 'Completed' });
    }, 60_000);

    test('an id is free again after its end and after a purge, and is another run then', async () => {
      const first = (await runOf(stack, GUID)).startedAt;
      expect(await ended(GUID)).toMatchObject({ status: 'Completed', counts: { unchanged: IMAGES_OF_OWN }, calls: 0 });
      expect((await runOf(stack, GUID)).startedAt > first).toBe(true);
      expect((await client.getStatusAll()).filter(({ instanceId }) => instanceId === GUID)).toHaveLength(1);
      expect(await client.purgeInstanceHistory(GUID)).toEqual({ instancesDeleted: 1 });
      await expect(client.getStatus(GUID)).rejects.toThrow('404');
      await seeded(stack, OWN, IMAGES_OF_OWN + 1);
      expect(await ended(GUID)).toMatchObject({ status: 'Completed', calls: 1 });
      expect(await linesOf(GUID)).toEqual([IMAGES_OF_OWN + 1, IMAGES_OF_OWN + 1]);
      const totals = await client.readEntityState(new EntityId('ContainerActor', OWN));
      expect(totals).toMatchObject({
        entityState: { images: { total: IMAGES_OF_OWN + 1, succeeded: IMAGES_OF_OWN + 1 } },
      });
    }, 60_000);

    test('rewind of a run that Failed does what was left, before and after the cure', async () => {
      await seeded(stack, 'refused', IMAGES_OF_OWN);
      await visionOf(stack).arm({ behaviour: 'status-401', times: 1_000 });
      expect(await ended('refused-key', 'refused')).toMatchObject({ status: 'Failed', counts: { succeeded: 0 } });
      const rewound = async (run: string, end: RegExp) => {
        await eventually(() => client.rewind(run, 'once more').then(() => true), { what: `${run} is rewound` });
        const { retriedBy } = (await runOf(stack, run)) as RunBody & { readonly retriedBy: string };
        return inStatus(stack, retriedBy, end);
      };
      const again = await rewound('refused-key', /^Failed$/);
      await visionOf(stack).disarm();
      expect(await rewound(again.id, /^Completed$/)).toMatchObject({ counts: { succeeded: IMAGES_OF_OWN } });
      await expect(client.rewind(again.id, 'nothing is left')).rejects.toThrow('410');
    }, 90_000);
  });
});

// The key of links is made once for a home and kept there.
test('a link stays good over a restart of everything, and opens nothing anywhere else', async () => {
  const home = mkdtempSync(join(tmpdir(), 'contactsheet-'));
  const appEnv = { LINK_TOKENS: 'on' };
  const withoutOrigin = (uri = '') => uri.replace(/^https?:\/\/[^/]+/, '');
  let stack = await startTestStack({ home, appEnv });
  try {
    await seeded(stack, 'kept', 3);
    const links = taken(await stack.client.startByTutorialPost({ query: { container: 'kept' } }));
    await inStatus(stack, links.id, /^Completed$/);
    const status = withoutOrigin(links.statusQueryGetUri);
    expect((await stack.api(status)).status).toBe(200);
    await stack.stop();

    stack = await startTestStack({ home, appEnv });
    expect((await stack.api(status)).status).toBe(200);
    expect((await stack.api(status, { method: 'DELETE' })).status).toBe(403);
    const elsewhere = status.replace(/instances\/\w+/, 'instances');
    expect((await stack.api(elsewhere)).status).toBe(403);
    expect((await stack.api(status.replace(/code=.*/, 'code=x'))).status).toBe(401);
    const operator = `${pathOf(ENDPOINTS.listInstances)}?code=${stack.endpoints.linkKey}`;
    expect(await (await stack.api(operator)).json()).toHaveLength(1);
    await stack.stop();

    stack = await startTestStack({ appEnv }); // another home, another key
    expect((await stack.api(status)).status).toBe(401);
  } finally {
    await stack.stop().catch(() => undefined);
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}, 300_000);
