import { AppError } from '../../src/domain/errors';
import { AuditSchema, ContainerQuoteSchema, RetryForecastSchema, RunSchema } from '../../src/contract/schemas/run';
import { OperationSchema } from '../../src/contract/schemas/verification';
import { aRun, PLAN_HASH, runId } from './fake-use-cases';
import { aPublicApp, expectProblem, expectShape } from './listening';

const RUN = `/api/v1/runs/${runId(1)}`;

function withRun(changes: Parameters<typeof aRun>[0] = {}) {
  const shell = aPublicApp({ publicUrl: 'http://p' });
  shell.useCases.runs.set(runId(1), aRun(changes));
  return shell;
}

describe('a word to a run', () => {
  test.each([
    ['pause', 'Pausing'],
    ['resume', 'Running'],
    ['cancel', 'Cancelling'],
    ['decline', 'Cancelling'],
  ])(':%s answers 202 with the run and where to ask', async (verb, status) => {
    const { api, useCases } = withRun();
    const response = await api.post(`${RUN}:${verb}`).set('x-contactsheet-user', 'ann').send({ reason: 'lunch' });
    expect(response.status).toBe(202);
    const run = expectShape(response.body, RunSchema);
    expect(run).toMatchObject({ status, reason: 'lunch' });
    expect([response.get('Location'), response.get('Retry-After')]).toEqual([run.links.self, '5']);
    expect(useCases.said).toEqual([{ id: runId(1), verb, who: 'ann', how: 'claimed', reason: 'lunch' }]);
  });

  test('needs no body and no name; a name that is none counts as none', async () => {
    const { api, useCases } = withRun();
    await api.post(`${RUN}:pause`);
    await api.post(`${RUN}:pause`).set('x-contactsheet-user', 'x'.repeat(129));
    expect(useCases.said).toEqual([1, 2].map(() => ({ id: runId(1), verb: 'pause', who: 'api', how: 'claimed' })));
  });

  test('where it makes no sense it answers 409 with the present state', async () => {
    const { api } = withRun({ status: 'Completed' });
    const problem = expectProblem(await api.post(`${RUN}:pause`), 'command-refused');
    expect(problem.runStatus).toBe('Completed');
  });

  test.each([
    [{ reason: 'x'.repeat(501) }, '/body/reason'],
    [{ reason: 1 }, '/body/reason'],
    [{ why: 'x' }, '/body/why'],
  ])('%j is refused', async (body, pointer) => {
    const { api, useCases } = withRun();
    const problem = expectProblem(await api.post(`${RUN}:pause`).send(body), 'invalid-request');
    expect(problem.errors?.[0]?.pointer).toBe(pointer);
    expect(useCases.said).toEqual([]);
  });

  test('unknown runs, verbs and other sites are refused', async () => {
    const { api, useCases } = withRun();
    expectProblem(await api.post(`/api/v1/runs/${runId(9)}:pause`), 'run-not-found');
    expectProblem(await api.post('/api/v1/runs/@x:pause'), 'run-not-found');
    expectProblem(await api.post(`${RUN}:explode`), 'method-not-allowed');
    expectProblem(await api.get(`${RUN}:pause`), 'method-not-allowed');
    expectProblem(await api.post(`${RUN}:cancel`).set('Sec-Fetch-Site', 'cross-site'), 'cross-site');
    expect(useCases.said).toEqual([{ id: runId(9), verb: 'pause', who: 'api', how: 'claimed' }]);
  });
});

describe(':approve', () => {
  test('names the plan and a cap', async () => {
    const { api, useCases } = withRun({ status: 'AwaitingApproval' });
    const response = await api.post(`${RUN}:approve`).send({ planHash: PLAN_HASH, maxTransactions: 12 });
    expect(response.status).toBe(202);
    expectShape(response.body, RunSchema);
    expect(useCases.said).toEqual([
      { id: runId(1), who: 'api', how: 'claimed', planHash: PLAN_HASH, maxTransactions: 12 },
    ]);
  });

  test('of another plan answers 409; without one 400', async () => {
    const { api } = withRun();
    expectProblem(await api.post(`${RUN}:approve`).send({ planHash: '0'.repeat(64) }), 'plan-changed');
    for (const body of [{}, { planHash: 'x' }, { planHash: PLAN_HASH, maxTransactions: -1 }]) {
      expectProblem(await api.post(`${RUN}:approve`).send(body), 'invalid-request');
    }
  });
});

describe(':retry', () => {
  test('with dryRun only says what would be tried', async () => {
    const { api, useCases } = withRun({ status: 'CompletedWithErrors' });
    const response = await api.post(`${RUN}:retry`).send({ dryRun: true, reason: 'corrupt', prefix: 'a/' });
    expect(response.status).toBe(200);
    expect(expectShape(response.body, RetryForecastSchema).willRetry).toBe(41);
    expect(useCases.retries).toEqual([{ reason: 'corrupt', prefix: 'a/' }]);
    expect(useCases.runs.size).toBe(1);
  });

  test('starts a run that is linked with the old one', async () => {
    const { api } = withRun({ status: 'CompletedWithErrors' });
    const run = expectShape((await api.post(`${RUN}:retry`)).body, RunSchema);
    expect([run.id, run.retryOf, run.links.retryOf]).toEqual([runId(2), runId(1), `http://p${RUN}`]);
  });

  test('may name a cap of its own, which is no part of the filter', async () => {
    const { api, useCases } = withRun({ status: 'CompletedWithErrors' });
    const retry = jest.spyOn(useCases, 'retryRun');
    await api.post(`${RUN}:retry`).send({ code: 'x', maxTransactions: 9 });
    expect(retry).toHaveBeenCalledWith({
      id: runId(1),
      filter: { code: 'x' },
      maxTransactions: 9,
      who: 'api',
      how: 'claimed',
    });
    await api.post(`${RUN}:retry`).send({ dryRun: true, maxTransactions: 9 });
    expect(useCases.retries.at(-1)).toEqual({});
  });

  test('of nothing answers 409 and what to do', async () => {
    const { api, useCases } = withRun({ status: 'Completed' });
    useCases.failNext(new AppError('nothing-to-retry', 'No image is left.'));
    const problem = expectProblem(await api.post(`${RUN}:retry`), 'nothing-to-retry');
    expect([problem.status, problem.cure]).toEqual([409, expect.stringContaining('start a new run')]);
  });

  test.each([{ status: 'succeeded' }, { code: '' }, { dryRun: 'yes' }, { other: 1 }])('%j is refused', async (body) => {
    expectProblem(await withRun().api.post(`${RUN}:retry`).send(body), 'invalid-request');
  });
});

test('the audit trail', async () => {
  const { api } = withRun();
  const { value } = expectShape((await api.get(`${RUN}/audit`)).body, AuditSchema);
  expect(value).toMatchObject([{ who: 'ann', verb: 'pause', reason: 'lunch' }]);
  expectProblem(await api.get(`/api/v1/runs/${runId(9)}/audit`), 'run-not-found');
});

describe('a quote', () => {
  const QUOTES = '/api/v1/containers/photos/quotes';

  test('says what a run would cost', async () => {
    const response = await aPublicApp().api.post(QUOTES).send({ prefix: 'a/' });
    expect(response.status).toBe(200);
    const quote = expectShape(response.body, ContainerQuoteSchema);
    expect(quote).toMatchObject({ container: 'photos', prefix: 'a/', planHash: PLAN_HASH, transactions: 12 });
  });

  test('says what it would cost to ask for what is chosen, or configured', async () => {
    const { api } = aPublicApp();
    const chosen = await api.post(QUOTES).send({ features: ['tags', 'Tags', 'adult'] });
    expect(expectShape(chosen.body, ContainerQuoteSchema).features).toEqual(['Adult', 'Tags']);
    const configured = expectShape((await api.post(QUOTES)).body, ContainerQuoteSchema);
    expect(configured.features).toEqual(['Categories', 'Color', 'Description', 'Tags']);
    const problem = expectProblem(await api.post(QUOTES).send({ features: ['smiles'] }), 'invalid-request');
    expect(problem.errors?.[0]?.pointer).toBe('/body/features/0');
  });

  test('refuses what it does not know', async () => {
    const { api } = aPublicApp();
    expectProblem(await api.post('/api/v1/containers/nowhere/quotes'), 'container-not-found');
    expectProblem(await api.post(QUOTES).send({ features: [] }), 'invalid-request');
    expectProblem(await api.post(`${QUOTES}?size=5`), 'invalid-request');
  });

  test('with a sample says what some images came to', async () => {
    const { api, useCases } = aPublicApp();
    const response = await api.post(`${QUOTES}?sample=5`).send({ prefix: 'a/' });
    expect(response.status).toBe(200);
    const { sample, prefix } = expectShape(response.body, ContainerQuoteSchema);
    expect(prefix).toBe('a/');
    expect(sample).toMatchObject({ size: 5, analysed: 4, failed: 1, errorRate: 0.2, calls: 5, transactions: 16 });
    expect(sample?.failures).toEqual({ 'vision-timeout': 1 });
    expect((await api.post(QUOTES)).body).not.toHaveProperty('sample');
    expect(useCases.samples).toEqual([5]);
  });

  test('with a sample that takes long says where to ask, and the operation holds the quote', async () => {
    const { api, useCases } = aPublicApp({ publicUrl: 'http://p' });
    const { body } = await api.post(`${QUOTES}?sample=2`);
    const times = { startedAt: '2026-01-02T03:04:05.000Z', updatedAt: '2026-01-02T03:04:15.000Z' };
    const operation = { id: 'o1', kind: 'quote', container: 'photos', ...times } as const;
    useCases.records.operation = { ...operation, status: 'Running' };
    const response = await api.post(`${QUOTES}?sample=2`);
    expect([response.status, response.get('Retry-After')]).toEqual([202, '5']);
    expect(response.get('Operation-Location')).toBe('http://p/api/v1/operations/o1');
    expectShape(response.body, OperationSchema);
    useCases.records.operation = { ...operation, status: 'Succeeded', result: body };
    const { result } = expectShape((await api.get('/api/v1/operations/o1')).body, OperationSchema);
    expect(result).toEqual(body);
  });

  test.each(['0', '101', '-1', '2.5', 'all', '', '1&sample=2'])('sample=%s is refused', async (sample) => {
    const { api, useCases } = aPublicApp();
    const { errors } = expectProblem(await api.post(`${QUOTES}?sample=${sample}`), 'invalid-request');
    expect(errors?.[0]?.pointer).toBe('/query/sample');
    expect(useCases.samples).toEqual([]);
  });

  test('with a sample is a conflict where the month leaves no call, and nobody but the owner asks for it', async () => {
    const { api, useCases } = aPublicApp();
    useCases.failNext(new AppError('month-used-up', 'No call is left in 2026-01.'));
    expect(expectProblem(await api.post(`${QUOTES}?sample=5`), 'month-used-up').status).toBe(409);
    expectProblem(await api.post(`${QUOTES}?sample=5`).set('Sec-Fetch-Site', 'cross-site'), 'cross-site');
    expect(useCases.samples).toEqual([]);
  });
});
