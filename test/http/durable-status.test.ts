import { AppError } from '../../src/domain/errors';
import type { RunStatus, RunView } from '../../src/domain/run/run';
import { DurableStatusSchema } from '../../src/contract/schemas/durable';
import { aRun, runId } from './fake-use-cases';
import { aPublicApp, expectDurableError, expectShape } from './listening';

const INSTANCES = '/runtime/webhooks/durabletask/instances';
const FIELDS = [
  'name',
  'instanceId',
  'runtimeStatus',
  'input',
  'customStatus',
  'output',
  'createdTime',
  'lastUpdatedTime',
];

function aRunIn(status: RunStatus, changes: Partial<RunView> = {}) {
  const shell = aPublicApp();
  shell.useCases.runs.set(runId(1), aRun({ status, ...changes }));
  return shell;
}

describe('the status of Durable Functions', () => {
  test('from the link of the starter to the end of the run', async () => {
    const { api, useCases } = aPublicApp({ publicUrl: 'http://pictures.example' });
    const started = await api.post('/api/AnalysisFunctionStarter?container=photos');
    const link = new URL(started.body.statusQueryGetUri).pathname;

    const running = await api.get(link);
    expect(running.status).toBe(202);
    expect(running.get('Location')).toBe(`http://pictures.example${link}`);
    expect(running.get('Retry-After')).toBe('5');
    expect(running.body).toMatchObject({ runtimeStatus: 'Running', output: null, customStatus: { phase: 'analyze' } });

    const counts = { total: 3, totalIsFinal: true, succeeded: 2, failed: 0, skipped: 1, unchanged: 0, inFlight: 0 };
    useCases.runs.set(started.body.id, aRun({ status: 'Completed', phase: 'done', counts }));
    const ended = await api.get(link);
    expect(ended.status).toBe(200);
    expect(ended.headers).not.toHaveProperty('location');
    expect(ended.headers).not.toHaveProperty('retry-after');
    expect(ended.body).toMatchObject({
      runtimeStatus: 'Completed',
      output: { status: 'Completed', counts, reason: null },
    });
    expectShape(ended.body, DurableStatusSchema);
  });

  test('fields stand in the order of the contract, times in whole seconds', async () => {
    const { api } = aRunIn('Running');
    const { body } = await api.get(`${INSTANCES}/${runId(1)}`);
    expectShape(body, DurableStatusSchema);
    expect(Object.keys(body)).toEqual(FIELDS);
    expect(body).toMatchObject({
      name: 'O_ProccessImage',
      instanceId: runId(1),
      input: 'photos',
      createdTime: '2026-01-02T03:04:05Z',
      lastUpdatedTime: '2026-01-02T03:04:06Z',
    });
  });

  test('the input names what a start would name: the prefix too', async () => {
    const { api } = aRunIn('Completed', { prefix: 'a/' });
    const { body } = await api.get(`${INSTANCES}/${runId(1)}?showHistory=true`);
    const input = { container: 'photos', prefix: 'a/' };
    expect(expectShape(body, DurableStatusSchema).input).toEqual(input);
    expect(body.historyEvents[0]).toMatchObject({ EventType: 'ExecutionStarted', Input: input });
  });

  test.each([
    ['Queued', 'Pending', 202],
    ['Counting', 'Running', 202],
    ['AwaitingApproval', 'Running', 202],
    ['Pausing', 'Running', 202],
    ['Paused', 'Suspended', 202],
    ['Cancelling', 'Running', 202],
    ['StoppedAtBudget', 'Suspended', 202],
    ['Cancelled', 'Terminated', 200],
    ['CompletedWithErrors', 'Completed', 200],
    ['Failed', 'Failed', 200],
  ] as const)('%s is %s with %i', async (status, runtimeStatus, code) => {
    const { api } = aRunIn(status);
    const response = await api.get(`${INSTANCES}/${runId(1)}`);
    expect([response.status, response.body.runtimeStatus]).toEqual([code, runtimeStatus]);
  });

  test('the request is repeated in Location as it was called', async () => {
    const { api } = aRunIn('Running');
    const path = `${INSTANCES.toUpperCase()}/${runId(1)}?taskHub=t&code=c`;
    const response = await api.get(path).set('Host', 'h:1');
    expect([response.status, response.get('Location')]).toEqual([202, `http://h:1${path}`]);
  });

  test('showInput=false hides the input, in any case of the key', async () => {
    const { api } = aRunIn('Running');
    for (const query of ['showInput=false', 'SHOWINPUT=False']) {
      const { body } = await api.get(`${INSTANCES}/${runId(1)}?${query}`);
      expect(body).toMatchObject({ input: null });
      expect(Object.keys(body)).toEqual(FIELDS);
    }
    expect((await api.get(`${INSTANCES}/${runId(1)}?showInput=maybe`)).body).toMatchObject({ input: 'photos' });
  });

  test.each([
    [{ prefix: 'a/' }, { container: 'photos', prefix: 'a/' }],
    [{ retry: { code: 'x' } }, { container: 'photos', retry: { code: 'x' } }],
    [
      { prefix: 'a/', retry: {} },
      { container: 'photos', prefix: 'a/', retry: {} },
    ],
  ])('the input of a run with %j names the same images', async (narrowed, input) => {
    const { api } = aRunIn('Running', narrowed);
    expect((await api.get(`${INSTANCES}/${runId(1)}`)).body.input).toEqual(input);
  });

  test('a failed run answers 500 with its status when that is asked for', async () => {
    const { api } = aRunIn('Failed', { reason: 'Vision refuses the key.' });
    const response = await api.get(`${INSTANCES}/${runId(1)}?returnInternalServerErrorOnFailure=true`);
    expect(response.status).toBe(500);
    expect(response.body).toMatchObject({ runtimeStatus: 'Failed', output: { reason: 'Vision refuses the key.' } });
  });

  test.each([
    `${INSTANCES}/${runId(9)}`,
    `${INSTANCES}/nonsense`,
    `${INSTANCES}/%00`,
    '/runtime/webhooks/durabletask/x',
  ])('GET %s answers 404 without a body', async (path) => {
    const response = await aPublicApp().api.get(path);
    expect([response.status, response.text]).toEqual([404, '']);
  });

  test.each(['post', 'put', 'delete'] as const)('%s on a status answers 404, never 405', async (verb) => {
    const response = await aRunIn('Running').api[verb](`${INSTANCES}/${runId(1)}`);
    expect([response.status, response.text]).toEqual([404, '']);
  });

  test('a part that does not answer is a problem, not an unknown run', async () => {
    const { api, useCases } = aRunIn('Running');
    useCases.failNext(new AppError('sidecar-unavailable', 'connect ECONNREFUSED 127.0.0.1:3500'));
    const error = expectDurableError(await api.get(`${INSTANCES}/${runId(1)}`), 'sidecar-unavailable');
    expect(error.Message).not.toContain('127.0.0.1');
  });
});
