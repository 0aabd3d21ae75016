import { AppError } from '../../src/domain/errors';
import { CheckStatusSchema } from '../../src/contract/schemas/durable';
import { runId } from './fake-use-cases';
import { aPublicApp, expectProblem, expectShape } from './listening';

const STARTER = '/api/AnalysisFunctionStarter';

describe('the starter of the tutorial', () => {
  test.each(['get', 'post'] as const)('%s starts a run and says where to ask', async (verb) => {
    const { api, useCases } = aPublicApp();
    const response = await api[verb](`${STARTER}?container=photos`).set('Host', 'pictures.example:8080');
    expect(response.status).toBe(202);
    const body = expectShape(response.body, CheckStatusSchema);
    const at = `http://pictures.example:8080/runtime/webhooks/durabletask/instances/${runId(1)}`;
    const hub = 'taskHub=contactsheet&connection=Storage';
    expect(Object.entries(body)).toEqual([
      ['id', runId(1)],
      ['statusQueryGetUri', `${at}?${hub}`],
      ['sendEventPostUri', `${at}/raiseEvent/{eventName}?${hub}`],
      ['terminatePostUri', `${at}/terminate?reason={text}&${hub}`],
      ['rewindPostUri', `${at}/rewind?reason={text}&${hub}`],
      ['purgeHistoryDeleteUri', `${at}?${hub}`],
      ['restartPostUri', `${at}/restart?${hub}`],
      ['suspendPostUri', `${at}/suspend?reason={text}&${hub}`],
      ['resumePostUri', `${at}/resume?reason={text}&${hub}`],
    ]);
    expect(response.get('Location')).toBe(body.statusQueryGetUri);
    expect(response.get('Retry-After')).toBe('10');
    expect(useCases.commands).toEqual([{ container: 'photos' }]);
  });

  test('the key and the route are known in any case, and parameters of Azure Functions are ignored', async () => {
    const { api } = aPublicApp();
    const response = await api.get('/api/analysisfunctionstarter?CONTAINER=photos&code=abc&clientId=default');
    expect(response.status).toBe(202);
  });

  test('a body is not looked at', async () => {
    const { api } = aPublicApp();
    const response = await api.post(`${STARTER}?container=photos`).type('text/plain').send('anything');
    expect(response.status).toBe(202);
  });

  test.each(['', '?container=', '?other=photos'])('without a name (%p) it asks for one', async (query) => {
    const { api, useCases } = aPublicApp();
    const problem = expectProblem(await api.get(`${STARTER}${query}`), 'invalid-request');
    expect(problem.detail).toBe('Please provide the name of the container');
    expect(problem.errors).toEqual([{ pointer: '/query/container', detail: problem.detail }]);
    expect(useCases.commands).toEqual([]);
  });

  test('two names are one too many, in whatever case their keys are', async () => {
    const { api } = aPublicApp();
    expectProblem(await api.get(`${STARTER}?container=photos&Container=empty`), 'invalid-request');
    expectProblem(await api.get(`${STARTER}?container=photos&container=empty`), 'invalid-request');
  });

  test.each([
    ['Photos', 'invalid-container-name'],
    ['a', 'invalid-container-name'],
    ['photos/../x', 'invalid-container-name'],
    ['https://evil.example/photos', 'invalid-container-name'],
    ['photos%0d%0aSet-Cookie:%20a=b', 'invalid-container-name'],
    ['%24root', 'container-not-found'],
    ['%24logs', 'system-container'],
    ['contactsheet-manifests', 'system-container'],
    ['nowhere', 'container-not-found'],
  ] as const)('%p is refused as %s', async (name, code) => {
    const { api } = aPublicApp();
    const response = await api.get(`${STARTER}?container=${name}`);
    const problem = expectProblem(response, code);
    expect(problem.cure).not.toBe('');
    expect(response.headers).not.toHaveProperty('set-cookie');
  });

  test('a container that is being analysed answers 409 with the run and its link', async () => {
    const { api } = aPublicApp({ publicUrl: 'https://pictures.example/' });
    await api.get(`${STARTER}?container=photos`);
    const problem = expectProblem(await api.post(`${STARTER}?container=photos`), 'run-active');
    expect(problem.existingRun).toBe(runId(1));
    expect(problem.links).toEqual({ existingRun: `https://pictures.example/api/v1/runs/${runId(1)}` });
  });

  test('a container that may not be read answers 403', async () => {
    const { api, useCases } = aPublicApp();
    useCases.failNext(new AppError('container-forbidden', 'The account refuses to list it.'));
    expectProblem(await api.get(`${STARTER}?container=photos`), 'container-forbidden');
  });

  test('HEAD starts nothing, other verbs are refused with Allow', async () => {
    const { api, useCases } = aPublicApp();
    const head = await api.head(`${STARTER}?container=photos`);
    expect([head.status, head.get('Allow')]).toEqual([405, 'GET, POST']);
    const put = await api.put(`${STARTER}?container=photos`);
    expectProblem(put, 'method-not-allowed');
    expect(put.get('Allow')).toBe('GET, POST');
    expect(useCases.commands).toEqual([]);
  });

  test.each(['get', 'post'] as const)('%s from a page of another site starts nothing', async (verb) => {
    const { api, useCases } = aPublicApp();
    const response = await api[verb](`${STARTER}?container=photos`).set('Sec-Fetch-Site', 'cross-site');
    expectProblem(response, 'cross-site');
    expect(useCases.commands).toEqual([]);
  });
});
