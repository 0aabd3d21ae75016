import { type DurableClient, OrchestrationRuntimeStatus } from 'durable-functions';
import { createLinkTokens } from '../../src/http/link-tokens';
import { type Listener, listen } from '../../src/http/listener';
import { aRun, PLAN_HASH, runId } from './fake-use-cases';
import { aPublicApp } from './listening';

/**
 * The client of Durable Functions 3.x over HTTP, every management call it has, in both ways it finds its addresses: a base
 * URL, and links with placeholders as an Azure Functions host binds them.
 */
const KEY = 'operator-key';
/** Its constructor is not exported: a host makes it from the data of a binding, as `client` does here. */
const { DurableClient: Client } = require('durable-functions/lib/src/durableClient/DurableClient') as {
  readonly DurableClient: new (data: object) => DurableClient;
};

let listener: Listener;
const shell = aPublicApp({ tokens: createLinkTokens(KEY, () => Date.now()) });
const { useCases } = shell;

beforeAll(async () => {
  listener = await listen(shell.app, { host: '127.0.0.1', port: 0, name: 'public API' });
});
afterAll(() => listener.close(0));
beforeEach(() => {
  useCases.runs.clear();
  useCases.said.length = 0;
  useCases.retries.length = 0;
});

function client(): DurableClient {
  const base = `${listener.url}/runtime/webhooks/durabletask`;
  const required = `connection=Storage&code=${KEY}`;
  const at = (path: string, query = '') => `${base}${path}?${query}taskHub=hub&${required}`;
  const instance = '/instances/INSTANCEID';
  return new Client({
    taskHubName: 'hub',
    creationUrls: {
      createNewInstancePostUri: at('/orchestrators/{functionName}[/{instanceId}]'),
      createAndWaitOnNewInstancePostUri: at('/orchestrators/{functionName}[/{instanceId}]'),
    },
    managementUrls: {
      id: 'INSTANCEID',
      statusQueryGetUri: at(instance),
      sendEventPostUri: at(`${instance}/raiseEvent/{eventName}`),
      terminatePostUri: at(`${instance}/terminate`, 'reason={text}&'),
      rewindPostUri: at(`${instance}/rewind`, 'reason={text}&'),
      purgeHistoryDeleteUri: at(instance),
      restartPostUri: at(`${instance}/restart`),
      suspendPostUri: at(`${instance}/suspend`, 'reason={text}&'),
      resumePostUri: at(`${instance}/resume`, 'reason={text}&'),
    },
    baseUrl: base,
    requiredQueryStringParameters: required,
  });
}

function having(...runs: Parameters<typeof aRun>[0][]): void {
  for (const [n, run] of runs.entries()) useCases.runs.set(runId(n + 1), aRun({ id: runId(n + 1), ...run }));
}

describe('the client of durable-functions', () => {
  test('startNew, with and without an id', async () => {
    expect(await client().startNew('O_ProccessImage', { input: 'photos' })).toBe(runId(1));
    expect(await client().startNew('ANALYZE-container.v1', { input: { container: 'empty', prefix: 'a' } })).toBe(
      runId(2),
    );
    useCases.runs.clear();
    await client().startNew('O_ProccessImage', { input: 'photos', instanceId: runId(7) });
    expect(useCases.commands).toEqual([
      { container: 'photos' },
      { container: 'empty', prefix: 'a' },
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
    const url = `/runtime/webhooks/durabletask/instances/${runId(1)}?showHistory=true&showHistoryOutput=true&code=${KEY}`;
    const { historyEvents } = (await shell.api.get(url)).body;
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
      { id: runId(1), verb: 'pause', who: 'api', reason: 'lunch' },
      { id: runId(1), verb: 'resume', who: 'api', reason: 'back' },
      { id: runId(1), verb: 'cancel', who: 'api', reason: 'wrong folder' },
    ]);
    await client().terminate(runId(2), 'too late');
    await expect(client().terminate(runId(9), 'x')).rejects.toThrow('No instance');
    await expect(client().suspend(runId(9), 'x')).rejects.toThrow('No instance');
    await expect(client().resume(runId(9), 'x')).rejects.toThrow('No instance');
  });

  test('raiseEvent: approval, and nothing else', async () => {
    having({ status: 'AwaitingApproval' }, { status: 'Completed' });
    await client().raiseEvent(runId(1), 'approval', { approved: true, planHash: PLAN_HASH, maxTransactions: 9 });
    await client().raiseEvent(runId(1), 'Approval', { approved: false, reason: 'too dear' });
    expect(useCases.said).toEqual([
      { id: runId(1), who: 'api', planHash: PLAN_HASH, maxTransactions: 9 },
      { id: runId(1), who: 'api', verb: 'decline', reason: 'too dear' },
    ]);
    await client().raiseEvent(runId(2), 'approval', { approved: true });
    await expect(client().raiseEvent(runId(1), 'other', {})).rejects.toThrow('400');
    await expect(client().raiseEvent(runId(1), 'approval', 'yes')).rejects.toThrow('400');
    await expect(client().raiseEvent(runId(9), 'approval', {})).rejects.toThrow('No instance');
  });

  test('rewind tries again what failed', async () => {
    having({ status: 'Failed' }, { status: 'Completed' }, { status: 'CompletedWithErrors' });
    await client().rewind(runId(1), 'try again');
    await client().rewind(runId(3), 'try again');
    expect(useCases.retries).toEqual([{}, {}]);
    await expect(client().rewind(runId(9), 'x')).rejects.toThrow('No instance');
    await expect(client().rewind(runId(2), 'x')).rejects.toThrow();
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

describe('what the client does not have', () => {
  const base = '/runtime/webhooks/durabletask';

  test('restart answers the links of a new run', async () => {
    having({ status: 'Completed', prefix: 'a/' });
    const response = await shell.api.post(`${base}/instances/${runId(1)}/restart?code=${KEY}`);
    expect([response.status, response.body.id, response.get('Retry-After')]).toEqual([202, runId(2), '10']);
    expect(useCases.commands.at(-1)).toEqual({ container: 'photos', prefix: 'a/' });
    expect((await shell.api.post(`${base}/instances/${runId(9)}/restart?code=${KEY}`)).status).toBe(400);
    const same = `${base}/instances/${runId(1)}/restart?restartWithNewInstanceId=false&code=${KEY}`;
    expect((await shell.api.post(same)).status).toBe(400);
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
  const path = (uri: string) => uri.replace(listener.url, '').replace(/^https?:\/\/[^/]+/, '');

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
    expect(await refused('get', `${base}/entities/ContainerActor/photos?code=${code}`)).toEqual(forbidden);
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
