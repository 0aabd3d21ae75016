import { QuotaSchema } from '../../src/contract/schemas/quota';
import { runId } from './fake-use-cases';
import { aPublicApp, expectProblem, expectShape } from './listening';

const QUOTA = '/api/v1/quota';

test('shows what holds, what the month has cost and who is held back', async () => {
  const response = await aPublicApp().api.get(QUOTA);
  expect(response.status).toBe(200);
  expect(expectShape(response.body, QuotaSchema)).toEqual({
    resource: 'local',
    ratePerSecond: 10,
    monthlyTransactions: 5_000,
    weights: {},
    spent: { month: '2026-01', transactions: 44, byContainer: { photos: 44 } },
    factor: 0.7,
    pausedUntil: '2026-01-02T03:04:05.000Z',
  });
});

describe('a change', () => {
  test('names what it changes; the rest stays', async () => {
    const { api, useCases } = aPublicApp();
    const change = { monthlyTransactions: 9_000, weights: { [runId(1)]: 2 } };
    const response = await api.put(QUOTA).send(change);
    expect(response.status).toBe(200);
    expect(expectShape(response.body, QuotaSchema)).toMatchObject({ ...change, ratePerSecond: 10 });
    expect(useCases.settings.changes).toEqual([change]);
    expect((await api.put(QUOTA).send({})).body.monthlyTransactions).toBe(9_000);
  });

  test.each([
    [{ ratePerMinute: 20 }, { ratePerMinute: 20 }],
    [{ ratePerMinute: 90 }, { ratePerSecond: 1.5 }],
    [{ ratePerSecond: 0.25 }, { ratePerMinute: 15 }],
    [{ ratePerSecond: 10_000 }, { ratePerSecond: 10_000 }],
    [{ ratePerMinute: 7 }, { ratePerMinute: 7 }],
    [{ ratePerMinute: 100 }, { ratePerMinute: 100 }],
    // As the state store gives them back: with six decimals.
    [{ ratePerSecond: 0.333333 }, { ratePerMinute: 20 }],
    [{ ratePerSecond: 0.341667 }, { ratePerMinute: 20.5 }],
    [{ ratePerSecond: 1.666667 }, { ratePerMinute: 100 }],
    [{ ratePerSecond: 0.001 }, { ratePerMinute: 0.06 }],
    [{ ratePerSecond: null }, {}],
    [{ ratePerMinute: null }, {}],
  ])('%j is shown as %j', async (change, shown) => {
    const { ratePerSecond, ratePerMinute } = (await aPublicApp().api.put(QUOTA).send(change)).body;
    expect({ ratePerSecond, ratePerMinute }).toEqual({ ratePerSecond: undefined, ratePerMinute: undefined, ...shown });
  });

  test('null ends the wait that Vision asked for, and nothing else sets it', async () => {
    const { api } = aPublicApp();
    expect((await api.put(QUOTA).send({ pausedUntil: '2026-01-02T03:04:05.000Z' })).status).toBe(400);
    expect((await api.put(QUOTA).send({})).body).toHaveProperty('pausedUntil');
    expect((await api.put(QUOTA).send({ pausedUntil: null })).body).not.toHaveProperty('pausedUntil');
  });

  test('null takes a limit away', async () => {
    const response = await aPublicApp().api.put(QUOTA).send({ monthlyTransactions: null });
    expect(response.body).not.toHaveProperty('monthlyTransactions');
  });

  test.each([
    [{ ratePerSecond: 0 }, '/body/ratePerSecond'],
    [{ ratePerSecond: 10_001 }, '/body/ratePerSecond'],
    [{ ratePerSecond: 1e-7 }, '/body/ratePerSecond'],
    [{ ratePerMinute: 0.01 }, '/body/ratePerMinute'],
    [{ weights: { [runId(1)]: 1e-7 } }, `/body/weights/${runId(1)}`],
    [{ ratePerSecond: '10' }, '/body/ratePerSecond'],
    [{ ratePerMinute: -1 }, '/body/ratePerMinute'],
    [{ ratePerSecond: 1, ratePerMinute: 60 }, '/body/ratePerMinute'],
    [{ monthlyTransactions: 0.5 }, '/body/monthlyTransactions'],
    [{ weights: { [runId(1)]: 0 } }, `/body/weights/${runId(1)}`],
    [{ weights: { '@me': 1 } }, '/body/weights/@me'],
    [{ rate: 1 }, '/body/rate'],
  ])('%j is refused', async (change, pointer) => {
    const { api, useCases } = aPublicApp();
    const problem = expectProblem(await api.put(QUOTA).send(change), 'invalid-request');
    expect(problem.errors?.[0]?.pointer).toBe(pointer);
    expect(useCases.settings.changes).toEqual([]);
  });

  test('is refused from another site, and other verbs everywhere', async () => {
    const { api, useCases } = aPublicApp();
    expectProblem(await api.put(QUOTA).set('Sec-Fetch-Site', 'cross-site').send({}), 'cross-site');
    const refused = await api.post(QUOTA);
    expectProblem(refused, 'method-not-allowed');
    expect(refused.get('Allow')).toBe('GET, PUT, HEAD');
    expectProblem(await api.get(`${QUOTA}?resource=x`), 'invalid-request');
    expect(useCases.settings.changes).toEqual([]);
  });
});
