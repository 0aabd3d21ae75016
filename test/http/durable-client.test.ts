import { EntityId, OrchestrationRuntimeStatus } from 'durable-functions';
import { AppError } from '../../src/domain/errors';
import { RUN_STATUSES, type RunStatus } from '../../src/domain/run/run';
import { createLinkTokens } from '../../src/http/link-tokens';
import { listen } from '../../src/http/listener';
import { EntityStatusSchema } from '../../src/contract/schemas/durable';
import { durableClient, durableClientOverRpc } from './azure-client';
import { aRun, PLAN_HASH, runId } from './fake-use-cases';
import { aListeningApp, aPublicApp, expectDurableError, expectShape } from './listening';

/**
 * The client of Durable Functions 3.x over HTTP, every management call it has, in both ways it finds its addresses: a base
 * URL, and links with placeholders as an Azure Functions host binds them.
 */
const KEY = 'operator-key';
const shell = aListeningApp({ tokens: createLinkTokens(KEY, () => Date.now()) });
const { useCases } = shell;

const client = () => durableClient(shell.url, KEY);

function having(...runs: Parameters<typeof aRun>[0][]): void {
  for (const [n, run] of runs.entries()) useCases.runs.set(runId(n + 1), aRun({ id: runId(n + 1), ...run }));
}

test.each([
  ['O_Other', 'photos', '/path/name'],
  ['O_ProccessImage/@me', 'photos', '/path/id'],
  ['O_ProccessImage', 'Photos', '/body'],
  ['O_ProccessImage', 5, '/body'],
  ['O_ProccessImage', {}, '/body/container'],
  ['O_ProccessImage', { container: 'Photos' }, '/body/container'],
  ['O_ProccessImage', { container: 'photos', maxTransactions: '5' }, '/body/maxTransactions'],
])('a start of %s with %j is refused at %s', async (name, input, pointer) => {
  const response = await shell.api
    .post(`/runtime/webhooks/durabletask/orchestrators/${name}?code=${KEY}`)
    .type('json')
    .send(JSON.stringify(input));
  expect([response.status, response.body.errors?.[0]?.pointer]).toEqual([400, pointer]);
});

describe('the client of durable-functions', () => {
  test('startNew, with and without an id', async () => {
    expect(await client().startNew('O_ProccessImage', { input: 'photos' })).toBe(runId(1));
    expect(
      await client().startNew('ANALYZE-container.v1', { input: { container: 'empty', prefix: 'a', retry: {} } }),
    ).toBe(runId(2));
    useCases.runs.clear();
    await client().startNew('O_ProccessImage', { input: 'photos', instanceId: runId(7) });
    expect(useCases.commands).toEqual([
      { container: 'photos' },
      { container: 'empty', prefix: 'a', retry: {} },
      { container: 'photos', id: runId(7) },
    ]);
    await expect(client().startNew('O_Other', { input: 'photos' })).rejects.toThrow('400');
    await expect(client().startNew('O_ProccessImage')).rejects.toThrow('400');
    await expect(client().startNew('O_ProccessImage', { input: 'nowhere' })).rejects.toThrow('404');
  });

  test('getStatus, with history and its outputs', async () => {
    having({ status: 'Completed', phase: 'done', endedAt: '2026-01-02T03:04:09Z' });
    const status = await client().getStatus(runId(1));
    expect(status).toMatchObject({ name: 'O_ProccessImage', runtimeStatus: 'Completed', input: 'photos' });
    expect(status.createdTime).toEqual(new Date('2026-01-02T03:04:05Z'));
    await expect(client().getStatus(runId(9))).rejects.toThrow('404');
    const { history } = await client().getStatus(runId(1), { showHistory: true, showHistoryOutput: true });
    const url = `/runtime/webhooks/durabletask/instances/${runId(1)}?showHistory=true&showHistoryOutput=true&code=${KEY}`;
    const { historyEvents } = (await shell.api.get(url)).body;
    expect(history).toEqual(historyEvents); // the client looks under this name
    expect(historyEvents.map((event: { EventType: string }) => event.EventType)).toEqual([
      'ExecutionStarted',
      'EventRaised',
      'TaskCompleted',
      'TaskCompleted',
      'ExecutionCompleted',
    ]);
    expect(historyEvents[2]).toMatchObject({ FunctionName: 'A_GetBlockBlobStorageItemsUris', Result: null });
    expect(historyEvents.at(-1)).toMatchObject({ OrchestrationStatus: 'Completed', Result: { status: 'Completed' } });
  });

  test('getStatusAll over pages, and getStatusBy', async () => {
    having(
      ...Array.from({ length: 205 }, (_, n) => ({ status: n < 3 ? ('Failed' as const) : ('Completed' as const) })),
    );
    expect(await client().getStatusAll()).toHaveLength(205);
    const failed = await client().getStatusBy({
      createdTimeFrom: new Date('2026-01-01'),
      createdTimeTo: new Date('2026-01-03'),
      runtimeStatus: [OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Canceled],
    });
    expect(failed.map(({ instanceId }) => instanceId).sort()).toEqual([1, 2, 3].map(runId));
    const later = { createdTimeFrom: new Date('2026-02-01') };
    expect(await client().getStatusBy(later)).toEqual([]);
  });

  test('suspend, resume, terminate; 410 of an ended run counts as done', async () => {
    having({}, { status: 'Completed' });
    await client().suspend(runId(1), 'lunch');
    await client().resume(runId(1), 'back');
    await client().terminate(runId(1), 'wrong folder');
    expect(useCases.said).toEqual([
      { id: runId(1), verb: 'pause', who: 'api', how: 'claimed', reason: 'lunch' },
      { id: runId(1), verb: 'resume', who: 'api', how: 'claimed', reason: 'back' },
      { id: runId(1), verb: 'cancel', who: 'api', how: 'claimed', reason: 'wrong folder' },
    ]);
    await client().terminate(runId(2), 'too late');
    await expect(client().terminate(runId(9), 'x')).rejects.toThrow('No instance');
    await expect(client().suspend(runId(9), 'x')).rejects.toThrow('No instance');
    await expect(client().resume(runId(9), 'x')).rejects.toThrow('No instance');
  });

  test('raiseEvent: approval is heard, any other event is taken and changes nothing', async () => {
    having({ status: 'AwaitingApproval' }, { status: 'Completed' });
    await client().raiseEvent(runId(1), 'approval', { approved: true, planHash: PLAN_HASH, maxTransactions: 9 });
    await client().raiseEvent(runId(1), 'Approval', { approved: false, reason: 'too dear' });
    expect(useCases.said).toEqual([
      { id: runId(1), who: 'api', how: 'claimed', planHash: PLAN_HASH, maxTransactions: 9 },
      { id: runId(1), who: 'api', how: 'claimed', verb: 'decline', reason: 'too dear' },
    ]);
    await client().raiseEvent(runId(2), 'approval', { approved: true });
    await client().raiseEvent(runId(1), 'other', { any: 'thing' });
    await client().raiseEvent(runId(1), 'other', undefined);
    expect(useCases.said).toHaveLength(2);
    await expect(client().raiseEvent(runId(1), 'approval', 'yes')).rejects.toThrow('400');
    const unread = { approved: true, planHash: PLAN_HASH, maxTransactions: '9' };
    await expect(client().raiseEvent(runId(1), 'approval', unread)).rejects.toThrow('400');
    expect(useCases.said).toHaveLength(2);
    const otherPlan = { approved: true, planHash: 'cd'.repeat(32) };
    await expect(client().raiseEvent(runId(1), 'approval', otherPlan)).rejects.toThrow('409');
    await expect(client().raiseEvent(runId(9), 'approval', {})).rejects.toThrow('No instance');
  });

  test('rewind tries again what failed', async () => {
    having({ status: 'Failed' }, { status: 'Completed' }, { status: 'CompletedWithErrors' });
    await client().rewind(runId(1), 'try again');
    await client().rewind(runId(3), 'try again');
    expect(useCases.retries).toEqual([{}, {}]);
    await expect(client().rewind(runId(9), 'x')).rejects.toThrow('No instance');
    await expect(client().rewind(runId(2), 'x')).rejects.toThrow('410. Details: "This run is Completed; only');
    having({ status: 'Paused' });
    await expect(client().rewind(runId(1), 'x')).rejects.toThrow(/^This run is Paused \(Suspended\); only runs that/);
  });

  test('rewind of a run of which nothing is left to try again is refused as that of one without failures', async () => {
    having({ status: 'Failed' });
    const nothing = new AppError('nothing-to-retry', 'No image of this run is left.');
    jest.spyOn(useCases, 'retryRun').mockRejectedValueOnce(nothing);
    await expect(client().rewind(runId(1), 'x')).rejects.toThrow('410. Details: "No image of this run is left."');
  });

  test('purgeInstanceHistory and purgeInstanceHistoryBy', async () => {
    having({ status: 'Completed' }, {}, { status: 'Failed' }, { status: 'Cancelled' });
    expect(await client().purgeInstanceHistory(runId(1))).toMatchObject({ instancesDeleted: 1 });
    expect(await client().purgeInstanceHistory(runId(1))).toMatchObject({ instancesDeleted: 0 });
    expect(await client().purgeInstanceHistory(runId(2))).toMatchObject({ instancesDeleted: 0 });
    const all = { createdTimeFrom: new Date('2026-01-01') };
    const failed = { ...all, runtimeStatus: [OrchestrationRuntimeStatus.Failed] };
    expect(await client().purgeInstanceHistoryBy(failed)).toMatchObject({ instancesDeleted: 1 });
    expect(await client().purgeInstanceHistoryBy(all)).toMatchObject({ instancesDeleted: 1 });
    expect(await client().purgeInstanceHistoryBy(all)).toMatchObject({ instancesDeleted: 0 });
    expect([...useCases.runs.keys()]).toEqual([runId(2)]);
  });

  test('readEntityState of a container', async () => {
    const state = await client().readEntityState({ name: 'ContainerActor', key: 'photos' } as never);
    expect(state).toMatchObject({ entityExists: true, entityState: { container: 'photos' } });
    const none = await client().readEntityState({ name: 'ContainerActor', key: 'nowhere' } as never);
    expect(none.entityExists).toBe(false);
  });

  test('signalEntity: repair recounts; what no container listens to is refused with the reason', async () => {
    const photos = new EntityId('ContainerActor', 'photos');
    await client().signalEntity(photos, 'repair');
    await client().signalEntity(photos, 'Repair', { confirmShrink: true });
    expect(useCases.records.repairs).toEqual([
      { container: 'photos', confirmShrink: false },
      { container: 'photos', confirmShrink: true },
    ]);
    await expect(client().signalEntity(photos, 'add', 1)).rejects.toThrow(/400.*takes the operation repair.*'add'/);
    await expect(client().signalEntity(photos)).rejects.toThrow(/400.*names no operation/);
    await expect(client().signalEntity(photos, 'repair', 'now')).rejects.toThrow('400');
    await expect(client().signalEntity(new EntityId('Counter', 'photos'), 'repair')).rejects.toThrow(
      /400.*The one kind of entity is ContainerActor/,
    );
    await expect(client().signalEntity(new EntityId('ContainerActor', 'nowhere'), 'repair')).rejects.toThrow('404');
    useCases.failNext(new AppError('run-active', 'Run x is at work.', { context: { existingRun: runId(1) } }));
    await expect(client().signalEntity(photos, 'repair')).rejects.toThrow(/409.*Run x is at work/);
    expect(useCases.records.repairs).toHaveLength(2);
  });

  // azure-functions-durable for Python: json.dumps of the input, handed to aiohttp as `json=`.
  test('of Python sends JSON within a JSON string, and is heard as well', async () => {
    having({ status: 'AwaitingApproval' });
    const send = async (path: string, input: unknown) => {
      const url = `/runtime/webhooks/durabletask/${path}${path.includes('?') ? '&' : '?'}code=${KEY}`;
      return (
        await shell.api
          .post(url)
          .type('json')
          .send(JSON.stringify(JSON.stringify(input)))
      ).status;
    };
    const approval = { approved: true, planHash: PLAN_HASH };
    expect(await send(`instances/${runId(1)}/raiseEvent/approval`, approval)).toBe(202);
    expect(await send(`instances/${runId(1)}/raiseEvent/other`, null)).toBe(202);
    expect(await send('entities/ContainerActor/photos?op=repair', { confirmShrink: true })).toBe(202);
    useCases.runs.clear();
    expect(await send('orchestrators/O_ProccessImage', { container: 'photos', prefix: 'a' })).toBe(202);
    expect(await send('orchestrators/O_ProccessImage', 'empty')).toBe(202);
    expect(await send('orchestrators/O_ProccessImage', { container: 'photos', prefix: 5 })).toBe(400);
    expect(await send('orchestrators/O_ProccessImage', JSON.parse('{"__proto__": 1, "container": "photos"}'))).toBe(
      400,
    );
    expect(useCases.commands.slice(-2)).toEqual([{ container: 'photos', prefix: 'a' }, { container: 'empty' }]);
    expect(useCases.said.at(-1)).toMatchObject({ planHash: PLAN_HASH });
    expect(useCases.records.repairs.at(-1)).toMatchObject({ confirmShrink: true });
  });

  test('the wait helper and the links of its answer', async () => {
    having({ status: 'Completed' }, {});
    const wait = { timeoutInMilliseconds: 50, retryIntervalInMilliseconds: 10 };
    const done = await client().waitForCompletionOrCreateCheckStatusResponse({} as never, runId(1), wait);
    expect(done.status).toBe(200);
    const going = await client().waitForCompletionOrCreateCheckStatusResponse({} as never, runId(2), wait);
    expect(going.status).toBe(202);
    expect(client().createHttpManagementPayload(runId(2)).terminatePostUri).toContain(
      `/instances/${runId(2)}/terminate`,
    );
  });
});

test('the client finds every route by a base address too', async () => {
  const open = await listen(aPublicApp().app, { host: '127.0.0.1', port: 0, name: 'public API' });
  try {
    const local = durableClientOverRpc(open.url);
    const photos = new EntityId('ContainerActor', 'photos');
    const id = await local.startNew('O_ProccessImage', { input: 'photos' });
    expect((await local.getStatus(id, { showHistory: true })).history).not.toHaveLength(0);
    expect(await local.getStatusAll()).toHaveLength(1);
    await local.suspend(id, 'a reason');
    await local.resume(id, 'a reason');
    await local.raiseEvent(id, 'other', {});
    await local.terminate(id, 'a reason');
    await expect(local.rewind(id, 'a reason')).rejects.toThrow('only runs that are Failed');
    await local.signalEntity(photos, 'repair');
    expect((await local.readEntityState(photos)).entityExists).toBe(true);
    expect(await local.purgeInstanceHistoryBy({ createdTimeFrom: new Date(0) })).toEqual({ instancesDeleted: 0 });
    expect(await local.purgeInstanceHistory(id)).toMatchObject({ instancesDeleted: 0 });
  } finally {
    await open.close(0);
  }
});

describe('every command in every state', () => {
  const base = '/runtime/webhooks/durabletask/instances';
  const final: RunStatus[] = ['Cancelled', 'Completed', 'CompletedWithErrors', 'Failed'];

  test.each(RUN_STATUSES)('%s', async (status) => {
    const ended = final.includes(status);
    const leaving = ended || status === 'Cancelling'; // on its way out it takes no more words
    const codes: Record<string, number> = {
      'terminate?reason=x': ended ? 410 : 202,
      'suspend?reason=x': leaving ? 410 : 202,
      'resume?reason=x': leaving ? 410 : 202,
      'raiseEvent/other?x=': ended ? 410 : 202,
      'rewind?reason=x': /^(Failed|CompletedWithErrors)$/.test(status) ? 202 : ended ? 410 : 412,
    };
    for (const [path, code] of Object.entries(codes)) {
      having({ status });
      const response = await shell.api.post(`${base}/${runId(1)}/${path}&code=${KEY}`);
      expect([path, response.status]).toEqual([path, code]);
      if (!path.startsWith('rewind') || code === 202) expect(response.text).toBe('');
    }
  });

  test('a reason that is cut off is text still', async () => {
    having({ status: 'Running' });
    const control = jest.spyOn(shell.useCases, 'controlRun');
    const reason = encodeURIComponent(`${'x'.repeat(499)}\u{1f600}`);
    await shell.api.post(`${base}/${runId(1)}/terminate?reason=${reason}&code=${KEY}`).expect(202);
    expect(control).toHaveBeenCalledWith(expect.objectContaining({ reason: 'x'.repeat(499) }));
  });

  test.each(['terminate', 'suspend', 'resume', 'rewind', 'raiseEvent/x'])(
    '%s of an unknown run is 404',
    async (verb) => {
      const response = await shell.api.post(`${base}/${runId(9)}/${verb}?code=${KEY}`);
      expect([response.status, response.text]).toEqual([404, '']);
    },
  );
});

describe('what the client does not have', () => {
  const base = '/runtime/webhooks/durabletask';

  test('routes and parameters are known in any case', async () => {
    having({ status: 'Completed' });
    const path = `/RunTime/WebHooks/DurableTask/Instances/${runId(1)}?SHOWINPUT=False&CODE=${KEY}`;
    expect((await shell.api.get(path)).body).toMatchObject({ instanceId: runId(1), input: null });
    expect(
      (await shell.api.get(`/RUNTIME/webhooks/durabletask/ENTITIES/containerACTOR/photos?Code=${KEY}`)).status,
    ).toBe(200);
    expect((await shell.api.get(`${base}/entities/ContainerActor/PHOTOS?code=${KEY}`)).status).toBe(404);
  });

  test('entities are listed by name, a page at a time, with their state when it is asked for', async () => {
    const list = (query: string, name = '') => shell.api.get(`${base}/entities${name}?code=${KEY}${query}`);
    const first = await list('&top=1');
    expect(first.body).toEqual([
      {
        entityId: { name: 'containeractor', key: 'empty' },
        lastOperationTime: '2026-01-01T00:00:00.000Z',
        state: null,
      },
    ]);
    expect(Object.keys(first.body[0])).toEqual(['entityId', 'lastOperationTime', 'state']);
    const token = first.get('x-ms-continuation-token') ?? '';
    const last = await list('&top=1&fetchState=true', '/ContainerActor').set('x-ms-continuation-token', token);
    expect(last.get('x-ms-continuation-token')).toBe('');
    expectShape(last.body, EntityStatusSchema.array());
    expect(last.body).toMatchObject([{ entityId: { key: 'photos' }, state: { container: 'photos' } }]);
    const keys = async (query: string) =>
      (await list(query)).body.map(({ entityId }: { entityId: { key: string } }) => entityId.key);
    expect(await keys('&lastOperationTimeFrom=2026-01-02T00:00:00Z')).toEqual(['photos']);
    expect(await keys('&lastOperationTimeTo=2026-01-01T12:00:00Z')).toEqual(['empty']);
    expect((await list('', '/Counter')).body).toEqual([]);
    expectDurableError(await list('').set('x-ms-continuation-token', 'forged'), 'invalid-request');
    expectDurableError(await list('&lastOperationTimeFrom=yesterday'), 'invalid-request');
  });

  test('the delete of an entity is refused: totals follow from documents', async () => {
    const refused = await shell.api.delete(`${base}/entities/ContainerActor/photos?code=${KEY}`);
    expect(expectDurableError(refused, 'invalid-request').Message).toContain("'delete'");
    expect((await shell.api.put(`${base}/entities/ContainerActor/photos?code=${KEY}`)).status).toBe(404);
  });

  test('bodies that are no JSON are arguments that are wrong: 400', async () => {
    having({});
    const event = `${base}/instances/${runId(1)}/raiseEvent/approval?code=${KEY}`;
    const text = await shell.api.post(event).type('text/plain').send('{"approved":true}');
    expect(expectDurableError(text, 'invalid-request').Message).toBe(
      'Only application/json request content is supported.',
    );
    expectDurableError(await shell.api.post(event).type('json').send('{'), 'invalid-request');
    const start = `${base}/orchestrators/O_ProccessImage?code=${KEY}`;
    expectDurableError(await shell.api.post(start).type('json').send('{'), 'invalid-request');
    expectDurableError(
      await shell.api.post(start.replace('O_P', 'X')).type('json').send('"photos"'),
      'invalid-request',
    );
  });

  test('what changes something is not done for another site', async () => {
    having({});
    for (const path of [`instances/${runId(1)}/terminate`, 'entities/ContainerActor/photos?op=repair']) {
      const uri = `${base}/${path}${path.includes('?') ? '&' : '?'}code=${KEY}`;
      expectDurableError(await shell.api.post(uri).set('Sec-Fetch-Site', 'cross-site'), 'cross-site');
    }
    expect([useCases.said, useCases.records.repairs]).toEqual([[], []]);
  });

  test('restart answers the links of a new run', async () => {
    having({ status: 'Completed', prefix: 'a/' });
    const response = await shell.api.post(`${base}/instances/${runId(1)}/restart?code=${KEY}`);
    expect([response.status, response.body.id, response.get('Retry-After')]).toEqual([202, runId(2), '10']);
    expect(useCases.restarts).toEqual([{ id: runId(1), sameId: false, who: expect.any(String), how: 'claimed' }]);
    expect((await shell.api.post(`${base}/instances/${runId(9)}/restart?code=${KEY}`)).status).toBe(400);
    useCases.runs.clear();
    having({ status: 'Completed' });
    const waiting = `${base}/instances/${runId(1)}/restart?timeout=5&pollingInterval=0.1&code=${KEY}`;
    const waited = shell.api.post(waiting).then((answer) => answer);
    setTimeout(() => useCases.runs.set(runId(2), aRun({ id: runId(2), status: 'Completed' })), 150);
    expect(await waited).toMatchObject({ status: 200, body: { status: 'Completed' } });
    const same = `${base}/instances/${runId(1)}/restart?restartWithNewInstanceId=false&code=${KEY}`;
    const again = await shell.api.post(same);
    expect([again.status, again.body.id]).toEqual([202, runId(1)]);
    expect(useCases.restarts.at(-1)).toMatchObject({ id: runId(1), sameId: true });
    expect((await shell.api.post(same)).status).toBe(409);
  });

  test('a start may wait for its output', async () => {
    const start = (query: string) =>
      shell.api.post(`${base}/orchestrators/O_ProccessImage?code=${KEY}${query}`).send('"photos"').type('json');
    const waited = start('&timeout=5&pollingInterval=0.1').then((answer) => answer);
    setTimeout(() => useCases.runs.set(runId(1), aRun({ status: 'Completed' })), 150);
    expect(await waited).toMatchObject({ status: 200, body: { status: 'Completed', reason: null } });
    useCases.runs.clear();
    expect((await start('&timeout=0.2&pollingInterval=0.1')).status).toBe(202);
    useCases.runs.clear();
    expect((await start('&timeout=1&pollingInterval=2')).status).toBe(400);
    expect((await start('&timeout=x&pollingInterval=2')).status).toBe(400);
  });
});

describe('codes of links', () => {
  const path = (uri: string) => uri.replace(shell.url, '').replace(/^https?:\/\/[^/]+/, '');

  test('open their run and verb, and nothing else', async () => {
    const mine = (await shell.api.post('/api/AnalysisFunctionStarter?container=photos')).body;
    const other = (await shell.api.post('/api/AnalysisFunctionStarter?container=empty')).body;
    expect((await shell.api.get(path(mine.statusQueryGetUri))).status).toBe(202);
    const code = new URL(mine.statusQueryGetUri).searchParams.get('code');
    const base = '/runtime/webhooks/durabletask';
    const refused = async (verb: 'get' | 'post' | 'delete', uri: string) => {
      const { status, body } = await shell.api[verb](uri);
      return [status, body.code];
    };
    const forbidden = [403, 'link-forbidden'];
    expect(await refused('get', `${base}/instances/${other.id}?code=${code}`)).toEqual(forbidden);
    expect(await refused('delete', `${base}/instances/${mine.id}?code=${code}`)).toEqual(forbidden);
    expect(await refused('post', `${base}/instances/${mine.id}/terminate?code=${code}`)).toEqual(forbidden);
    expect(await refused('get', `${base}/instances?code=${code}`)).toEqual(forbidden);
    expect(await refused('post', `${base}/orchestrators/O_ProccessImage?code=${code}`)).toEqual(forbidden);
    expect(await refused('delete', `${base}/instances?createdTimeFrom=2026-01-01&code=${code}`)).toEqual(forbidden);
    expect(await refused('get', `${base}/entities?code=${code}`)).toEqual(forbidden);
    expect(await refused('get', `${base}/entities/ContainerActor/photos?code=${code}`)).toEqual(forbidden);
    expect(await refused('post', `${base}/entities/ContainerActor/photos?op=repair&code=${code}`)).toEqual(forbidden);
    for (const verb of ['suspend', 'resume', 'rewind', 'restart', 'raiseEvent/approval']) {
      expect(await refused('post', `${base}/instances/${mine.id}/${verb}?code=${code}`)).toEqual(forbidden);
    }
    for (const wrong of ['', '?code=', `?code=${code}x`, '?code=a.b.c.d', `?code=${'.'.repeat(50)}`]) {
      expect(await refused('get', `${base}/instances/${mine.id}${wrong}`)).toEqual([401, 'unauthorized']);
    }
    expect((await shell.api.post(path(mine.terminatePostUri.replace('{text}', 'enough')))).status).toBe(202);
    expect(useCases.said.at(-1)).toMatchObject({ id: mine.id, verb: 'cancel', reason: 'enough' });
  });

  test('expire', () => {
    let now = 1_000_000;
    const tokens = createLinkTokens(KEY, () => now, 60_000);
    const code = tokens.issue(runId(1), 'status');
    expect(tokens.check(code, runId(1), 'status')).toBe('ok');
    now += 61_000;
    expect(tokens.check(code, runId(1), 'status')).toBe('wrong');
    expect(createLinkTokens('another', () => 0).check(code, runId(1), 'status')).toBe('wrong');
    expect(tokens.check(KEY, undefined, 'operator')).toBe('ok');
  });
});
